"""A stored series and a document of the contract, for tests of the queue that need no engine."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from patients import services
from patients.models import CTSeries, CTStudy

_numbers = count(1)
PATTERNS = ("ground_glass", "consolidation", "reticulation", "honeycombing", "emphysema")


def series(**facts: Any) -> CTSeries:
    number = next(_numbers)
    patient = services.create_patient(birth_date=date(1960, 1, 1), sex="F")
    study = CTStudy.objects.create(
        patient=patient, site=patient.site, study_uid=f"1.2.{number}", date=date(2024, 1, 1), source="dicom"
    )
    values = {"modality": "CT", "slices": 80, "pixel_digest": "a" * 64, "chosen": True, "choice_reason": "only one"}
    return CTSeries.objects.create(
        study=study, series_uid=f"1.2.{number}.1", storage_path=f"dicom/{number}", **{**values, **facts}
    )


def _patterns(**ml: float) -> dict[str, Any]:
    return {
        name: {"ml": ml.get(name), "percent": None if name not in ml else ml[name] / 40, "low": None, "high": None}
        for name in PATTERNS
    }


def document() -> dict[str, Any]:
    lungs = {
        "volume_ml": 4000.0, "right_ml": 2200.0, "left_ml": 1800.0, "recovered_ml": 0.0, "mean_density_hu": -820.0,
        "haa_percent": 4.0, "laa950_percent": 1.0, "perc15_hu": -910.0, "skewness": 2.1, "kurtosis": 5.5,
        "vessel_ml": 150.0,
    }  # fmt: skip
    measured = {"ground_glass": 80.0, "consolidation": 20.0, "emphysema": 4.0}
    return {
        "schema": "ildportal.quantification/1",
        "engine": {"name": "density", "version": "0.1.0", "weights": {}, "device": "cpu", "seconds": {"total": 2.5}},
        "quality": {"accepted": True, "warnings": []},
        "lungs": lungs,
        "patterns": _patterns(**measured),
        "lesion_percent": 2.5,
        "fibrosis_percent": None,
        "ild_percent": None,
        "lobes": {
            name: {"ml": 800.0, "lesion_ml": 20.0, "lesion_percent": 2.5, "severity": 1, "patterns": _patterns()}
            for name in ("RUL", "RML", "RLL", "LUL", "LLL")
        },
        "lobes_source": "prior",
        "lobe_confidence": 0.1,
        "severity": {"scheme": "guiot2025", "total": 5, "estimated": True},
        "goh": None,
    }
