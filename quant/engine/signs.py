"""What the picture itself says about a scan: how much lung it holds, the breath, noise, streaks.

Every limit was measured on phantoms of four people at four breaths, healthy and diseased, and on two real chests.
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from quant.engine.arrays import Hu, Labels, Mask
from quant.engine.morphology import bounding_box, depth
from quant.engine.slices import HU_LOW
from quant.engine.volume import Volume

CUT_MM2 = 100.0
# Share of both lungs left by a cut, against the height left over the width of the lungs (the root of their
# largest cross-section), carina to the lowest slice: 0.21 at a half, 0.58 at eight tenths.
BASE_AT_CARINA, BASE_PER_WIDTH = 0.33, 0.80
# The same, carina to the uppermost slice: 0 at seven tenths, 0.31 at nine tenths.
APEX_AT_CARINA, APEX_PER_WIDTH = 0.70, 0.62
# The same, all height there is, where the cut lies below the carina: 0.92 at a half, 1.17 at seven tenths.
HALF_HEIGHT, HEIGHT_PER_WIDTH = 0.92, 0.80
COMMONEST_WITHIN_HU, COMMONEST_BIN_HU = 200, 21
SOFT_TISSUE_HU = (0.0, 100.0)
APART_MM = 4.0
LEAST_PAIRS = 5000
SD_OF_MAD = 1.4826
METAL_HU, DARK_HU, DEEP_MM = 2500, -1000, 3.0


def cut_areas(volume: Volume, lungs: Labels) -> tuple[float, float]:
    """cm2 of lung in the lowest and in the uppermost slice, 0 where it is less than a dome's tip."""
    pixel_mm2 = volume.spacing_mm[0] * volume.spacing_mm[1]
    areas = [float((lungs[end] > 0).sum()) * pixel_mm2 for end in (0, -1)]
    base, apex = (area / 100.0 if area > CUT_MM2 else 0.0 for area in areas)
    return base, apex


def share_in_scan(volume: Volume, lungs: Labels, carina: int | None) -> float:
    """About which share of the lungs the scan holds, 1 where neither end is cut. Right to a tenth in inspiration."""
    base, apex = cut_areas(volume, lungs)
    areas = (lungs > 0).sum(axis=(1, 2)) * volume.spacing_mm[0] * volume.spacing_mm[1]
    if not areas.any():
        return 0.0
    width, step = float(np.sqrt(areas.max())), volume.spacing_mm[2]
    above = below = 1.0
    if apex and carina is not None:
        above = APEX_AT_CARINA + APEX_PER_WIDTH * (len(areas) - 1 - carina) * step / width
    elif apex or (base and carina is None):
        above = 0.5 + HEIGHT_PER_WIDTH * (int((areas > CUT_MM2).sum()) * step / width - HALF_HEIGHT)
    if base and carina is not None:
        below = BASE_AT_CARINA + BASE_PER_WIDTH * carina * step / width
    return max(0.0, min(above, 1.0) + min(below, 1.0) - 1.0)


def commonest_hu(hu: Hu, lung: Mask) -> int:
    """The commonest density of the lung: its healthiest large part, which disease beside it does not move."""
    values = np.clip(hu[lung], HU_LOW, COMMONEST_WITHIN_HU).astype(np.int64) - HU_LOW
    counts = np.bincount(values, minlength=COMMONEST_WITHIN_HU - HU_LOW + 1)
    return int(np.convolve(counts, np.ones(COMMONEST_BIN_HU), "same").argmax()) + HU_LOW


def noise_hu(volume: Volume, lungs: Labels) -> float | None:
    """SD of the noise in soft tissue beside the lungs, the worst of upper, middle and lower third; None without.

    From differences between voxels 4 mm apart in a row, whose surroundings are both soft tissue: half of their
    variance is noise, and edges, being few, do not move the median.
    """
    levels = np.flatnonzero((lungs > 0).any(axis=(1, 2)))
    if not levels.size:
        return None
    ends = np.linspace(levels[0], levels[-1] + 1, 4).astype(int)
    found = [_noise_of(volume.hu[low:high:2], volume.spacing_mm[0]) for low, high in pairwise(ends)]
    return max((one for one in found if one is not None), default=None)


def _noise_of(hu: Hu, pixel_mm: float) -> float | None:
    apart = max(1, round(APART_MM / pixel_mm))
    image = hu.astype(np.float32)
    around = ndimage.uniform_filter(image, (0, 2 * apart + 1, 2 * apart + 1))
    soft = (around > SOFT_TISSUE_HU[0]) & (around < SOFT_TISSUE_HU[1])
    pairs = soft[:, :, :-apart] & soft[:, :, apart:]
    differences = (image[:, :, apart:] - image[:, :, :-apart])[pairs]
    if differences.size < LEAST_PAIRS:
        return None
    return float(SD_OF_MAD * np.median(np.abs(differences - np.median(differences))) / np.sqrt(2.0))


def metal_levels(volume: Volume, lungs: Labels) -> npt.NDArray[np.bool_]:
    """The slices between the ends of the lungs that hold something denser than bone."""
    found = np.zeros(len(volume.hu), bool)
    levels = np.flatnonzero((lungs > 0).any(axis=(1, 2)))
    if levels.size:
        within = slice(levels[0], levels[-1] + 1)
        found[within] = (volume.hu[within] > METAL_HU).any(axis=(1, 2))
    return found


def streaked_percent(volume: Volume, lungs: Labels, levels: npt.NDArray[np.bool_]) -> float:
    """How much more of the deep lung is darker than air at these levels than at the others, in points."""
    box = bounding_box(lungs > 0, (1, 1, 1))
    deep = depth(lungs[box] > 0, volume.voxel_mm) > DEEP_MM
    dark = deep & (volume.hu[box] < DARK_HU)
    levels = levels[box[0]]
    here, elsewhere = np.count_nonzero(deep[levels]), np.count_nonzero(deep[~levels])
    if not here:
        return 0.0
    usual = np.count_nonzero(dark[~levels]) / elsewhere if elsewhere else 0.0
    return 100.0 * (np.count_nonzero(dark[levels]) / here - usual)
