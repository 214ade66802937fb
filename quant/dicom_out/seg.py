"""Label maps as DICOM Segmentation objects (binary), one object a map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from highdicom import AlgorithmIdentificationSequence
from highdicom.seg import Segmentation, SegmentDescription
from pydicom.sequence import Sequence
from pydicom.sr.coding import Code
from pydicom.uid import generate_uid

from quant.dicom_out.codes import PARTS, Map, Part, concept
from quant.dicom_out.source import Source
from quant.engine.arrays import Labels

FAMILY = Code("123109", "DCM", "Artificial Intelligence")
LONGEST = 64
MANUFACTURER, MODEL = "ILD Portal", "ILD Portal CT engine"
NUMBERS: dict[Map, int] = {"lungs": 9001, "lobes": 9002, "patterns": 9003, "airways": 9004, "vessels": 9005}
TITLES: dict[Map, str] = {
    "lungs": "Lungs",
    "lobes": "Lobes of the lungs",
    "patterns": "Patterns of lung disease",
    "airways": "Airway tree",
    "vessels": "Vessels of the lungs",
}


@dataclass(frozen=True, slots=True)
class Maker:
    """Which engine drew what is stored, as the document of the contract names it."""

    name: str
    version: str

    def __str__(self) -> str:
        return long_string(f"{self.name} {self.version}")


def long_string(text: str) -> str:
    """As many letters as DICOM's LO holds: the name of an engine of others is its folder's and may be longer."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def segmentation(source: Source, labels: Labels, name: Map, maker: Maker) -> Segmentation | None:
    """A label map (z, y, x) on the grid of the volume as one object; None where it holds nothing.

    Segments are numbered in the order of their label values; a value that does not occur has none. Frames without
    a voxel are left out.
    """
    frames = source.frames(labels)
    parts = [part for part in PARTS if part.map == name and (frames == part.value).any()]
    if not parts:
        return None
    numbers = np.zeros(256, np.uint8)
    for number, part in enumerate(parts, 1):
        numbers[part.value] = number
    made = Segmentation(
        source_images=source.datasets,
        pixel_array=numbers[frames],
        segmentation_type="BINARY",
        segment_descriptions=[_described(number, part, maker) for number, part in enumerate(parts, 1)],
        series_instance_uid=generate_uid(),
        series_number=NUMBERS[name],
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MODEL,
        software_versions=str(maker),
        device_serial_number="1",
        content_description=TITLES[name],
        content_label=name.upper(),
        series_description=long_string(f"{TITLES[name]}, research use ({maker})"),
        pixel_measures=source.measures(),
        plane_orientation=source.orientation(),
        plane_positions=source.positions(),
    )
    _tell_sides(made, parts)
    return made


def _described(number: int, part: Part, maker: Maker) -> SegmentDescription:
    return SegmentDescription(
        segment_number=number,
        segment_label=part.label,
        segmented_property_category=part.category,
        segmented_property_type=part.type,
        anatomic_regions=[part.place] if part.place != part.type else None,
        algorithm_type="AUTOMATIC",
        algorithm_identification=AlgorithmIdentificationSequence(maker.name, FAMILY, maker.version),
        tracking_uid=generate_uid(),
        tracking_id=part.label,
    )


def _tell_sides(made: Segmentation, parts: list[Part]) -> None:
    for item, part in zip(made.SegmentSequence, parts, strict=True):
        if part.side:
            kind = item.SegmentedPropertyTypeCodeSequence[0]
            kind.SegmentedPropertyTypeModifierCodeSequence = Sequence([concept(part.side)])
