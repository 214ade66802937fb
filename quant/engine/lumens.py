"""Where bronchi may run: dark voxels ringed by a wall, within reach of each other and of the wide airway."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from quant.engine import rings
from quant.engine.arrays import Box, Hu, Image, Mask, Spacing
from quant.engine.identity import DEFAULTS
from quant.engine.morphology import bounding_box, components, depth, drop_small
from quant.engine.sampling import factors_for

SMOOTHING_MM, REACH_MM = 0.6, 5.0
# Bronchi are not seen in the outer layer of the lung; cysts are. Around the wide airway no layer counts.
OUTER_MM, HILUM_MM, HILAR_MM, AWAY_MM = 10.0, 8.0, 25.0, 110.0
COARSE_MM = 2.2
DARK_HU, BRIDGE_HU = -750.0, -700.0
TILE_MM, USUAL_PERCENT, LEAST_USUAL_HU, LEAST_VOXELS = 60.0, 90.0, 30.0, 200
SPECK_MM3, BRIDGE_MM = 8.0, 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Lumens:
    """On the grid of `box`: where paths may run (`open_to`), the wide airway (`trunk`) and ringed lumens (`firm`).

    `ring` is the depth within a ring over what is usual nearby, `dark` the smoothed HU, `radius` mm to the wall.
    """

    box: Box
    open_to: Mask
    trunk: Mask
    firm: Mask
    ring: Image
    dark: Hu
    radius: Image


def find(hu: Hu, trunk: Mask, lungs: Mask, voxel_mm: Spacing) -> Lumens:
    """Lumens of a scan; `trunk` is the wide airway, not empty."""
    box, room = _room(trunk, lungs, voxel_mm)
    wide = trunk[box]
    dark = _smoothed(hu[box], voxel_mm)
    deep = rings.depth_hu(dark, voxel_mm, REACH_MM, room)
    ring: Image = deep.astype(np.float32) / _usual(deep, room & ~wide & (dark < DARK_HU), voxel_mm)
    firm = drop_small((ring >= DEFAULTS.bronchus_ring) & (dark < DARK_HU), SPECK_MM3 / float(np.prod(voxel_mm)), 26)
    size = [2 * round(BRIDGE_MM / mm) + 1 for mm in voxel_mm]
    near = ndimage.maximum_filter((firm | wide).view(np.uint8), size).view(bool)
    labels = components(wide | (near & room & (dark < BRIDGE_HU)), 26)
    open_to = labels == np.bincount(labels[wide]).argmax()
    return Lumens(box, open_to, wide, firm, ring, dark, depth(wide | firm, voxel_mm))


def _room(trunk: Mask, lungs: Mask, voxel_mm: Spacing) -> tuple[Box, Mask]:
    """A box around, and in it the voxels of airway, hila and lungs but for the outer layer; from a coarse grid."""
    factors = factors_for(voxel_mm, COARSE_MM)
    every = tuple(slice(None, None, f) for f in factors)
    coarse_mm = tuple(mm * f for mm, f in zip(voxel_mm, factors, strict=True))
    spacing = (coarse_mm[0], coarse_mm[1], coarse_mm[2])
    apart = depth(~trunk[every], spacing)
    chest = lungs[every] | (apart < HILUM_MM)
    room = chest & (apart < AWAY_MM) & ((depth(chest, spacing) > OUTER_MM) | (apart < HILAR_MM))
    coarse = bounding_box(room, (1, 1, 1))
    box = tuple(slice(c.start * f, min(c.stop * f, n)) for c, f, n in zip(coarse, factors, trunk.shape, strict=True))
    fine = room[coarse]
    for axis, factor in enumerate(factors):
        fine = np.repeat(fine, factor, axis)
    within: Box = (box[0], box[1], box[2])
    shape = trunk[within].shape
    return within, fine[: shape[0], : shape[1], : shape[2]] | trunk[within]


def _smoothed(hu: Hu, voxel_mm: Spacing) -> Hu:
    blurred = ndimage.gaussian_filter(hu.astype(np.float32), [SMOOTHING_MM / mm for mm in voxel_mm], truncate=3.0)
    return np.asarray(blurred, np.int16)


def _usual(deep: Hu, lung: Mask, voxel_mm: Spacing) -> Image:
    """HU that the rings of chance reach here: noise and disease make rings of their own."""
    size = [max(1, round(TILE_MM / mm)) for mm in voxel_mm]
    count = [-(-n // s) for n, s in zip(deep.shape, size, strict=True)]
    tiles = np.full(count, np.nan, np.float32)
    for tile in np.ndindex(*count):
        cut = tuple(slice(i * s, (i + 1) * s) for i, s in zip(tile, size, strict=True))
        values = deep[cut][lung[cut]]
        if len(values) >= LEAST_VOXELS:
            tiles[tile] = np.percentile(values, USUAL_PERCENT)
    known = np.isfinite(tiles)
    tiles[~known] = np.median(tiles[known]) if known.any() else LEAST_USUAL_HU
    usual: Image = np.maximum(tiles, np.float32(LEAST_USUAL_HU))
    for axis, (s, n) in enumerate(zip(size, deep.shape, strict=True)):
        usual = _between(usual, axis, s, n)
    return usual


def _between(tiles: Image, axis: int, size: int, count: int) -> Image:
    """Linear interpolation between the middles of tiles along one axis."""
    at = np.clip((np.arange(count) + 0.5) / size - 0.5, 0, tiles.shape[axis] - 1)
    low = at.astype(np.intp)
    part: npt.NDArray[np.float32] = (at - low).astype(np.float32).reshape([-1 if a == axis else 1 for a in range(3)])
    high = np.minimum(low + 1, tiles.shape[axis] - 1)
    between: Image = tiles.take(low, axis) * (1 - part) + tiles.take(high, axis) * part
    return between
