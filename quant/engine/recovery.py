"""Dense disease has no air and falls out of the lung: found again by the shape the lung should have.

Works on the coarse grid, one lung at a time. What lies within the lung is filled where lung lies below it too;
what lies at its surface must be as dense as diseased lung, thick, and no fat: the hollows of a healthy lung, between
the lungs, at the hila and under the heart, hold fat.
"""

import numpy as np
from scipy import ndimage

from quant.engine.arrays import Image, Labels, Mask, Spacing
from quant.engine.identity import DEFAULTS
from quant.engine.morphology import close, components, depth, dilate, drop_small, fill_slices

MOST_OPEN = 0.2
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


def airless(coarse: Image) -> Mask:
    """What can be lung without air: neither bone nor fat, which no lung is as dense as throughout."""
    fat = ndimage.binary_opening((coarse > DEFAULTS.fat_low_hu) & (coarse < DEFAULTS.fat_high_hu))
    return (coarse > DEFAULTS.dense_low_hu) & (coarse < DEFAULTS.dense_high_hu) & ~fat


def between(sides: Labels) -> Mask:
    """What lies between right and left lung in its row: heart and great vessels, where nothing is grown by shape."""
    columns = np.arange(sides.shape[2])
    seen = np.where(sides > 0, columns, -1)
    before = np.maximum.accumulate(seen, axis=2)
    after = np.minimum.accumulate(np.where(sides > 0, columns, len(columns))[:, :, ::-1], axis=2)[:, :, ::-1]
    on_both = (before >= 0) & (after < len(columns))
    ends = [np.take_along_axis(sides, np.clip(at, 0, len(columns) - 1), axis=2) for at in (before, after)]
    return np.asarray(on_both & (ends[0] != ends[1]))


def find(
    coarse: Image, possible: Mask, lung: Mask, middle: Mask, voxel_mm: Spacing, share: Image | None = None
) -> Mask:
    """Dense disease at the surface of one lung: what is sure to be, grown into what may be.

    Sure is what fills a hollow too narrow for an organ, or where a network is sure; a wide hollow may be disease
    or an organ, so it is taken only near what is sure. In the `middle` of the chest great vessels without contrast
    fill narrow hollows too: there shape alone is not trusted. `possible` holds the dense part of the closed `lung` too.
    `share` is how sure the network is of this lung.
    """
    free, aside = possible & ~lung, ~middle
    sure = close(lung, DEFAULTS.hull_mm, voxel_mm) & (aside | _seen(share, DEFAULTS.seen_middle, middle))
    sure |= close(lung, DEFAULTS.side_hull_mm, voxel_mm) & aside & _held(share, DEFAULTS.seen_hint, middle)
    sure &= depth(~lung, voxel_mm) <= DEFAULTS.from_lung_mm
    sure |= _seen(share, DEFAULTS.seen_sure, middle)
    found = _thick(sure & free, possible & lung, coarse > DEFAULTS.solid_hu, voxel_mm)
    leave = _seen(share, np.where(middle, DEFAULTS.seen_beside_vessels, DEFAULTS.seen_low), middle)
    by_shape = _closed_widely(lung, voxel_mm) & aside & _held(share, DEFAULTS.seen_never, middle)
    # Shape alone is trusted less far than the network; wider steps would run along the chest wall.
    for room in (by_shape | leave, by_shape | leave, leave):
        found |= dilate(found, DEFAULTS.grow_mm, voxel_mm) & room & free
    return found


def _seen(share: Image | None, least: float | Image, like: Mask) -> Mask:
    """Where the network gives more than `least`; nowhere without one."""
    return np.zeros_like(like) if share is None else np.asarray(share > least)


def _held(share: Image | None, least: float, like: Mask) -> Mask:
    """Where the network does not speak against what shape says; everywhere without one."""
    return np.ones_like(like) if share is None else np.asarray(share >= least)


def _closed_widely(lung: Mask, voxel_mm: Spacing) -> Mask:
    """A closing so wide that every second voxel is enough."""
    z, y, x = voxel_mm
    closed = close(lung[::2, ::2, ::2], DEFAULTS.wide_hull_mm, (2 * z, 2 * y, 2 * x))
    whole = closed.repeat(2, 0).repeat(2, 1).repeat(2, 2)
    return whole[tuple(slice(n) for n in lung.shape)]


def has_ribs(coarse: Image, lungs: Mask, voxel_mm: Spacing) -> bool:
    """Whether there is bone well to the side of the middle: without ribs it is no chest that a network knows."""
    columns = np.flatnonzero(lungs.any(axis=(0, 1)))
    middle = (columns[0] + columns[-1]) / 2
    aside = np.abs(np.arange(lungs.shape[2]) - middle) * voxel_mm[2] > BESIDE_MM
    return bool(drop_small((coarse > DEFAULTS.rib_hu) & ~lungs & aside, LEAST_BONE_VOXELS).any())


def _thick(mask: Mask, filled: Mask, solid: Mask, voxel_mm: Spacing) -> Mask:
    """What of `mask` is thick, in parts of at least half a mL, without the lung's rim, half full of chest wall.

    A closing fills the mouth of a small lump's hollow, so how thick a part is shows only with what was `filled` of it;
    only what is `solid` counts: beside fat the rim of the lung is as dense as disease.
    """
    whole = mask | filled
    core = depth(whole & solid, voxel_mm) > max(voxel_mm)
    thick = whole & dilate(core, 2 * max(voxel_mm), voxel_mm)
    return mask & drop_small(thick, DEFAULTS.least_recovered_ml * 1000.0 / float(np.prod(voxel_mm)))
