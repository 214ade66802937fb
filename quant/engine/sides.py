"""Which lung is which: by components where they are apart, by a cheapest cut through where they touch."""

import numpy as np
import numpy.typing as npt

from quant.engine.arrays import LEFT, RIGHT, Image, Labels, Mask, Spacing
from quant.engine.morphology import components
from quant.engine.sampling import smooth

BOTH_SIDES_SHARE = 0.1
REACH_MM = 45.0
COHERENT_MM = 4.0
STRAIGHT = 0.02

Path = npt.NDArray[np.intp]


def split(coarse: Image, air: Mask, voxel_mm: Spacing) -> Labels:
    """Label the lung air RIGHT or LEFT (low x is the patient's right)."""
    labels = components(air, 26)
    sides = np.zeros(air.shape, np.uint8)
    columns = np.arange(air.shape[2])
    middle = _middle(air)
    joined = np.zeros(air.shape, bool)
    for index in range(1, int(labels.max()) + 1):
        part = labels == index
        right = float(part[:, :, columns < middle].sum()) / float(part.sum())
        if BOTH_SIDES_SHARE < right < 1 - BOTH_SIDES_SHARE:
            joined |= part
        else:
            sides[part] = RIGHT if right > 0.5 else LEFT
    if joined.any():
        cut = _cut(coarse, joined, middle, voxel_mm)
        is_right = columns[None, None, :] <= cut[:, :, None]
        sides[joined & is_right] = RIGHT
        sides[joined & ~is_right] = LEFT
    return sides


def _middle(air: Mask) -> float:
    """Half way between the outermost columns of the lungs."""
    hit = np.flatnonzero(air.any(axis=(0, 1)))
    return (float(hit[0]) + float(hit[-1])) / 2 if len(hit) else air.shape[2] / 2


def _cut(coarse: Image, joined: Mask, middle: float, voxel_mm: Spacing) -> Path:
    """For each slice and row the last column of the right side: a path front to back through what is dense."""
    reach = round(REACH_MM / voxel_mm[2])
    first = max(0, round(middle) - reach)
    window = slice(first, round(middle) + reach + 1)
    aerated = np.clip(-coarse[:, :, window] / 1000.0, 0.0, 1.0) * joined[:, :, window]
    offset = (np.arange(aerated.shape[2]) + first - middle) * voxel_mm[2] / REACH_MM
    cost = smooth(aerated.astype(np.float32), COHERENT_MM, (voxel_mm[0], 1e6, 1e6)) + STRAIGHT * offset**2
    return _cheapest(cost) + first


def _cheapest(cost: npt.NDArray[np.floating]) -> Path:
    """Paths over the rows of each slice (z, y, x), at most one column a row, by dynamic programming."""
    total = cost.copy()
    wide = np.full((cost.shape[0], cost.shape[2] + 2), np.inf)
    for row in range(1, cost.shape[1]):
        wide[:, 1:-1] = total[:, row - 1]
        total[:, row] += np.minimum(np.minimum(wide[:, :-2], wide[:, 2:]), wide[:, 1:-1])
    path = np.empty(cost.shape[:2], np.intp)
    path[:, -1] = total[:, -1].argmin(axis=1)
    slices = np.arange(cost.shape[0])
    for row in range(cost.shape[1] - 2, -1, -1):
        near = np.clip(path[:, row + 1][:, None] + np.array([0, -1, 1]), 0, cost.shape[2] - 1)
        best = total[slices[:, None], row, near].argmin(axis=1)
        path[:, row] = near[slices, best]
    return path
