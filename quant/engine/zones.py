"""Zones, which need no fissure: thirds of the height of each lung, and the rind under the pleura around the core."""

from __future__ import annotations

from typing import Any

import numpy as np

from quant.engine import measures
from quant.engine.arrays import LEFT, RIGHT, Labels, Mask, Spacing
from quant.engine.morphology import bounding_box, depth

SIDES = {"right": RIGHT, "left": LEFT}
THIRDS = ("lower", "middle", "upper")
RIND_MM = 10.0
Json = dict[str, Any]


def table(lungs: Labels, patterns: Labels, voxel_mm: Spacing) -> dict[str, Json]:
    """ml, lesion_ml, lesion_percent and patterns of each zone; every number of an empty zone is None.

    Thirds are of the height of both lungs together. The rind lies within 10 mm of where its lung ends.
    """
    zones: dict[str, Json] = {}
    box = bounding_box(lungs > 0)
    labels, found = lungs[box], patterns[box]
    voxel_ml = float(np.prod(voxel_mm)) / 1000.0
    cuts = np.linspace(0, len(labels), len(THIRDS) + 1).round().astype(int)
    for side, label in SIDES.items():
        for third, low, high in zip(THIRDS, cuts[:-1], cuts[1:], strict=True):
            part = slice(low, high)
            zones[f"{side}_{third}"] = measures.region(found[part], labels[part] == label, voxel_ml)
    rind = _rind(labels, voxel_mm)
    zones["rind"] = measures.region(found, rind, voxel_ml)
    zones["core"] = measures.region(found, (labels > 0) & ~rind, voxel_ml)
    return zones


def _rind(labels: Labels, voxel_mm: Spacing) -> Mask:
    """The outer layer of each lung; where the other lung touches it, it ends too."""
    rind = np.zeros(labels.shape, bool)
    for label in SIDES.values():
        lung = labels == label
        if lung.any():
            box = bounding_box(lung, (1, 1, 1))
            rind[box] |= lung[box] & (depth(lung[box], voxel_mm, border_is_outside=True) <= RIND_MM)
    return rind
