"""Binary shapes in millimetres: dilation, erosion and closing by exact distances, components, boxes."""

from collections.abc import Sequence
from typing import Literal

import cc3d
import edt
import numpy as np
import numpy.typing as npt

from quant.engine.arrays import Box, Image, Mask, Spacing

THREADS = 2

Connectivity = Literal[4, 6, 26]


def depth(mask: Mask, voxel_mm: Spacing, *, border_is_outside: bool = False) -> Image:
    """Distance in mm of every voxel of `mask` to the nearest voxel outside it, 0 outside."""
    filled = np.ascontiguousarray(mask)
    found: Image = edt.edt(filled, anisotropy=voxel_mm, black_border=border_is_outside, parallel=THREADS)
    return found


def dilate(mask: Mask, radius_mm: float, voxel_mm: Spacing) -> Mask:
    """All voxels within `radius_mm` of `mask`."""
    if not mask.any():
        return mask.copy()
    return depth(~mask, voxel_mm) <= radius_mm


def erode(mask: Mask, radius_mm: float, voxel_mm: Spacing) -> Mask:
    """The voxels of `mask` more than `radius_mm` from what is outside it."""
    return depth(mask, voxel_mm) > radius_mm


def close(mask: Mask, radius_mm: float, voxel_mm: Spacing) -> Mask:
    """Closing by a ball: hollows narrower than twice the radius become part of the mask."""
    margin = [int(np.ceil(radius_mm / mm)) + 1 for mm in voxel_mm]
    padded = np.pad(mask, [(m, m) for m in margin])
    closed = erode(dilate(padded, radius_mm, voxel_mm), radius_mm, voxel_mm)
    inner = tuple(slice(m, m + n) for m, n in zip(margin, mask.shape, strict=True))
    return closed[inner] | mask


def components(mask: Mask, connectivity: Connectivity = 6) -> npt.NDArray[np.uint32]:
    """Connected components, 0 outside."""
    filled = np.ascontiguousarray(mask)
    return np.asarray(cc3d.connected_components(filled, connectivity=connectivity, out_dtype=np.uint32), np.uint32)


def drop_small(mask: Mask, least_voxels: float, connectivity: Connectivity = 6) -> Mask:
    """`mask` without its components of fewer than `least_voxels` voxels."""
    labels = components(mask, connectivity)[mask]
    kept = np.zeros_like(mask)
    kept[mask] = (np.bincount(labels) >= least_voxels)[labels]
    return kept


def fill_slices(mask: Mask, largest_mm2: float, voxel_mm: Spacing) -> Mask:
    """Fill the holes of each axial slice that are smaller than `largest_mm2`."""
    limit = largest_mm2 / (voxel_mm[1] * voxel_mm[2])
    holes = np.zeros_like(mask)
    for index in np.flatnonzero(mask.any(axis=(1, 2))):
        labels = components(~mask[index], 4)
        small = np.bincount(labels.ravel()) < limit
        for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
            small[edge] = False
        small[0] = False
        holes[index] = small[labels]
    return mask | holes


def bounding_box(mask: Mask, margin: Sequence[int] = (0, 0, 0)) -> Box:
    """The smallest box that holds `mask`, widened by `margin` voxels where there is room."""
    cuts = []
    for axis, extra in enumerate(margin):
        others = tuple(a for a in range(3) if a != axis)
        hit = np.flatnonzero(mask.any(axis=others))
        cuts.append(slice(max(0, int(hit[0]) - extra), min(mask.shape[axis], int(hit[-1]) + 1 + extra)))
    return cuts[0], cuts[1], cuts[2]


def volume_ml(mask: Mask, voxel_mm: Spacing) -> float:
    """Volume in mL."""
    return float(np.count_nonzero(mask)) * voxel_mm[0] * voxel_mm[1] * voxel_mm[2] / 1000.0
