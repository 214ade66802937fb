"""Dense disease has no air and falls out of the lung: found again by the shape the lung should have.

Works on the coarse grid, one lung at a time. What lies within the lung is filled where lung lies below it
too; what lies at the wall must be as dense as diseased lung, near a rib, and have aerated lung below it in
its own column. So liver, spleen and heart are not taken for lung.
"""

import numpy as np
from scipy import ndimage

from quant.engine.arrays import Image, Mask, Spacing
from quant.engine.identity import DEFAULTS
from quant.engine.morphology import close, components, depth, dilate, drop_small, fill_slices

LEAST_ML = 1.0
MOST_OPEN = 0.2
LUNG_BELOW_MM = 40.0
FROM_LUNG_MM = 40.0
BESIDE_MM = 40.0
LEAST_BONE_VOXELS = 20


def enclosed(lung: Mask, voxel_mm: Spacing) -> Mask:
    """Masses within one lung: holes of its axial slices that do not open downwards, as the dome's tip does."""
    holes = fill_slices(lung, np.inf, voxel_mm) & ~lung
    labels = components(holes)
    opens = holes.copy()
    opens[1:] &= ~(lung | holes)[:-1]
    exits = np.bincount(labels[opens], minlength=int(labels.max()) + 1)
    sections = np.zeros_like(exits)
    for level in labels[holes.any(axis=(1, 2))]:
        sections = np.maximum(sections, np.bincount(level.ravel(), minlength=len(exits)))
    keep = exits < MOST_OPEN * sections
    keep[0] = False
    found: Mask = keep[labels]
    return found


def hull(coarse: Image, lung: Mask, other: Mask, voxel_mm: Spacing) -> Mask:
    """The parts of one lung's wide closing that can be dense disease, `lung` itself excluded."""
    closed = close(lung, DEFAULTS.hull_mm, voxel_mm)
    dense = (coarse > DEFAULTS.dense_low_hu) & (coarse < DEFAULTS.dense_high_hu)
    found = closed & ~lung & ~other & dense
    found &= dilate(_ribs(coarse, closed, lung | other, voxel_mm), DEFAULTS.rib_near_mm, voxel_mm)
    found &= _has_lung_below(lung, voxel_mm)
    found &= depth(~lung, voxel_mm) <= FROM_LUNG_MM
    found &= dilate(depth(found, voxel_mm) > max(voxel_mm), max(voxel_mm), voxel_mm)
    return drop_small(found, LEAST_ML * 1000.0 / float(np.prod(voxel_mm)))


def seen(coarse: Image, lung: Mask, other: Mask, share: Image, voxel_mm: Spacing) -> Mask:
    """What a network takes for this lung and density did not: parts it is sure of, out to where it is half sure.

    Each is dense and more than the lung's rim. Fat is no disease: no lung is as dense throughout and no denser. What
    has no ribs is no chest that the network knows.
    """
    if not _ribs(coarse, lung, lung | other, voxel_mm).any():
        return np.zeros_like(lung)
    dense = (coarse > DEFAULTS.dense_low_hu) & (coarse < DEFAULTS.seen_high_hu)
    fat = ndimage.binary_opening((coarse > DEFAULTS.fat_low_hu) & (coarse < DEFAULTS.fat_high_hu))
    possible = dense & ~fat & ~lung & ~other
    part = _thick(possible & (share > DEFAULTS.seen_share), voxel_mm)
    core = _thick(possible & (share > DEFAULTS.seen_core), voxel_mm)
    labels = components(part)
    sure = np.bincount(labels[core], minlength=int(labels.max()) + 1)
    kept = sure > LEAST_ML * 1000.0 / float(np.prod(voxel_mm))
    kept[0] = False
    return np.asarray(kept[labels])


def _thick(mask: Mask, voxel_mm: Spacing) -> Mask:
    """The mask without what is thinner than twice the least depth."""
    deep = depth(mask, voxel_mm) > DEFAULTS.seen_depth_mm
    return mask & dilate(deep, DEFAULTS.seen_depth_mm, voxel_mm)


def _ribs(coarse: Image, within: Mask, lungs: Mask, voxel_mm: Spacing) -> Mask:
    """Bone to the side of the middle. Vessels full of contrast medium are as bright, but lie `within`."""
    return drop_small((coarse > DEFAULTS.rib_hu) & ~within, LEAST_BONE_VOXELS) & _beside(lungs, voxel_mm)


def _beside(lungs: Mask, voxel_mm: Spacing) -> Mask:
    """What lies well to the side of the middle: ribs, without spine and sternum."""
    columns = np.flatnonzero(lungs.any(axis=(0, 1)))
    middle = (columns[0] + columns[-1]) / 2
    apart = np.abs(np.arange(lungs.shape[2]) - middle) * voxel_mm[2] > BESIDE_MM
    return np.broadcast_to(apart, lungs.shape)


def _has_lung_below(lung: Mask, voxel_mm: Spacing) -> Mask:
    """Voxels with aerated lung within reach below them."""
    reach = round(LUNG_BELOW_MM / voxel_mm[0])
    below = np.zeros_like(lung)
    for step in range(1, min(reach, lung.shape[0] - 1) + 1):
        below[step:] |= lung[:-step]
    return below
