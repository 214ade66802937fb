"""Invented courses over years, for the timeline: one like those of a clinic, one of simulated numbers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from patients import services
from patients.models import ClinicalEvent, Patient, Treatment
from quant.engine.identity import SIMULATED_ENGINE
from quant.models import LevelScore, Quantification
from tests.factories import make_pft, make_quantification, make_run, make_series, make_study

# Date, FVC L, DLCO mmol/min/kPa, grade of FVC.
SESSIONS = (
    ("2019-03-09", "2.63", "5.15", "A"), ("2019-09-14", "2.60", "5.00", "A"), ("2020-04-05", "2.50", "4.78", "A"),
    ("2020-10-11", "2.43", None, "B"), ("2021-05-02", "2.44", "4.60", "A"), ("2021-11-07", "2.39", "4.49", "A"),
    ("2022-05-28", "2.33", "4.29", "A"), ("2022-12-03", "2.27", "4.09", "A"), ("2023-06-10", "2.19", "3.96", "B"),
    ("2023-10-21", "2.13", "3.69", "A"), ("2024-03-04", "2.09", "3.71", "D"), ("2024-08-13", "1.98", "3.48", "A"),
)  # fmt: skip


class Scan(NamedTuple):
    """Patterns in % of the lung volume, which is in mL; TOT of the five Goh levels."""

    day: str
    ggo: float
    con: float
    ret: float
    hc: float
    volume: float
    tot: tuple[int, ...]


SCANS = (
    Scan("2019-03-16", 10.7, 0.8, 4.2, 0.3, 3905.0, (4, 7, 11, 17, 24)),
    Scan("2020-04-11", 12.2, 0.9, 4.6, 0.3, 3812.0, (5, 8, 13, 20, 26)),
    Scan("2021-05-08", 11.4, 0.9, 5.0, 0.4, 3840.0, (5, 8, 13, 19, 27)),
    Scan("2022-06-03", 13.4, 1.2, 5.9, 0.5, 3701.0, (7, 10, 16, 23, 31)),
    Scan("2023-06-16", 15.6, 2.0, 7.1, 0.7, 3588.0, (9, 13, 20, 29, 38)),
    Scan("2024-03-04", 20.1, 3.1, 8.8, 0.9, 3412.0, (13, 19, 28, 37, 47)),
)  # fmt: skip
OLD_ENGINE_UNTIL = "2022-12-31"
DOUBTFUL = "2022-06-03"
THICK = [{"code": "thick", "detail": "slices are 5.0 mm thick: at most 3.0 mm is measured without doubt"}]
TREATMENTS = (
    ("prednisone", "10", "mg/day", date(2019, 3, 20), date(2020, 2, 10)),
    ("mycophenolate", "2", "g/day", date(2019, 5, 4), date(2021, 9, 20)),
    ("mycophenolate", "3", "g/day", date(2021, 9, 20), None),
    ("rituximab", "1", "g", date(2022, 7, 2), date(2022, 7, 16)),
    ("rituximab", "1", "g", date(2023, 1, 14), date(2023, 1, 28)),
    ("nintedanib", "150", "mg bid", date(2023, 7, 8), date(2023, 12, 16)),
    ("nintedanib", "100", "mg bid", date(2023, 12, 16), None),
)
EVENTS = (
    ("respiratory hospitalisation", date(2020, 1, 18), "Pneumonia, oxygen for three days"),
    ("infection", date(2021, 2, 6), "COVID-19, outpatient"),
    ("pulmonary hypertension", date(2022, 3, 12), "Right heart catheter: mPAP 21 mmHg"),
    ("other", date(2023, 7, 1), "MDT: add nintedanib"),
    ("oxygen started", date(2024, 6, 11), ""),
)


def followed(patient: Patient) -> None:
    """Twelve sessions and six CTs over five years, one of them doubtful, the first four by an earlier engine."""
    record_sessions(patient, SESSIONS)
    for one in SCANS:
        facts: dict[str, Any] = {"accepted": False, "warnings": THICK} if one.day == DOUBTFUL else {}
        scan(patient, one, version="0.0.9" if one.day <= OLD_ENGINE_UNTIL else "", **facts)
    for drug, dose, unit, start, stop in TREATMENTS:
        Treatment.objects.create(patient=patient, drug=drug, dose=Decimal(dose), unit=unit, start=start, stop=stop)
    for kind, day, text in EVENTS:
        ClinicalEvent.objects.create(patient=patient, type=kind, date=day, text=text)


def simulated(patient: Patient) -> None:
    """Four simulated CTs and then one that was measured."""
    record_sessions(patient, SESSIONS[:9:2])
    for one in SCANS[:4]:
        scan(patient, one, engine=SIMULATED_ENGINE, version="1")
    scan(patient, SCANS[4])


def record_sessions(patient: Patient, sessions: tuple[tuple[str, str, str | None, str], ...]) -> None:
    """With their reference values."""
    for day, fvc, dlco, grade in sessions:
        undone = {} if dlco else {"dlco_not_done_reason": "could not perform", "kco_mmol_min_kpa_l": None, "va_l": None}
        make_pft(
            patient, date.fromisoformat(day), fvc_l=Decimal(fvc), fev1_l=Decimal(fvc) * Decimal("0.83"),
            dlco_mmol_min_kpa=Decimal(dlco) if dlco else None, quality_fvc=grade, **undone,
        )  # fmt: skip
    services.derive_patient(patient)


def scan(patient: Patient, one: Scan, *, engine: str = "", version: str = "", **facts: Any) -> Quantification:
    """A CT with every pattern and Goh scores measured at five levels."""
    about = {name: value for name, value in (("engine", engine), ("engine_version", version)) if value}
    run = make_run(make_series(make_study(patient, date.fromisoformat(one.day))), **about)
    percents = {
        "ground_glass": one.ggo, "consolidation": one.con, "reticulation": one.ret, "honeycombing": one.hc,
    }  # fmt: skip
    made = make_quantification(
        run.series, run=run, lesion=one.ggo + one.con, volume=one.volume, fibrosis_percent=one.ret + one.hc,
        ild_percent=sum(percents.values()), goh_default="measured",
        **{f"{name}_percent": value for name, value in percents.items()},
        **{f"{name}_ml": one.volume * value / 100 for name, value in percents.items()}, **facts,
    )  # fmt: skip
    LevelScore.objects.bulk_create(
        LevelScore(quantification=made, source="measured", level=level, tot=tot, gg=tot * 0.7, ret=tot * 0.4)
        for level, tot in enumerate(one.tot, 1)
    )
    return made
