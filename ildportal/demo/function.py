"""Lung-function sessions: true % predicted, then litres by the GLI reference and the noise of the test. No Django."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from ildportal.demo.people import YEAR, Rng
from ildportal.demo.records import Fact, Person, Session
from ildportal.demo.trajectory import Course
from patients.lungfunction.curves import Floats
from patients.lungfunction.equations import DEFAULT_SETS, SETS, Measure
from patients.lungfunction.reference import references

# Months after entry: every 4 in the first year, then every 6, then yearly.
MONTHS = (0, 4, 8, 12, 18, 24, 36, 48, 60, 72, 84, 95)
MONTH = YEAR / 12
# Within-subject SD between sessions: 0.12 L for FVC, 5 % of the value for DLCO; the shares of what goes wrong.
FVC_NOISE_L, DLCO_NOISE = 0.12, 0.05
GRADES, GRADE_SHARES = ("A", "B", "C", "D", "E"), (0.62, 0.20, 0.11, 0.06, 0.01)
NO_DLCO, NO_HAEMOGLOBIN, VOLUMES = 0.07, 0.13, 0.6
COULD_NOT_BELOW = 28.0
# In the order of the fields of Predicted.
MEASURES = (Measure.FVC, Measure.TLC, Measure.RV, Measure.FRC, Measure.VA, Measure.DLCO)
MALE_COTES, FEMALE_COTES = 10.22, 9.38


@dataclass(frozen=True, slots=True)
class Predicted:
    """GLI medians for one session: FVC, TLC, RV, FRC, VA in L, TLCO in mmol/min/kPa."""

    fvc: float
    tlc: float
    rv: float
    frc: float
    va: float
    tlco: float


def visit_days(rng: Rng, entry: date, last: date) -> list[date]:
    """Entry, then the planned months, give or take three weeks, up to `last`; now and then one is missed."""
    found = [entry]
    for month in MONTHS[1:]:
        day = entry + timedelta(days=round(month * MONTH + float(np.clip(rng.normal(0, 9), -21, 21))))
        if day <= last and rng.random() > 0.06:
            found.append(day)
    return found


def session(rng: Rng, person: Person, course: Course, entry: date, day: date) -> Session:
    """What is true of the lungs on `day`, and what the laboratory manages."""
    years = (day - entry).days / YEAR
    dlco: float | None = course.dlco_at(years)
    reason = _not_done(rng, course.dlco_at(years))
    fvc = course.fvc_at(years) + float(rng.normal(0.0, 1.0))
    low, spread = (13.6, 1.3) if person.sex == "M" else (12.7, 1.2)
    return Session(
        day=day,
        age=(day - person.birth_date).days / YEAR,
        fvc_percent=fvc,
        dlco_percent=None if reason else dlco,
        tlc_percent=0.62 * fvc + 32.0 + float(rng.normal(0.0, 3.0)) if rng.random() < VOLUMES else None,
        ratio=float(np.clip(rng.normal(0.825, 0.03) - 0.004 * course.emphysema, 0.55, 0.95)),
        haemoglobin_g_dl=None if rng.random() < NO_HAEMOGLOBIN else float(np.clip(rng.normal(low, spread), 8.2, 17.5)),
        quality_fvc=str(rng.choice(GRADES, p=GRADE_SHARES)),
        quality_dlco="" if reason else str(rng.choice(GRADES, p=GRADE_SHARES)),
        dlco_not_done_reason=reason,
    )


def facts(
    rng: Rng, person: Person, sessions: Iterable[Session], predicted: Iterable[Predicted], noise: float = 1.0
) -> tuple[Fact, ...]:
    """Columns of PulmonaryFunctionTest; FEV1 <= FVC, RV and FRC < TLC, DLCO = KCO x VA. `noise` scales that of FVC."""
    return tuple(Fact(_measured(rng, person, one, by, noise)) for one, by in zip(sessions, predicted, strict=True))


def predicted(sex: Sequence[str], age: Sequence[float], height: Sequence[float]) -> list[Predicted]:
    """GLI Global 2022 spirometry, GLI-2017 TLCO and VA, GLI-2021 volumes.

    sex F or M, age in years, height in cm: one element a session. Ages beyond an equation's range are taken at its
    end: an old patient still blows, and the portal then shows no % predicted.
    """
    columns = [_medians(name, sex, age, height) for name in MEASURES]
    return [Predicted(*(float(value) for value in row)) for row in zip(*columns, strict=True)]


def uncorrected(percent: float, predicted_tlco: float, haemoglobin: float | None, sex: str) -> float:
    """DLCO as measured, mmol/min/kPa, of blood with this haemoglobin (g/dL): the inverse of Cotes' correction."""
    corrected = percent / 100 * predicted_tlco
    if haemoglobin is None:
        return corrected
    return corrected * 1.7 * haemoglobin / ((MALE_COTES if sex == "M" else FEMALE_COTES) + haemoglobin)


def _medians(name: Measure, sex: Sequence[str], age: Sequence[float], height: Sequence[float]) -> Floats:
    chosen = DEFAULT_SETS[name]
    ages = np.clip(np.asarray(age), *SETS[chosen].covers[name].ages)
    found = references(name, np.ones_like(ages), sex, ages, height, chosen)
    if found.problem.any():
        raise ValueError(f"no reference value of {name} for an invented patient")
    return found.predicted


def _not_done(rng: Rng, dlco_percent: float) -> str:
    if dlco_percent < COULD_NOT_BELOW and rng.random() < 0.4:
        return "could not perform"
    if rng.random() < NO_DLCO:
        return str(rng.choice(["technical", "not ordered", "could not perform", "refused"], p=[0.4, 0.35, 0.2, 0.05]))
    return ""


def _measured(rng: Rng, person: Person, one: Session, by: Predicted, noise: float) -> Mapping[str, Any]:
    fvc = max(one.fvc_percent / 100 * by.fvc + noise * float(rng.normal(0.0, FVC_NOISE_L)), 0.5)
    if one.quality_fvc in {"D", "E"}:  # blown short
        fvc *= float(rng.uniform(0.90, 0.98))
    fev1 = fvc * one.ratio
    return {
        "date": one.day,
        "height_cm": person.height_cm,
        "weight_kg": round(person.weight_kg + float(rng.normal(0.0, 1.4)), 1),
        "fvc_l": fvc,
        "fev1_l": fev1,
        "mef2575_l_s": fev1 * float(rng.uniform(0.85, 1.25)),
        "haemoglobin_g_dl": one.haemoglobin_g_dl,
        "hb_date": one.day if one.haemoglobin_g_dl is not None else None,
        "bronchodilator": "pre",
        "quality_fvc": one.quality_fvc,
        "quality_dlco": one.quality_dlco,
        "dlco_not_done_reason": one.dlco_not_done_reason,
        "laboratory": f"Lung function laboratory, {person.site}",
        **_transfer(rng, person, one, by, noise),
        **_volumes(rng, one, by, fvc),
    }


def _transfer(rng: Rng, person: Person, one: Session, by: Predicted, noise: float) -> Mapping[str, Any]:
    if one.dlco_percent is None:
        return {}
    dlco = uncorrected(one.dlco_percent, by.tlco, one.haemoglobin_g_dl, person.sex)
    dlco *= 1.0 + noise * float(rng.normal(0.0, DLCO_NOISE))
    # The volume that the gas reaches shrinks with the vital capacity.
    va = by.va * (0.30 + 0.0062 * one.fvc_percent)
    return {"dlco_mmol_min_kpa": dlco, "va_l": va, "kco_mmol_min_kpa_l": dlco / va}


def _volumes(rng: Rng, one: Session, by: Predicted, fvc: float) -> Mapping[str, Any]:
    if one.tlc_percent is None:
        return {}
    tlc = max(one.tlc_percent / 100 * by.tlc, fvc * 1.18)
    rv = tlc - fvc * float(rng.uniform(1.0, 1.06))
    frc = rv + (tlc - rv) * float(rng.uniform(0.30, 0.40))
    return {"tlc_l": tlc, "rv_l": rv, "frc_l": frc, "volume_method": "plethysmography"}
