"""Thin tubes drawn on the scanner's grid with their partial volume."""

from __future__ import annotations

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
    for a, b, (ra, rb) in zip(tree.start, tree.end, tree.radii, strict=True):
        if max(ra, rb) >= least_mm:
            _draw(found, grid, a.astype(np.float32), b.astype(np.float32), ra * grown + extra_mm, rb * grown + extra_mm)
    return found


def _draw(found: Shares, grid: Grid, a: Field, b: Field, ra: float, rb: float) -> None:
    margin = max(ra, rb) + grid.width_mm
    cut = []
    for axis, p, q, mm in zip((grid.z, grid.y, grid.x), a[::-1], b[::-1], grid.spacing_mm[::-1], strict=True):
        low = int(np.floor((min(p, q) - margin - axis[0]) / mm))
        high = int(np.ceil((max(p, q) + margin - axis[0]) / mm)) + 1
        cut.append(slice(max(low, 0), max(min(high, len(axis)), 0)))
    if any(c.stop <= c.start for c in cut):
        return
    z, y, x = cut
    heights = np.concatenate([grid.heights(i) for i in range(z.start, z.stop)]).astype(np.float32)
    inside = _share(heights[:, None, None], grid.y[None, y, None], grid.x[None, None, x], a, b, ra, rb, grid.width_mm)
    if grid.parts > 1:
        inside = inside.reshape(-1, grid.parts, *inside.shape[1:]).mean(axis=1)
    here = found[z, y, x]
    np.maximum(here, (inside * np.float32(FULL) + np.float32(0.5)).astype(np.uint8), out=here)


def _share(z: Field, y: Field, x: Field, a: Field, b: Field, ra: float, rb: float, width: float) -> Field:
    """Partial volume of one tapering branch; one thinner than a voxel fills its part of it and no more."""
    ux, uy, uz = (b - a).tolist()
    length2 = max(ux * ux + uy * uy + uz * uz, 1e-6)
    dx, dy, dz = x - a[0], y - a[1], z - a[2]
    t = np.clip((dx * (ux / length2) + dy * (uy / length2)) + dz * (uz / length2), 0.0, 1.0)
    square = (dx - t * ux) ** 2
    square += (dy - t * uy) ** 2
    square += (dz - t * uz) ** 2
    radius = np.float32(ra) + t * np.float32(rb - ra)
    seen = np.maximum(radius, 0.5 * width)
    inside = np.clip((seen - np.sqrt(square)) * np.float32(1.0 / width) + np.float32(0.5), 0.0, 1.0)
    if min(ra, rb) < 0.5 * width:
        inside *= (radius / seen) ** 2
    drawn: Field = inside
    return drawn
