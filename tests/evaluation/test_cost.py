"""What a scan costs, in a process of its own."""

from __future__ import annotations

import numpy as np
import pytest

from quant.evaluation import cost
from quant.evaluation.base import Base


def test_more_slices_between_those_that_are_there() -> None:
    hu = np.zeros((3, 2, 2), np.int16)
    hu[1], hu[2] = 100, -100
    found = cost.resampled(hu, 5)
    assert found[:, 0, 0].tolist() == [0, 50, 100, 0, -100]
    assert found.dtype == np.int16


def test_seconds_and_memory_of_a_process(base: Base) -> None:
    seen = {one.key: one for one in cost.measure(base, "density", "cpu", slices=40)}
    assert seen["seconds_300"].value > 0
    assert seen["processor_300"].value > 0
    assert 0.1 < seen["memory_300"].value < 8
    assert seen["memory_300"].case == "40 slices"


def test_memory_is_that_of_the_process_and_not_of_its_parent(base: Base) -> None:
    ballast = np.ones(2**28)
    [alone] = [one.value for one in cost.measure(base, "density", "cpu", slices=40) if one.key == "memory_300"]
    assert ballast.nbytes == 2 * 2**30
    assert alone < 1.5


def test_an_engine_that_is_not_there_is_named(base: Base) -> None:
    with pytest.raises(ValueError, match="nowhere"):
        list(cost.measure(base, "nowhere", "cpu", slices=40))
