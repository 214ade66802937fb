"""Ground glass, consolidation and emphysema by density rules, with the vessels told apart.

The density of the parenchyma is looked at between the vessels and away from the border, where a voxel holds
only parenchyma: what stands out against its surroundings (a vessel, a fissure, a line) and the outermost
layer of the lung carry no weight in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from quant.engine import consolidation
from quant.engine.arrays import Doubt, Hu, Image, Labels, Mask, Spacing
from quant.engine.identity import DEFAULTS
from quant.engine.morphology import components, depth, dilate, drop_small
from quant.engine.sampling import TRUNCATE, weighted_mean

GROUND_GLASS, CONSOLIDATION, RETICULATION, HONEYCOMBING, EMPHYSEMA = 1, 2, 3, 4, 5
NAMES = ("ground_glass", "consolidation", "reticulation", "honeycombing", "emphysema")
IN_PLANE = np.ones((1, 3, 3), bool)
HISTOGRAM_STEP = 10.0
HISTOGRAM = np.arange(-1024.0, 0.0, HISTOGRAM_STEP)
DARK, BRIGHT = np.float32(-2000.0), np.float32(3000.0)


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """On the pattern grid: slightly `smoothed` HU, HU of the `parenchyma` between vessels, what is `opened`.

    `opened` is the image without bright structures narrower than about 9 mm.
    """

    smoothed: Image
    parenchyma: Image
    opened: Image
    lung: Mask
    voxel_mm: Spacing


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """On the grid of the given crop: pattern `labels` 0..5, `vessels` inside the lungs.

    `doubt` (5, 2): by what share of itself each pattern may be less and may be more.
    """

    labels: Labels
    vessels: Mask
    doubt: Doubt


def hole_hu(texture: Texture) -> Image:
    """(1, y, 1) HU half way from air alone to the commonest parenchyma of each row of blocks, front to back or so.

    Lung that lies above is the airier for it, by 60 HU in some; what is below -950 HU is a hole anywhere.
    """
    known = texture.lung & np.isfinite(texture.parenchyma)
    counts = known.sum(axis=(0, 2))
    medians = [np.median(texture.parenchyma[:, row][known[:, row]]) if n else 0.0 for row, n in enumerate(counts)]
    sigma = DEFAULTS.row_mm / texture.voxel_mm[1]
    weight = ndimage.gaussian_filter1d(counts.astype(np.float64), sigma, mode="constant")
    usual = ndimage.gaussian_filter1d(np.array(medians) * counts, sigma, mode="constant") / np.maximum(weight, 1e-6)
    half = np.clip((usual + DEFAULTS.hole_hu) / 2, DEFAULTS.laa_hu, DEFAULTS.hole_most_hu)
    found: Image = half.astype(np.float32)[None, :, None]
    return found


def holes(hu: Hu, lung: Mask, voxel_mm: Spacing, most: Image) -> Mask:
    """Voxels of lung darker than `most` HU (1, y, 1), at the full resolution."""
    sigma = (0.0, DEFAULTS.hole_mm / voxel_mm[1], DEFAULTS.hole_mm / voxel_mm[2])
    share = ndimage.gaussian_filter(lung.astype(np.float32), sigma, truncate=TRUNCATE)
    total = ndimage.gaussian_filter(np.where(lung, hu, 0).astype(np.float32), sigma, truncate=TRUNCATE)
    return lung & (total <= most * share)


def vessels(hu: Hu, lung: Mask, labels: Labels, background: Image) -> Mask:
    """What stands out of the `background` HU around it towards blood, consolidation and the border layer left out."""
    least = background + DEFAULTS.vessel_share * (DEFAULTS.blood_hu - background)
    return _reaching_in(lung & (hu > least) & (labels != CONSOLIDATION), lung)


def _reaching_in(bright: Mask, lung: Mask) -> Mask:
    """What is bright and not only the border layer, whose voxels share the chest wall."""
    labels = components(bright, 26)
    keep = np.zeros(int(labels.max()) + 1, bool)
    keep[labels[ndimage.binary_erosion(lung, iterations=2)]] = True
    keep[0] = False
    reaching: Mask = keep[labels]
    return reaching


def describe(hu: Image, lung: Mask, voxel_mm: Spacing) -> Texture:
    """What the classification looks at."""
    size = tuple(2 * max(1, round(DEFAULTS.opening_mm / mm)) + 1 for mm in voxel_mm)
    lowest = ndimage.minimum_filter(np.where(lung, hu, BRIGHT), size)
    opened: Image = ndimage.maximum_filter(np.where(lung, lowest, DARK), size)
    stands_out = (hu - opened >= DEFAULTS.stands_out_hu) & (hu > DEFAULTS.line_hu)
    weight = inner(lung, voxel_mm) & ~ndimage.binary_dilation(stands_out, IN_PLANE)
    parenchyma = weighted_mean(hu, weight.astype(np.float32), DEFAULTS.parenchyma_mm, voxel_mm)
    smoothed = weighted_mean(hu, lung.astype(np.float32), DEFAULTS.fine_smoothing_mm, voxel_mm)
    return Texture(smoothed, parenchyma, opened, lung, voxel_mm)


def inner(lung: Mask, voxel_mm: Spacing) -> Mask:
    """The lung without the layer that shares its voxels with what lies around it, in plane and across."""
    core = lung & (depth(lung, voxel_mm) > DEFAULTS.border_mm)
    core[1:] &= lung[:-1]
    core[:-1] &= lung[1:]
    return core


def classify(texture: Texture, normal_hu: float | None = None) -> Labels:
    """Labels on the pattern grid; beside the HU of this scan's own normal lung, if none is given."""
    lung, voxel_mm = texture.lung, texture.voxel_mm
    least = DEFAULTS.least_lesion_ml * 1000.0 / float(np.prod(voxel_mm))
    solid = drop_small(consolidation.find(texture.smoothed, texture.opened, lung, voxel_mm), least)
    raised = _raised(texture, normal_density(texture) if normal_hu is None else normal_hu) & ~solid
    beyond = raised & ~dilate(solid, DEFAULTS.shell_mm, voxel_mm)
    ground_glass = drop_small(raised & dilate(beyond, DEFAULTS.shell_mm + 1.0, voxel_mm), least)
    emphysema = drop_small(lung & (texture.smoothed <= DEFAULTS.laa_hu), least)
    labels = np.zeros(lung.shape, np.uint8)
    for value, mask in ((EMPHYSEMA, emphysema), (GROUND_GLASS, ground_glass), (CONSOLIDATION, solid)):
        labels[mask] = value
    return labels


def normal_density(texture: Texture) -> float:
    """HU of this scan's commonest parenchyma, within the limits of a healthy lung.

    A lung breathed out, or of another kernel, is denser throughout. The limits keep a lung that is ground glass all
    over from becoming its own normal.
    """
    values = texture.parenchyma[texture.lung]
    counts, edges = np.histogram(values[np.isfinite(values)], HISTOGRAM)
    commonest = edges[np.convolve(counts, np.ones(3), "same").argmax()] + HISTOGRAM_STEP / 2
    return float(np.clip(commonest, DEFAULTS.normal_low_hu, DEFAULTS.normal_high_hu))


def _raised(texture: Texture, normal_hu: float) -> Mask:
    """Denser than normal lung, out to where the density has fallen half way from what lies beside it to normal.

    A fixed border would be too wide for dense patches, whose blur reaches beyond them, or lose the faint ones.
    """
    known = texture.lung & np.isfinite(texture.parenchyma)
    rise = np.where(known, texture.parenchyma - normal_hu, 0.0).astype(np.float32)
    size = tuple(2 * max(1, round(DEFAULTS.ground_glass_reach_mm / mm)) + 1 for mm in texture.voxel_mm)
    nearby = ndimage.maximum_filter(np.minimum(rise, DEFAULTS.ground_glass_top_hu), size)
    nearby = ndimage.uniform_filter(nearby, size)
    above = known & (rise > np.maximum(DEFAULTS.ground_glass_rise_hu, DEFAULTS.ground_glass_edge * nearby))
    labels = components(above)
    core = ndimage.maximum(rise, labels, np.arange(int(labels.max()) + 1)) > DEFAULTS.ground_glass_core_hu
    core[0] = False
    raised: Mask = core[labels]
    return raised
