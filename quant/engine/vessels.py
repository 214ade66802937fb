"""Vessels among what is bright within the lungs: what branches or is narrow, without plates and lumps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from quant.engine.arrays import Mask, Spacing
from quant.engine.morphology import components

Numbers = npt.NDArray[np.float64]

# A solid part at least this wide is a nodule, a piece of fissure or pleura; vessels that branch leave most of their
# box empty, single ones are narrow.
LEAST_MM3, LEAST_WIDE_MM, LEAST_FULL = 50.0, 6.0, 0.25


def told_apart(bright: Mask, voxel_mm: Spacing) -> Mask:
    """`bright` without its solid parts."""
    if not bright.any():
        return bright
    labels = components(bright, 26)
    keep = ~_solid(bright, labels[bright], voxel_mm)
    keep[0] = False
    vessels: Mask = keep[labels]
    return vessels


def _solid(bright: Mask, label: npt.NDArray[np.uint32], voxel_mm: Spacing) -> npt.NDArray[np.bool_]:
    """By label: large, wide in two directions, and filling the box along its own axes."""
    places = np.argwhere(bright) * np.asarray(voxel_mm)
    counts = np.bincount(label)
    volume = counts * float(np.prod(voxel_mm))
    sides = _sides(places, label, counts, voxel_mm)
    full = volume / np.maximum(sides.prod(axis=1), 1e-6)
    found: npt.NDArray[np.bool_] = (volume >= LEAST_MM3) & (sides[:, 1] >= LEAST_WIDE_MM) & (full >= LEAST_FULL)
    return found


def _sides(places: Numbers, label: npt.NDArray[np.uint32], counts: npt.NDArray[np.intp], voxel_mm: Spacing) -> Numbers:
    """Sides in mm, shortest first, of the box of even density that has the second moments of each part."""
    every = np.maximum(counts, 1)
    middle = np.stack([np.bincount(label, places[:, axis]) / every for axis in range(3)], axis=1)
    offset = places - middle[label]
    moments = np.zeros((len(counts), 3, 3))
    for a in range(3):
        for b in range(a, 3):
            moments[:, a, b] = moments[:, b, a] = np.bincount(label, offset[:, a] * offset[:, b]) / every
        moments[:, a, a] += voxel_mm[a] ** 2 / 12.0
    found: Numbers = np.sqrt(12.0 * np.maximum(np.linalg.eigvalsh(moments), 0.0))
    return found
