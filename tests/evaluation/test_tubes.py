"""Airways and vessels of a phantom against the branches that it was drawn with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quant.evaluation import score, tubes
from quant.evaluation.base import Base
from quant.evaluation.tubes import Lines
from tests.evaluation.conftest import answer

VOXEL = (2.0, 1.0, 1.0)


def line(y: float, radius: float) -> Lines:
    """Along x in slice 5, 1 mm a point."""
    points = np.stack([np.full(20, 10.0), np.full(20, y), np.arange(20.0)], axis=1)
    return Lines(points, np.full(20, radius))


def both(*lines: Lines) -> Lines:
    return Lines(np.concatenate([one.points for one in lines]), np.concatenate([one.radius_mm for one in lines]))


def test_length_is_counted_by_width_and_what_lies_beside_in_ml() -> None:
    drawn = both(line(5.0, 2.5), line(15.0, 1.5), line(18.0, 0.6))
    found = np.zeros((10, 30, 20), bool)
    found[5, 5, :10] = True
    found[5, 15, :5] = True
    found[5, 25:27, :] = True
    seen = tubes.against(drawn, found, VOXEL)
    # A point counts within 1.5 mm: one more on each side that ends inside.
    assert seen.wide_percent == pytest.approx(55.0)
    assert seen.fine_percent == pytest.approx(30.0)
    assert seen.false_ml == pytest.approx(2 * 20 * 2 / 1000)


def test_nothing_found_is_nothing_false() -> None:
    seen = tubes.against(line(5.0, 2.5), np.zeros((10, 30, 20), bool), VOXEL)
    assert (seen.wide_percent, seen.fine_percent, seen.false_ml) == (0.0, 0.0, 0.0)


def test_the_truth_of_a_phantom_lies_in_its_own_lumen(base: Base) -> None:
    assert base.bronchi is not None
    thick = base.bronchi.radius_mm > 3
    at = np.rint(base.bronchi.points[thick] / base.volume.voxel_mm).astype(int)
    inside = (at >= 0).all(axis=1) & (at < base.volume.hu.shape).all(axis=1)
    assert inside.sum() > 200
    assert np.median(base.volume.hu[tuple(at[inside].T)]) < -850


def test_an_engine_that_draws_tubes_is_scored_and_another_is_not(base: Base) -> None:
    none = answer(base, base.volume, np.zeros(base.lungs.shape, np.uint8))
    assert list(score.branching(base, none)) == []
    assert base.vessels is not None
    drawn = replace(none, airways=base.airway.astype(np.uint8), vessels=base.vessels.astype(np.uint8))
    seen = {one.key: one.value for one in score.branching(base, drawn)}
    # Trachea and main bronchi alone, on voxels of 3 x 3 x 5 mm.
    assert 10 < seen["bronchi_wide"] < 60
    assert seen["bronchi_false_ml"] < 1.0
    assert (seen["vessel_dice"], seen["vessel_error"]) == (1.0, 0.0)
