"""One small healthy phantom to put disease into, and engines whose answers are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from quant.engine.arrays import Labels
from quant.engine.result import Measured
from quant.engine.volume import Volume
from quant.evaluation.base import Base, from_phantom
from quant.training.phantom import Scan, Subject, make

Oracle = Callable[[Labels], Callable[[Volume], Measured]]


@pytest.fixture(scope="session")
def base() -> Base:
    return from_phantom("small", make(Subject(4, "F", 58, 165), Scan(matrix=128, thickness=5.0)))


@pytest.fixture
def oracle(base: Base) -> Oracle:
    """oracle(patterns): an engine that finds these patterns and the exact lungs, whatever it is shown."""

    def make_engine(patterns: Labels) -> Callable[[Volume], Measured]:
        return lambda volume: answer(base, volume, patterns)

    return make_engine


def answer(base: Base, volume: Volume, patterns: Labels) -> Measured:
    """A result with the truth of the base in it."""
    lungs, lobes = base.lungs.astype(np.uint8), base.lobes
    assert lobes is not None
    carina = None if base.carina is None else round(base.carina)
    engine: dict[str, Any] = {"name": "oracle", "version": "1", "weights": {}, "seconds": {"total": 0.0}}
    return Measured({"engine": engine}, lungs, lobes, patterns, volume, carina)
