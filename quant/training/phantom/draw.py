"""Thin tubes drawn on the scanner's grid with their partial volume."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from quant.training.phantom.grid import Grid
from quant.training.phantom.shapes import Field
from quant.training.phantom.trees import Tree

Shares = npt.NDArray[np.uint8]
FULL = 255


def tubes(grid: Grid, tree: Tree, extra_mm: float = 0.0, grown: float = 1.0, least_mm: float = 0.0) -> Shares:
    """The share 0..255 of each voxel inside the tree, its radii times `grown` plus `extra_mm`.

    Branches thinner than `least_mm` are left out.
    """
    found = np.zeros(grid.shape, np.uint8)
    page = _Page(grid)
    table = np.concatenate([tree.start, tree.end, tree.radii * grown + extra_mm], axis=1)
    for row in table[tree.radii.max(axis=1) >= least_mm].tolist():
        page.draw(found, row)
    return found


class _Page:
    """The grid as plain numbers: thousands of small branches are drawn on it one by one."""

    def __init__(self, grid: Grid) -> None:
        self.parts, self.width = grid.parts, grid.width_mm
        self.heights = np.asarray([z for i in range(len(grid.z)) for z in grid.heights(i)], np.float32)
        self.y, self.x = grid.y, grid.x
        self.axes = [
            (float(axis[0]), mm, len(axis))
            for axis, mm in zip((grid.z, grid.y, grid.x), grid.spacing_mm[::-1], strict=True)
        ]

    def draw(self, found: Shares, row: list[float]) -> None:
        """One branch: start x y z, end x y z, two radii."""
        margin = max(row[6:]) + self.width
        cut = []
        for (first, mm, count), p, q in zip(self.axes, row[2::-1], row[5:2:-1], strict=True):
            low = max(math.floor((min(p, q) - margin - first) / mm), 0)
            high = min(math.ceil((max(p, q) + margin - first) / mm) + 1, count)
            if high <= low:
                return
            cut.append(slice(low, high))
        z, y, x = cut
        heights = self.heights[z.start * self.parts : z.stop * self.parts]
        inside = _share(heights[:, None, None], self.y[None, y, None], self.x[None, None, x], row, self.width)
        if self.parts > 1:
            inside = inside.reshape(-1, self.parts, *inside.shape[1:]).sum(axis=1) * np.float32(1.0 / self.parts)
        here = found[z, y, x]
        inside *= FULL
        inside += 0.5
        np.maximum(here, inside.astype(np.uint8), out=here)


def _share(z: Field, y: Field, x: Field, row: list[float], width: float) -> Field:
    """Partial volume of one tapering branch; one thinner than a voxel fills its part of it and no more."""
    ax, ay, az, bx, by, bz, ra, rb = row
    ux, uy, uz = bx - ax, by - ay, bz - az
    length2 = max(ux * ux + uy * uy + uz * uz, 1e-6)
    dx, dy, dz = x - ax, y - ay, z - az
    t = (dx * (ux / length2) + dy * (uy / length2)) + dz * (uz / length2)
    np.maximum(t, 0.0, out=t)
    np.minimum(t, 1.0, out=t)
    distance = (dx - t * ux) ** 2
    distance += (dy - t * uy) ** 2
    distance += (dz - t * uz) ** 2
    np.sqrt(distance, out=distance)
    radius = t
    radius *= rb - ra
    radius += ra
    seen = np.maximum(radius, 0.5 * width)
    inside: Field = seen - distance
    inside *= 1.0 / width
    inside += 0.5
    np.maximum(inside, 0.0, out=inside)
    np.minimum(inside, 1.0, out=inside)
    if min(ra, rb) < 0.5 * width:
        radius /= seen
        inside *= radius * radius
    return inside
