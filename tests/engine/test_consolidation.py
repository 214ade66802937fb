"""Consolidation: small and flat parts count, vessels do not, with contrast medium or without."""

from __future__ import annotations

import numpy as np
import pytest

from quant.engine.arrays import Image, Mask
from quant.engine.patterns import CONSOLIDATION, classify, describe

MM = (2.5, 1.5, 1.5)
SHAPE = (40, 90, 150)
Z, Y, X = (n * mm for n, mm in zip(np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]], MM, strict=True))
TISSUE = 40.0


@pytest.fixture
def chest() -> tuple[Image, Mask]:
    """Two boxes of lung, 45 mm of mediastinum between them."""
    lung = np.zeros(SHAPE, bool)
    lung[4:36, 10:80, 10:60] = lung[4:36, 10:80, 90:140] = True
    return np.where(lung, -850.0, TISSUE).astype(np.float32), lung


def found(hu: Image, lung: Mask) -> Mask:
    return np.asarray(classify(describe(hu, lung, MM)) == CONSOLIDATION)


def dice(one: Mask, other: Mask) -> float:
    return 2 * float((one & other).sum()) / float(one.sum() + other.sum())


def ball(z: float, y: float, x: float, radius: float) -> Mask:
    inside: Mask = (Z - z) ** 2 + (Y - y) ** 2 + (X - x) ** 2 < radius**2
    return inside


def test_a_lump_of_14_mm_and_a_layer_at_the_pleura_are_consolidation(chest: tuple[Image, Mask]) -> None:
    hu, lung = chest
    assert not found(hu, lung).any()
    lump = ball(50, 70, 50, 7)
    layer = lung & (X < 15 + 8) & (Y > 80)
    hu[lump | layer] = TISSUE
    assert dice(found(hu, lung), lump | layer) > 0.85


def test_enhanced_blood_is_none(chest: tuple[Image, Mask]) -> None:
    hu, lung = chest
    hu[ball(50, 70, 50, 7)] = 250.0
    assert not found(hu, lung).any()


def test_a_wide_vessel_that_leaves_the_hilum_without_contrast_is_none(chest: tuple[Image, Mask]) -> None:
    hu, lung = chest
    tube = lung & ((Z - 50) ** 2 + (Y - 70) ** 2 < 4.5**2) & (np.abs(X - 112) < 22 + 20)
    hu[tube] = TISSUE
    assert found(hu, lung).sum() < 0.05 * tube.sum()


def test_a_vessel_far_from_the_hilum_is_none(chest: tuple[Image, Mask]) -> None:
    hu, lung = chest
    hu[lung & ((Z - 50) ** 2 + (Y - 70) ** 2 < 2.0**2)] = TISSUE
    assert not found(hu, lung).any()
