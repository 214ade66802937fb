"""Lungs of a clean scan by a reader that shares no step with the engine.

Slow and plain. The border lies, voxel by voxel, half way between the lung beside it and the tissue beside it, both
measured there, so neither a fixed threshold nor a coarse grid decides. It knows no dense disease: for clean scans only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from quant.engine.arrays import Box, Hu, Image, Mask, Spacing
from quant.engine.morphology import bounding_box, components, depth, dilate, drop_small, fill_slices

AERATED_HU, LUMEN_HU, TISSUE_HU = -650.0, -900.0, -150.0
CORE_MM, BESIDE_MM, REACH_MM = 1.2, 6.0, 4.0
LUMEN_RADIUS_MM, WALL_MM = 2.2, 1.8
GAP_MM, GAPS, MOST_BEYOND_ML = 5.0, 3, 12.0
LEAST_PART, LEAST_AIR = 0.1, 0.01
CLOSE_MM, HOLE_MM2 = 7.0, 250.0
# A trachea is a round dark section of this area between the lungs.
SECTION_MM2, OFF_MIDDLE_MM = (80.0, 700.0), 45.0


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """Both `lungs` with their vessels, and the `airway` left out: lumen of trachea, main and lobar bronchi."""

    lungs: Mask
    airway: Mask


def read(hu: Hu, voxel_mm: Spacing) -> Reading:
    """Lungs and wide airways of a clean chest CT (z, y, x); voxel size in mm (z, y, x)."""
    sigma = [CORE_MM / 2 / mm for mm in voxel_mm]
    smooth = ndimage.gaussian_filter(hu.astype(np.float32), sigma)
    air = _inside(smooth < AERATED_HU)
    box = bounding_box(air, [int(12 / mm) + 1 for mm in voxel_mm])
    lungs, airway = np.zeros(hu.shape, bool), np.zeros(hu.shape, bool)
    airway[box] = _airway(smooth[box], air[box], voxel_mm)
    lungs[box] = _lungs(smooth[box], hu[box], air[box], airway[box], voxel_mm)
    return Reading(lungs, airway)


def _inside(air: Mask) -> Mask:
    """Air that does not reach the sides of the image, without crumbs."""
    labels = components(air)
    outer = np.unique(np.concatenate([labels[:, [0, -1]].ravel(), labels[:, :, [0, -1]].ravel()]))
    sizes = np.bincount(labels.ravel())
    sizes[outer] = sizes[0] = 0
    keep = sizes > LEAST_AIR * sizes.max()
    found: Mask = keep[labels]
    return found


def _airway(smooth: Image, air: Mask, voxel_mm: Spacing) -> Mask:
    """The wide dark tree that hangs on the trachea: balls of lumen that touch, without what is thinner."""
    lumen = air & (smooth < LUMEN_HU)
    wide = dilate(depth(lumen, voxel_mm) > LUMEN_RADIUS_MM, LUMEN_RADIUS_MM, voxel_mm) & lumen
    seed = _trachea(wide, voxel_mm)
    if seed is None:
        return np.zeros_like(air)
    labels = components(wide)
    tree: Mask = labels == labels[seed]
    # Mucus, a valve of the wall or a thick slice parts the tree: what lies on beyond a short gap belongs to it.
    sizes = np.bincount(labels.ravel()) * float(np.prod(voxel_mm)) / 1000.0
    for _ in range(GAPS):
        near = np.unique(labels[dilate(tree, GAP_MM, voxel_mm) & wide])
        tree = np.isin(labels, near[sizes[near] < MOST_BEYOND_ML]) | tree
    return tree


def _trachea(lumen: Mask, voxel_mm: Spacing) -> tuple[int, int, int] | None:
    """A voxel of the roundest section near the middle, in the upper third."""
    best, found = 0.0, None
    for z in range(lumen.shape[0] - 1, 2 * lumen.shape[0] // 3, -1):
        for fills, y, x in _sections(lumen[z], voxel_mm):
            if fills > best:
                best, found = fills, (z, y, x)
    return found


def _sections(plane: Mask, voxel_mm: Spacing) -> Iterator[tuple[float, int, int]]:
    """Sections of the size of a trachea near the middle: how round, and a voxel (y, x) at their centre."""
    labels = components(plane, 4)
    areas = np.bincount(labels.ravel()) * voxel_mm[1] * voxel_mm[2]
    fits = np.flatnonzero((areas > SECTION_MM2[0]) & (areas < SECTION_MM2[1]))
    places = ndimage.find_objects(labels.astype(np.int32)) if len(fits) else []
    for index in fits[fits > 0]:
        rows, columns = places[index - 1]
        patch = labels[rows, columns] == index
        y, x = (round(float(c)) for c in ndimage.center_of_mass(patch))
        middle = abs(x + columns.start - plane.shape[1] / 2) * voxel_mm[2] < OFF_MIDDLE_MM
        if middle and patch[y, x]:
            fills = float(patch.mean()) * min(patch.shape) / max(patch.shape)
            yield fills, y + rows.start, x + columns.start


def _lungs(smooth: Image, hu: Hu, air: Mask, airway: Mask, voxel_mm: Spacing) -> Mask:
    walls = dilate(airway, WALL_MM, voxel_mm)
    parts = components(air & ~walls)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    big = sizes > LEAST_PART * sizes.max()
    aerated: Mask = big[parts]
    border = _half_way(smooth, hu, aerated, walls, voxel_mm)
    closed = np.zeros_like(border)
    for side in _sides(border, voxel_mm):
        closed |= _closed(side, voxel_mm)
    return drop_small(closed & ~walls, 1000.0 / float(np.prod(voxel_mm)))


def _half_way(smooth: Image, hu: Hu, aerated: Mask, walls: Mask, voxel_mm: Spacing) -> Mask:
    """Voxels near the aerated lung on its side of the local mean of lung and tissue."""
    lung = _local(smooth, depth(aerated, voxel_mm) > 1.5, -850.0, voxel_mm)
    tissue = _local(smooth, (smooth > TISSUE_HU) & (smooth < 250.0), 0.0, voxel_mm)
    near = dilate(aerated, REACH_MM, voxel_mm) & ~walls
    found: Mask = near & (hu < (lung + tissue) / 2)
    labels = components(found | aerated)
    joined = np.zeros(int(labels.max()) + 1, bool)
    joined[np.unique(labels[aerated])] = True
    joined[0] = False
    kept: Mask = joined[labels]
    return kept


def _local(image: Image, where: Mask, default: float, voxel_mm: Spacing) -> Image:
    """Mean of `image` over `where` nearby, drawn to `default` where there is little of it."""
    sigma = [BESIDE_MM / mm for mm in voxel_mm]
    weight = ndimage.gaussian_filter(where.astype(np.float32), sigma)
    total = ndimage.gaussian_filter(np.where(where, image, np.float32(0)), sigma)
    mean: Image = (total + np.float32(default * 0.01)) / (weight + np.float32(0.01))
    return mean


def _sides(lungs: Mask, voxel_mm: Spacing) -> tuple[Mask, ...]:
    """The lungs apart, by the nearer of the two largest cores that remain when the lungs shrink."""
    for radius in (0.0, 3.0, 6.0, 10.0, 15.0):
        cores = components(depth(lungs, voxel_mm) > radius)
        sizes = np.bincount(cores.ravel())
        sizes[0] = 0
        first, second = (int(i) for i in np.argsort(sizes)[-1:-3:-1]) if len(sizes) > 2 else (1, 0)
        if second and sizes[second] > 0.2 * sizes[first]:
            nearer = depth(cores != first, voxel_mm) <= depth(cores != second, voxel_mm)
            return lungs & nearer, lungs & ~nearer
    return (lungs,)


def _closed(lung: Mask, voxel_mm: Spacing) -> Mask:
    """Closed over its vessels, in the box of the lung."""
    box: Box = bounding_box(lung, [int(CLOSE_MM / mm) + 2 for mm in voxel_mm])
    grown = dilate(lung[box], CLOSE_MM, voxel_mm)
    whole = np.zeros_like(lung)
    whole[box] = (depth(grown, voxel_mm) > CLOSE_MM) | lung[box]
    return fill_slices(whole, HOLE_MM2, voxel_mm)
