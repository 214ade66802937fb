"""Bronchi drawn into even lung: walled tubes on a grid of 1.5 x 1 x 1 mm."""

from __future__ import annotations

import numpy as np

from quant.engine.arrays import Hu, Mask

Point = tuple[float, float, float]
VOXEL = (1.5, 1.0, 1.0)
SHAPE = (80, 70, 100)
LUNG_HU, LUMEN_HU, WALL_HU, HOLE_HU = -860, -990, -350, -985
WALL_MM = 1.3
# Forks in mm (z, y, x), from the top down; the lungs lie beside the midline at x = 50.
TOP, CARINA = (118.0, 35.0, 50.0), (84.0, 35.0, 50.0)
LOBAR = {"right": (60.0, 35.0, 30.0), "left": (60.0, 35.0, 70.0)}
TIPS = {
    "right": ((30.0, 22.0, 20.0), (30.0, 48.0, 22.0)),
    "left": ((30.0, 22.0, 80.0), (30.0, 48.0, 78.0)),
}


def along(a: Point, b: Point) -> np.ndarray:
    """Distance in mm of every voxel to the line between two points."""
    axes = [np.arange(n) * mm for n, mm in zip(SHAPE, VOXEL, strict=True)]
    here = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    way = np.subtract(b, a)
    share = np.clip((here - a) @ way / (way @ way), 0, 1)
    found: np.ndarray = np.linalg.norm(here - (np.asarray(a) + share[..., None] * way), axis=-1)
    return found


def tree(*, tip_radius_mm: float = 2.2, noise_hu: float = 12.0) -> tuple[Hu, Mask, Mask]:
    """HU, the wide airway (trachea and main bronchi) and the lungs, of a trachea that forks twice."""
    branches = [(TOP, CARINA, 7.0)]
    for side, fork in LOBAR.items():
        branches += [(CARINA, fork, 4.5), *((fork, tip, tip_radius_mm) for tip in TIPS[side])]
    hu = np.full(SHAPE, LUNG_HU, np.float32)
    hu[:, :, 40:60] = 30
    wide = np.zeros(SHAPE, bool)
    far = [(along(a, b), radius) for a, b, radius in branches]
    for distance, radius in far:
        hu[distance < radius + WALL_MM] = WALL_HU
    for distance, radius in far:
        hu[distance < radius] = LUMEN_HU
        if radius > 4:
            wide |= distance < radius
    hu += np.random.default_rng(0).normal(0, noise_hu, SHAPE).astype(np.float32)
    lungs = np.zeros(SHAPE, bool)
    lungs[2:-2, 2:-2, 2:40] = lungs[2:-2, 2:-2, 60:-2] = True
    return np.rint(hu).astype(np.int16), wide, lungs & ~wide
