"""Other bodies out of one: the landmarks go where the body goes."""

from __future__ import annotations

import numpy as np
import pytest

from quant.goh.level_view import WINDOW
from quant.training.goh import level_vary
from quant.training.goh.level_cases import Case
from quant.training.goh.level_vary import KNOTS, Warp


def ball(point: np.ndarray) -> Case:
    """A case with one bright ball at a place."""
    z, y, x = np.ogrid[:48, :70, :90]
    away2 = (z - point[0]) ** 2 + (y - point[1]) ** 2 + (x - point[2]) ** 2
    side = np.zeros((48, 70, 90), np.int8)
    side[6:42, 10:60, 10:80] = 1
    hu = (-1000 + 2000 * np.exp(-away2 / 5)).astype(np.float16)
    return Case("ball", hu, side, np.zeros(side.shape, np.uint8), np.array([point] * 4, float))


@pytest.mark.parametrize("seed", range(6))
def test_a_mark_stays_on_what_it_marks(seed: int) -> None:
    random = np.random.default_rng(seed)
    point = np.array([random.uniform(16, 32), random.uniform(28, 42), random.uniform(36, 54)])
    case = ball(point)
    matrix = np.diag(random.uniform(0.85, 1.15, 3)) @ level_vary._turn(random)
    bends = random.normal(0, 1.5, (3, *KNOTS)).astype(np.float32)
    warp = Warp(np.array([24.0, 35, 45]), matrix, bends, (60, *WINDOW))
    hu, _, _ = level_vary._sampled(case, warp)
    weight = np.clip(hu + 1000, 0, None).sum(axis=(1, 2))
    middle = (weight * np.arange(60)).sum() / weight.sum()
    assert warp.planes_of(case.points)[0] == pytest.approx(middle, abs=0.6)


def test_the_case_as_it_is_keeps_its_planes(block: Case) -> None:
    sample = level_vary.plain(block)
    lowest = 0  # the margin below the lungs reaches the lowest plane
    assert sample.planes == pytest.approx(block.points[:, 0] - lowest, abs=1e-6)
    assert sample.image.shape[1] <= len(block.hu)


def test_variations_differ_stay_in_range_and_repeat(block: Case) -> None:
    first, again, other = (level_vary.vary(block, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first.image, again.image)
    assert first.image.shape != other.image.shape or not np.array_equal(first.image, other.image)
    assert np.abs(first.image).max() <= 1 + 1e-6
    assert np.isfinite(first.image).all()


def test_some_crops_lack_landmarks_below_and_above(block: Case) -> None:
    below = above = 0
    for seed in range(30):
        sample = level_vary.vary(block, np.random.default_rng(seed))
        below += bool((sample.planes < -0.5).any())
        above += bool((sample.planes > sample.image.shape[1] - 0.5).any())
    assert below >= 3
    assert above >= 3
