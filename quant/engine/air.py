"""Air inside the body on the coarse grid: lungs and airway, without bowel gas and what lies around the body."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from quant.engine.arrays import Image, Mask, Spacing
from quant.engine.identity import DEFAULTS
from quant.engine.morphology import components, dilate, drop_small

MOST_LUNG_AROUND = 0.3
MAIN_SHARE = 0.15
GAS_CORE_HU = -950.0


def inside_body(coarse: Image) -> Mask:
    """Air that does not reach the side borders of the image."""
    air = coarse < DEFAULTS.air_hu
    labels = components(air)
    sides = [labels[:, 0], labels[:, -1], labels[:, :, 0], labels[:, :, -1]]
    outer = np.zeros(int(labels.max()) + 1, bool)
    outer[np.unique(np.concatenate([s.ravel() for s in sides]))] = True
    return air & ~outer[labels]


def lung_air(coarse: Image, inside: Mask, airway: Mask, voxel_mm: Spacing) -> Mask:
    """The air of the lungs: `inside` without the airway, gas of stomach and bowel, and crumbs."""
    voxel_ml = float(np.prod(voxel_mm)) / 1000.0
    air = inside & ~airway
    air &= ~_gas(coarse, air, voxel_mm)
    labels = components(drop_small(air, DEFAULTS.lung_part_ml / voxel_ml))
    kept = _lung_like(coarse, labels)
    lungs: Mask = kept[labels]
    return lungs


def _lung_like(coarse: Image, labels: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    """By label: the lungs, and smaller parts that are neither gas altogether nor low down with a gas core."""
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    keep = np.zeros(len(sizes), bool)
    levels = np.flatnonzero(labels.any(axis=(1, 2)))
    for index in range(1, len(sizes)):
        part = labels == index
        values = coarse[part]
        main = sizes[index] > MAIN_SHARE * sizes.max()
        low = np.nonzero(part)[0].mean() < levels.mean()
        bowel = not main and low and np.percentile(values, 10) < GAS_CORE_HU
        keep[index] = values.mean() > DEFAULTS.gas_hu and not bowel
    return keep


def _gas(coarse: Image, air: Mask, voxel_mm: Spacing) -> Mask:
    """Large, even, very dark pockets in the lower half that have little lung around them."""
    found = np.zeros(air.shape, bool)
    levels = np.flatnonzero(air.any(axis=(1, 2)))
    if not len(levels):
        return found
    voxel_ml = float(np.prod(voxel_mm)) / 1000.0
    dark = air & (ndimage.uniform_filter(coarse, 3) < DEFAULTS.gas_hu)
    labels = components(drop_small(dark, DEFAULTS.gas_ml / voxel_ml))
    for index in range(1, int(labels.max()) + 1):
        pocket = labels == index
        low = np.nonzero(pocket)[0].mean() < levels.mean()
        if low and coarse[pocket].std() < DEFAULTS.gas_sd_hu:
            around = dilate(pocket, 2 * max(voxel_mm), voxel_mm)
            if air[around & ~pocket].mean() < MOST_LUNG_AROUND:
                found |= around
    return found
