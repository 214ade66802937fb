"""The checks on a whole scan: refused, or measured with warnings. The table of codes is codes.py."""

import numpy as np
from scipy import ndimage

from quant.engine import signs
from quant.engine.arrays import LEFT, RIGHT
from quant.engine.codes import CODES
from quant.engine.errors import UnusableInput
from quant.engine.lungs import Lungs
from quant.engine.slices import HU_LOW
from quant.engine.volume import Flag, Volume

LEAST_SLICES, LEAST_HEIGHT_MM = 20, 120.0
LARGEST_PIXEL_MM, FARTHEST_APART_MM = 6.0, 12.5
AIR_PERCENTILE, AIR_HIGHEST_HU = 0.5, -930.0
LEAST_SEEN = 0.05
TISSUE_HU, LEAST_TISSUE = (-200, 200), 0.05
LEAST_LUNG_ML, LEAST_BOTH_ML, MOST_BOTH_ML = 100.0, 500.0, 12000.0
LEAST_SHARE = 0.5
SMALL_ML = 2000.0
MOST_RECOVERED_PERCENT = 10.0
# Commonest lung density at full inspiration -889..-850 HU, also in disease; at the end of expiration -775..-750.
EXPIRED_ABOVE_HU = -800
# At 38 HU of noise 3 % of a healthy lung falls below -950 HU, at 63 HU 12 %.
NOISY_ABOVE_HU = 45.0
LEAST_METAL_ML, STREAKED_ABOVE_PERCENT = 0.5, 0.5
BLOOD_HU, EVEN_VOXELS = 120.0, 3
BELOW_CARINA_MM, BESIDE_MIDDLE_MM = 60.0, 30.0


def accepted(warnings: tuple[Flag, ...]) -> bool:
    """No warning asks for review."""
    return all(CODES[w.code].severity == "note" for w in warnings)


def check_volume(volume: Volume) -> None:
    """Refuse what cannot be a chest CT in HU before any work.

    Raises:
        UnusableInput: too few slices, too little height, too coarse, or values that are not HU.
    """
    slices, height = volume.hu.shape[0], volume.hu.shape[0] * volume.spacing_mm[2]
    if slices < LEAST_SLICES or height < LEAST_HEIGHT_MM:
        words = f"{slices} slices over {height:.0f} mm; a chest needs {LEAST_SLICES} over {LEAST_HEIGHT_MM:.0f} mm"
        raise UnusableInput("too_few_slices", words)
    x, y, z = volume.spacing_mm
    if max(x, y) > LARGEST_PIXEL_MM or z > FARTHEST_APART_MM:
        raise UnusableInput("too_coarse", f"voxels of {x:.1f} x {y:.1f} x {z:.1f} mm are too coarse for a lung")
    sample = volume.hu[:, ::3, ::3]
    seen = sample[sample > HU_LOW]
    # Padding around the field is as dark as a reader makes it and says nothing of the scale.
    air = float(np.percentile(seen, AIR_PERCENTILE)) if seen.size > LEAST_SEEN * sample.size else float(HU_LOW)
    if air > AIR_HIGHEST_HU:
        raise UnusableInput("not_hu", f"the darkest parts lie at {air:.0f}, air must lie near -1000 HU")
    tissue = float(((sample > TISSUE_HU[0]) & (sample < TISSUE_HU[1])).mean())
    if tissue < LEAST_TISSUE:
        raise UnusableInput("not_hu", f"only {100 * tissue:.1f} % of the image is near 0 HU: no soft tissue there")


def check_lungs(volume: Volume, lungs: Lungs) -> tuple[Flag, ...]:
    """What the segmented lungs say about the scan, after the warnings of its headers.

    Raises:
        UnusableInput: no two lungs of plausible size, or half of them outside the scan.
    """
    right, left = (np.count_nonzero(lungs.labels == side) * volume.voxel_ml for side in (RIGHT, LEFT))
    if min(right, left) < LEAST_LUNG_ML or not LEAST_BOTH_ML <= right + left <= MOST_BOTH_ML:
        words = f"no two lungs of plausible size: right {right:.0f} mL, left {left:.0f} mL"
        raise UnusableInput("not_chest", words)
    found = [*volume.warnings, *_cuts(volume, lungs)]
    if lungs.airway.carina is None and not lungs.airway.mask.any():
        found.append(Flag("airway_not_seen", "no trachea was found in the upper half"))
    recovered = 100.0 * np.count_nonzero(lungs.recovered) * volume.voxel_ml / (right + left)
    if recovered > MOST_RECOVERED_PERCENT:
        found.append(Flag("much_recovered", f"{recovered:.0f} % of the lungs were added where they hold no air"))
    if right + left < SMALL_ML:
        found.append(Flag("small_volume", f"both lungs hold {right + left:.0f} mL"))
    found += [*_contrast(volume, lungs, found), *_breath(volume, lungs, found), *_noise(volume, lungs)]
    return (*found, *_metal(volume, lungs, found))


def _cuts(volume: Volume, lungs: Lungs) -> list[Flag]:
    """Lung in the outermost slices: the scan does not hold the whole lung."""
    base, apex = signs.cut_areas(volume, lungs.labels)
    found = []
    for code, area, end in (("cut_apex", apex, "top"), ("cut_base", base, "bottom")):
        if area:
            found.append(Flag(code, f"{area:.0f} cm2 of lung in the slice at the {end}"))
    share = signs.share_in_scan(volume, lungs.labels, lungs.airway.carina) if found else 1.0
    if share < LEAST_SHARE:
        cut = " and ".join(flag.detail for flag in found)
        raise UnusableInput("half_lungs", f"about {100 * share:.0f} % of the lungs are in the scan: {cut}")
    return found


def _contrast(volume: Volume, lungs: Lungs, found: list[Flag]) -> list[Flag]:
    blood = _blood_hu(volume, lungs)
    if blood is None or blood <= BLOOD_HU or _told(found, "contrast"):
        return []
    return [Flag("contrast", f"blood in the mediastinum reaches {blood:.0f} HU")]


def _breath(volume: Volume, lungs: Lungs, found: list[Flag]) -> list[Flag]:
    commonest = signs.commonest_hu(volume.hu, lungs.labels > 0)
    if commonest <= EXPIRED_ABOVE_HU or _told(found, "expiration"):
        return []
    words = f"the commonest density of the lung is {commonest} HU; a full breath brings it below -850 HU"
    return [Flag("expiration", words)]


def _noise(volume: Volume, lungs: Lungs) -> list[Flag]:
    noise = signs.noise_hu(volume, lungs.labels)
    if noise is None or noise <= NOISY_ABOVE_HU:
        return []
    return [Flag("noisy", f"the noise in soft tissue is {noise:.0f} HU")]


def _metal(volume: Volume, lungs: Lungs, found: list[Flag]) -> list[Flag]:
    """Metal, and streaks of it or of undiluted contrast medium across the lungs."""
    levels = signs.metal_levels(volume, lungs.labels)
    metal_ml = np.count_nonzero(volume.hu[levels] > signs.METAL_HU) * volume.voxel_ml
    if metal_ml < LEAST_METAL_ML:
        return []
    words = f"{metal_ml:.1f} mL are denser than {signs.METAL_HU} HU"
    told = [] if _told(found, "contrast") else [Flag("metal", words)]
    streaked = signs.streaked_percent(volume, lungs.labels, levels)
    if streaked > STREAKED_ABOVE_PERCENT:
        told.append(Flag("streaks", f"{streaked:.1f} % more of the lung is darker than air beside it; {words}"))
    return told


def _told(found: list[Flag], code: str) -> bool:
    return any(flag.code == code for flag in found)


def _blood_hu(volume: Volume, lungs: Lungs) -> float | None:
    """Upper density of the soft tissue in front of the spine below the carina, None without a carina."""
    carina, box = lungs.airway.carina, lungs.box
    if carina is None or box is None:
        return None
    x_mm, _, z_mm = volume.spacing_mm
    middle, beside = (box[2].start + box[2].stop) // 2, round(BESIDE_MIDDLE_MM / x_mm)
    front, back = (round(box[1].start + share * (box[1].stop - box[1].start)) for share in (0.2, 0.6))
    lowest = max(0, carina - round(BELOW_CARINA_MM / z_mm))
    region = volume.hu[lowest : carina + 1, front:back, middle - beside : middle + beside].astype(np.float32)
    # Noise alone would lift the upper densities over the limit.
    even = ndimage.uniform_filter(region, EVEN_VOXELS)
    soft = even[(even > 0) & (even < 500)]
    return float(np.percentile(soft, 90)) if soft.size else None
