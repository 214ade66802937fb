"""What became of a delivery: for the person who gave it, in lines or in JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from patients.intake.assemble import Refusal
from patients.models import CTSeries, CTStudy


@dataclass(frozen=True, slots=True)
class SeriesOutcome:
    """One series after the delivery: ``new`` slice files stored now, ``known`` ones that were there already."""

    row: CTSeries
    new: int
    known: int

    def as_json(self) -> dict[str, Any]:
        row = self.row
        return {
            "series_uid": row.series_uid,
            "number": row.number,
            "description": row.description,
            "slices": row.slices,
            "new": self.new,
            "known": self.known,
            "chosen": row.chosen,
            "reason": row.choice_reason,
            "quality_codes": row.quality_codes,
        }


@dataclass(slots=True)
class StudyOutcome:
    """One study after the delivery. ``study`` is None when nothing of it is stored."""

    study_uid: str
    study: CTStudy | None = None
    new_study: bool = False
    new_patient: bool = False
    series: list[SeriesOutcome] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    @property
    def new(self) -> int:
        """Slice files stored now."""
        return sum(one.new for one in self.series)

    @property
    def known(self) -> int:
        """Slice files that were there already."""
        return sum(one.known for one in self.series)

    @property
    def chosen(self) -> SeriesOutcome | None:
        """The series that is measured, when this delivery touched it."""
        return next((one for one in self.series if one.row.chosen), None)

    def as_json(self) -> dict[str, Any]:
        study = self.study
        patient = study.patient if study else None
        return {
            "study_uid": self.study_uid,
            "stored": study is not None,
            "new_study": self.new_study,
            "patient": patient.code if patient else None,
            "new_patient": self.new_patient,
            "held": {"code": study.hold_code, "reason": study.hold_reason} if study and study.hold_code else None,
            "date": study.date.isoformat() if study and study.date else None,
            "new": self.new,
            "known": self.known,
            "series": [one.as_json() for one in self.series],
        }


@dataclass(frozen=True, slots=True)
class Delivery:
    """Everything that became of the paths given; ``refused`` names each file that is not stored."""

    studies: list[StudyOutcome]
    refused: list[Refusal]

    @property
    def usable(self) -> bool:
        """At least one study is stored now or was already."""
        return any(outcome.study for outcome in self.studies)

    def as_json(self) -> dict[str, Any]:
        aside = sum(refusal.aside for refusal in self.refused)
        return {
            "schema": "ildportal.import_dicom/1",
            "studies": [outcome.as_json() for outcome in self.studies],
            "refused": [{"path": r.path, "code": r.code, "detail": r.detail, "aside": r.aside} for r in self.refused],
            "summary": {
                "studies": sum(1 for outcome in self.studies if outcome.study),
                "new": sum(outcome.new for outcome in self.studies),
                "known": sum(outcome.known for outcome in self.studies),
                "refused": len(self.refused) - aside,
                "aside": aside,
            },
        }
