"""What the label maps hold, in the codes of DICOM: SNOMED CT, DCM, UCUM, and the portal's own where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from highdicom.sr import CodedConcept
from pydicom.sr.coding import Code

OWN = "99ILDPORTAL"
ANATOMY = Code("123037004", "SCT", "Anatomical Structure")
ABNORMAL = Code("49755003", "SCT", "Morphologically Abnormal Structure")
LUNG = Code("39607008", "SCT", "Lung")
RIGHT, LEFT = Code("24028007", "SCT", "Right"), Code("7771000", "SCT", "Left")
UPPER, LOWER = Code("45653009", "SCT", "Upper lobe of lung"), Code("90572001", "SCT", "Lower lobe of lung")
MIDDLE = Code("72481006", "SCT", "Middle lobe of right lung")
AIRWAYS = Code("110726009", "SCT", "Trachea and bronchus")
VESSEL = Code("59820001", "SCT", "Blood Vessel")
VOLUME = Code("118565006", "SCT", "Volume")
LENGTH = Code("410668003", "SCT", "Length")
ML, MM, PERCENT = Code("ml", "UCUM", "milliliter"), Code("mm", "UCUM", "millimeter"), Code("%", "UCUM", "percent")
HU = Code("[hnsf'U]", "UCUM", "Hounsfield unit")
NO_UNITS = Code("1", "UCUM", "no units")
CT_CHEST = Code("169069000", "SCT", "CT of chest")

Map = Literal["lungs", "lobes", "patterns", "airways", "vessels"]


@dataclass(frozen=True, slots=True)
class Part:
    """A region of a label map: its `name` in the document, its `value` there, and what it is in codes."""

    map: Map
    value: int
    name: str
    label: str
    category: Code
    type: Code
    side: Code | None = None

    @property
    def place(self) -> Code:
        """Where in the body: what is no part of it itself lies in the lungs."""
        return LUNG if self.map in ("patterns", "vessels") else self.type


PARTS = (
    Part("lungs", 1, "right", "Right lung", ANATOMY, LUNG, RIGHT),
    Part("lungs", 2, "left", "Left lung", ANATOMY, LUNG, LEFT),
    Part("lobes", 1, "RUL", "Right upper lobe", ANATOMY, UPPER, RIGHT),
    Part("lobes", 2, "RML", "Right middle lobe", ANATOMY, MIDDLE),
    Part("lobes", 3, "RLL", "Right lower lobe", ANATOMY, LOWER, RIGHT),
    Part("lobes", 4, "LUL", "Left upper lobe", ANATOMY, UPPER, LEFT),
    Part("lobes", 5, "LLL", "Left lower lobe", ANATOMY, LOWER, LEFT),
    Part("patterns", 1, "ground_glass", "Ground glass", ABNORMAL, Code("112120", "DCM", "Ground glass opacity")),
    Part("patterns", 2, "consolidation", "Consolidation", ABNORMAL, Code("95436008", "SCT", "Lung consolidation")),
    Part("patterns", 3, "reticulation", "Reticulation", ABNORMAL, Code("112113", "DCM", "Reticular pattern")),
    Part("patterns", 4, "honeycombing", "Honeycombing", ABNORMAL, Code("112106", "DCM", "Honeycomb pattern")),
    Part("patterns", 5, "emphysema", "Emphysema", ABNORMAL, Code("87433001", "SCT", "Pulmonary emphysema")),
    Part("airways", 1, "airways", "Airway tree", ANATOMY, AIRWAYS),
    Part("vessels", 1, "vessels", "Vessels of the lungs", ANATOMY, VESSEL),
)


def own(value: str, meaning: str) -> CodedConcept:
    """A concept that no standard names; at most 16 characters of value."""
    return CodedConcept(value, OWN, meaning)


def concept(code: Code) -> CodedConcept:
    return CodedConcept(code.value, code.scheme_designator, code.meaning)
