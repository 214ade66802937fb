"""Quality codes: what each means, which numbers it touches, and what follows; the checks on a whole scan."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from quant.engine.arrays import LEFT, RIGHT
from quant.engine.errors import UnusableInput
from quant.engine.lungs import Lungs
from quant.engine.volume import Flag, Volume

Effect = Literal["refused", "review", "flag"]


@dataclass(frozen=True, slots=True)
class Code:
    """`refused`: not measured; `review`: measured, accepted is false; `flag`: measured and accepted."""

    effect: Effect
    meaning: str
    touches: str


CODES: dict[str, Code] = {
    "no_images": Code("refused", "no CT image in the input", "everything"),
    "unreadable": Code("refused", "a file or its pixels cannot be read", "everything"),
    "not_ct": Code("refused", "not a CT image", "everything"),
    "not_hu": Code("refused", "values are not Hounsfield units", "everything"),
    "no_position": Code("refused", "no position, orientation or pixel spacing", "everything"),
    "not_axial": Code("refused", "slices more than 30 degrees from axial", "everything"),
    "mixed_geometry": Code("refused", "slices of different size, spacing or place", "everything"),
    "too_few_slices": Code("refused", "too few slices or too little height for a chest", "everything"),
    "missing_slices": Code("refused", "more than 15 % of the slices or more than 15 mm missing", "everything"),
    "not_chest": Code("refused", "no two lungs of plausible size", "everything"),
    "no_series": Code("refused", "no series fits, each for its reason, or not the one named", "everything"),
    "no_dicom": Code("refused", "DICOM objects asked for where there is no DICOM source", "DICOM objects"),
    "reformatted": Code("refused", "made from other images (MIP, MPR)", "everything"),
    "cut_apex": Code("review", "lung reaches the uppermost slice", "volumes, upper lobes, severity"),
    "cut_base": Code("review", "lung reaches the lowest slice", "volumes, lower lobes, lesion %, severity"),
    "gap": Code("review", "missing slices, interpolated", "everything near the gap"),
    "gantry_tilt": Code("review", "slices tilted by more than 1 degree", "shapes, lobes, Goh levels"),
    "thick_slices": Code("review", "slices thicker or further apart than 3 mm", "patterns, LAA-950, vessels"),
    "airway_not_seen": Code("review", "no trachea found, so none was taken out", "volumes, LAA-950, perc15"),
    "contrast": Code("flag", "contrast medium", "mean density, HAA, vessels, slightly"),
    "sharp_kernel": Code("flag", "sharp reconstruction kernel", "LAA-950, perc15, HAA, emphysema, up to 14 %"),
    "lossy": Code("flag", "lossy compression", "histogram measures"),
    "prone": Code("flag", "patient prone", "dependent density lies in front; lobes"),
    "small_volume": Code("flag", "less than 2 L: expiration or restriction", "every density measure, lesion %"),
}
LEAST_SLICES, LEAST_HEIGHT_MM = 20, 120.0
AIR_PERCENTILE, AIR_HIGHEST_HU = 0.5, -930.0
TISSUE_HU, LEAST_TISSUE = (-200, 200), 0.05
LEAST_LUNG_ML, LEAST_BOTH_ML, MOST_BOTH_ML = 100.0, 500.0, 12000.0
CUT_MM2 = 100.0
SMALL_ML = 2000.0
BLOOD_HU = 120.0
BELOW_CARINA_MM, BESIDE_MIDDLE_MM = 60.0, 30.0


def accepted(warnings: tuple[Flag, ...]) -> bool:
    """No warning asks for review."""
    return all(CODES[w.code].effect == "flag" for w in warnings)


def check_volume(volume: Volume) -> None:
    """Refuse what cannot be a chest CT in HU before any work.

    Raises:
        UnusableInput: too few slices, too little height, or values that are not HU.
    """
    slices, height = volume.hu.shape[0], volume.hu.shape[0] * volume.spacing_mm[2]
    if slices < LEAST_SLICES or height < LEAST_HEIGHT_MM:
        words = f"{slices} slices over {height:.0f} mm; a chest needs {LEAST_SLICES} over {LEAST_HEIGHT_MM:.0f} mm"
        raise UnusableInput("too_few_slices", words)
    sample = volume.hu[:, ::3, ::3]
    air = float(np.percentile(sample, AIR_PERCENTILE))
    if air > AIR_HIGHEST_HU:
        raise UnusableInput("not_hu", f"the darkest parts lie at {air:.0f}, air must lie near -1000 HU")
    tissue = float(((sample > TISSUE_HU[0]) & (sample < TISSUE_HU[1])).mean())
    if tissue < LEAST_TISSUE:
        raise UnusableInput("not_hu", f"only {100 * tissue:.1f} % of the image is near 0 HU: no soft tissue there")


def check_lungs(volume: Volume, lungs: Lungs) -> tuple[Flag, ...]:
    """What the segmented lungs say about the scan, after the warnings of its headers.

    Raises:
        UnusableInput: no two lungs of plausible size.
    """
    right, left = (float((lungs.labels == side).sum()) * volume.voxel_ml for side in (RIGHT, LEFT))
    if min(right, left) < LEAST_LUNG_ML or not LEAST_BOTH_ML <= right + left <= MOST_BOTH_ML:
        words = f"no two lungs of plausible size: right {right:.0f} mL, left {left:.0f} mL"
        raise UnusableInput("not_chest", words)
    found = [*volume.warnings, *_cuts(volume, lungs)]
    if lungs.airway.carina is None and not lungs.airway.mask.any():
        found.append(Flag("airway_not_seen", "no trachea was found in the upper half"))
    if right + left < SMALL_ML:
        found.append(Flag("small_volume", f"both lungs hold {right + left:.0f} mL"))
    blood = _blood_hu(volume, lungs)
    if blood is not None and blood > BLOOD_HU and all(w.code != "contrast" for w in found):
        found.append(Flag("contrast", f"blood in the mediastinum reaches {blood:.0f} HU"))
    return tuple(found)


def _cuts(volume: Volume, lungs: Lungs) -> list[Flag]:
    """Lung in the outermost slices: the scan does not hold the whole lung."""
    pixel_mm2 = volume.spacing_mm[0] * volume.spacing_mm[1]
    found = []
    for code, index, end in (("cut_apex", -1, "top"), ("cut_base", 0, "bottom")):
        area = float((lungs.labels[index] > 0).sum()) * pixel_mm2
        if area > CUT_MM2:
            found.append(Flag(code, f"{area / 100:.0f} cm2 of lung in the slice at the {end}"))
    return found


def _blood_hu(volume: Volume, lungs: Lungs) -> float | None:
    """Upper density of the soft tissue in front of the spine below the carina, None without a carina."""
    carina, box = lungs.airway.carina, lungs.box
    if carina is None or box is None:
        return None
    x_mm, _, z_mm = volume.spacing_mm
    middle, beside = (box[2].start + box[2].stop) // 2, round(BESIDE_MIDDLE_MM / x_mm)
    front, back = (round(box[1].start + share * (box[1].stop - box[1].start)) for share in (0.2, 0.6))
    lowest = max(0, carina - round(BELOW_CARINA_MM / z_mm))
    region = volume.hu[lowest : carina + 1, front:back:2, middle - beside : middle + beside : 2]
    soft = region[(region > 0) & (region < 500)]
    return float(np.percentile(soft, 90)) if soft.size else None
