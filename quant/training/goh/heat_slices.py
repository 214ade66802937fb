"""Slices of the training's generator by which thresholds of heat maps are chosen, kept from training and reports."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from quant.engine.arrays import Hu, Mask, Spacing
from quant.goh.synthesis import draw
from quant.training.patterns.scans import clean

SEED = 14


def slices(hu: Hu, lungs: Mask, voxel_mm: Spacing, count: int) -> Iterator[tuple[Hu, Mask, tuple[Mask, ...], Spacing]]:
    """Slices of a clean chest (z, y, x), in half of which disease is drawn: HU and lung (y, x), where TOT, GG and RET
    lie, and the voxel in mm.
    """
    chest = clean("chest", hu, lungs, voxel_mm)
    for number in range(count):
        one = draw(np.random.default_rng([SEED, number]), [chest])
        drawn = np.clip(np.rint(one.hu), -1024, 3071).astype(np.int16)
        yield drawn, one.lung, (one.glass | one.lines, one.glass, one.lines), (1.0, *one.pixel_mm)
