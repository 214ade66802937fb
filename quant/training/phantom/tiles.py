"""Fine textures: random cubes that repeat without a seam, read plane by plane at any spacing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from quant.training.phantom.shapes import Field

SIDE, PITCH_MM = 72, 0.8


@dataclass(frozen=True, eq=False)
class Tile:
    """A periodic cube of values, its voxels PITCH_MM apart."""

    values: Field

    def plane(self, z: float, y: Field, x: Field) -> Field:
        """The texture at height `z` for rows `y` and columns `x`, all in mm."""
        low = int(np.floor(z / PITCH_MM))
        part = np.float32(z / PITCH_MM - low)
        flat = self.values[low % SIDE] * (1 - part) + self.values[(low + 1) % SIDE] * part
        return _periodic(_periodic(flat, y, 0), x, 1)


def _periodic(plane: Field, targets: Field, axis: int) -> Field:
    position = targets / np.float32(PITCH_MM)
    low = np.floor(position).astype(np.intp)
    part = (position - low).astype(np.float32)
    found: Field = plane.take(low, axis, mode="wrap")
    ahead = plane.take(low + 1, axis, mode="wrap")
    ahead -= found
    ahead *= part[:, None] if axis == 0 else part
    found += ahead
    return found


@lru_cache(maxsize=8)
def cells(size_mm: float) -> tuple[Tile, Tile]:
    """Irregular cells about `size_mm` wide: distance to the wall between them, and a value 0..1 for each cell."""
    random = np.random.default_rng(round(size_mm * 100))
    span = SIDE * PITCH_MM
    points = random.uniform(0.0, span, (round((span / size_mm) ** 3), 3))
    grid = np.stack(np.meshgrid(*[np.arange(SIDE) * PITCH_MM] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    found = cKDTree(points, boxsize=np.full(3, span)).query(grid, k=2, workers=2)
    far, index = np.asarray(found[0]), np.asarray(found[1])
    between = points[index[:, 0]] - points[index[:, 1]]
    between -= span * np.rint(between / span)
    apart = np.maximum(np.linalg.norm(between, axis=1), 0.5)
    wall = (far[:, 1] ** 2 - far[:, 0] ** 2) / (2.0 * apart)
    own = random.uniform(0.0, 1.0, len(points))[index[:, 0]]
    shape = (SIDE, SIDE, SIDE)
    return Tile(wall.reshape(shape).astype(np.float32)), Tile(own.reshape(shape).astype(np.float32))


@lru_cache(maxsize=8)
def grain(fine_mm: float, wide_mm: float) -> Tile:
    """Noise of SD 1 between two sizes: Gaussian blur by `fine_mm` less blur by `wide_mm`."""
    random = np.random.default_rng(round(fine_mm * 1000 + wide_mm))
    white = random.standard_normal((SIDE, SIDE, SIDE), np.float32)
    band = [ndimage.gaussian_filter(white, mm / PITCH_MM, mode="wrap") for mm in (fine_mm, wide_mm)]
    values = band[0] - band[1]
    return Tile((values / values.std()).astype(np.float32))
