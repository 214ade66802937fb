"""Every code of input that is refused or doubted: how grave it is, what it means, which numbers it moves.

The one home of these words: the engine raises and warns by them, the pages say them, docs/engine.md prints them.
Standard library only, since the web process reads it. Codes of the headers (docs/intake.md) that reach a reader
of the numbers are here too; `same_as` names the engine's own word where it has one.
"""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["refuse", "review", "note"]
Number = Literal["volume", "density", "patterns", "lobes", "goh"]
ALL: tuple[Number, ...] = ("volume", "density", "patterns", "lobes", "goh")


@dataclass(frozen=True, slots=True)
class Code:
    """`refuse`: not measured; `review`: measured, `accepted` is false; `note`: measured and accepted.

    `touches`: which numbers are doubtful. Volume: mL of lungs. Density: mean, HAA, LAA-950, Perc15, skewness,
    kurtosis, vessels. Patterns: their mL and percent. Lobes: mL and severity. Goh: levels and extents.
    """

    severity: Severity
    sentence: str
    touches: tuple[Number, ...] = ALL
    same_as: str = ""


def _refuse(sentence: str) -> Code:
    return Code("refuse", sentence)


CODES: dict[str, Code] = {
    "no_images": _refuse("There is no CT image in the input."),
    "unreadable": _refuse("A file or its pixels cannot be read."),
    "too_large": _refuse("There are more voxels than a chest CT has."),
    "not_ct": _refuse("This is not a CT image."),
    "not_hu": _refuse("The values are not Hounsfield units."),
    "no_position": _refuse("Position, orientation or pixel spacing is missing: right and left would be guessed."),
    "not_axial": _refuse("The slices lie more than 30 degrees from axial."),
    "mixed_geometry": _refuse("The slices differ in size, direction or pixel spacing, or two lie at one place."),
    "uneven_spacing": _refuse("The slices lie unevenly."),
    "too_few_slices": _refuse("There are too few slices, or too little height, for a chest."),
    "too_coarse": _refuse("Pixels are larger than 6 mm, or slices lie more than 12.5 mm apart."),
    "missing_slices": Code(
        "refuse", "Slices are missing: more than 15 %, or 15 mm in one place, is not filled in.", ALL, "gap"
    ),
    "not_chest": _refuse("There are no two lungs of plausible size."),
    "half_lungs": _refuse("The scan holds only about half of the lungs or less."),
    "no_series": _refuse("No series fits, each for its reason, or the one named is not there."),
    "reformatted": _refuse("The images were made from other images (MIP, MPR)."),
    "engine": _refuse("There is no engine of this name."),
    "weights": _refuse("The weights of an engine are not here, or not those that it was measured with."),
    "engine_failed": _refuse("An engine of others failed, or drew nothing that can be used."),
    "out_of_memory": _refuse("The device's memory does not suffice for one slice."),
    "device": _refuse("There is no such device."),
    "no_dicom": _refuse("DICOM objects were asked for where there is no DICOM source."),
    "out": _refuse("The result cannot be written."),
    "no_lung": Code("refuse", "A slice holds too little lung to be scored.", ("goh",)),
    "no_slice": Code("refuse", "The slice asked for lies outside the scan.", ("goh",)),
    "no_levels": Code("refuse", "A measurement has no Goh levels that a network could score.", ("goh",)),
    "unknown_model": Code("refuse", "No score network has that name and version.", ("goh",)),
    "no_labels": _refuse("The label maps of a result are missing."),
    "cut_apex": Code("review", "Lung reaches the uppermost slice: a part is missing.", ("volume", "lobes", "goh")),
    "cut_base": Code(
        "review", "Lung reaches the lowest slice: a part is missing.", ("volume", "patterns", "lobes", "goh")
    ),
    "gap": Code("review", "Missing slices were filled in between their neighbours."),
    "gaps_between_slices": Code("review", "Slices lie apart: the tissue between is not seen.", ALL),
    "gantry_tilt": Code("review", "The slices lean by more than 1 degree.", ("lobes", "goh")),
    "thick_slices": Code("review", "Slices are thicker or further apart than 3 mm.", ("density", "patterns", "lobes")),
    "airway_not_seen": Code("review", "No trachea was found, so none was taken out.", ("volume", "density", "goh")),
    "expiration": Code("review", "Taken in expiration: lungs measure smaller and denser.", ALL),
    "streaks": Code("review", "Streaks of metal or undiluted contrast cross the lungs.", ("density", "patterns")),
    "contrast": Code("note", "Contrast medium: vessels and tissue measure denser.", ("density", "patterns")),
    "sharp_kernel": Code("note", "A sharp kernel spreads every density, by up to 14 %.", ("density", "patterns")),
    "noisy": Code("note", "Noise is high: every density spreads wider.", ("density", "patterns")),
    "metal": Code("note", "There is metal beside the lungs.", ("density", "patterns")),
    "lossy": Code("note", "The images were compressed with loss.", ("density", "patterns")),
    "prone": Code("note", "Taken prone: dependent density lies in front.", ("patterns", "lobes")),
    "decubitus": Code("note", "Taken lying on one side: dependent density lies there.", ALL),
    "much_recovered": Code(
        "review", "More than 10 % of the lungs were added where they hold no air.", ("volume", "patterns", "lobes")
    ),
    "small_volume": Code("note", "The lungs hold less than 2 L: expiration or restriction.", ("density", "patterns")),
    "drawn_by_others": Code(
        "note", "An engine of others drew lungs, lobes or patterns; ours measured.", ("volume", "patterns", "lobes")
    ),
    "goh_incomplete": Code("note", "A Goh level has no scores, so there is no extent of the whole lungs.", ("goh",)),
    "levels_apart": Code("note", "The two ways to find a Goh level are more than 15 mm apart.", ("goh",)),
    "derived": Code("note", "Marked as derived from other images.", ("density", "patterns")),
    "thick": Code(
        "review", "Slices thicker than 3.0 mm blur small lesions.", ("density", "patterns", "lobes"), "thick_slices"
    ),
    "tilted": Code("review", "The gantry was tilted.", ("lobes", "goh"), "gantry_tilt"),
    "repeated_positions": _refuse("Two slices lie at one place, as when two reconstructions share a series."),
    "mixed_orientation": _refuse("The slices differ in orientation."),
    "colour": _refuse("Colour pictures hold no densities."),
    "few_slices": _refuse("There are fewer than 15 slices."),
    "short_coverage": _refuse("The slices cover less than 15 cm."),
}
