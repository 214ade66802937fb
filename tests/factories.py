"""Rows with realistic values for tests and screenshots; every argument may be overridden."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.utils import timezone

from ildportal.models import Membership, User
from patients.models import CTSeries, CTStudy, Patient, PulmonaryFunctionTest, Site
from quant.engine import identity
from quant.models import LobeMeasure, Quantification, Run, State

PASSWORD = "correct horse battery"
# Shares of the lungs (%) and of the lesion that lie in each lobe of a typical SSc-ILD.
LOBES = {"RUL": (19.0, 0.10), "RML": (9.0, 0.08), "RLL": (26.0, 0.38), "LUL": (22.0, 0.12), "LLL": (24.0, 0.32)}
# The same of each zone, whose thirds and whose rind and core hold all of it.
ZONES = {
    "right_upper": (15.0, 0.04), "right_middle": (20.0, 0.13), "right_lower": (19.0, 0.34),
    "left_upper": (13.0, 0.05), "left_middle": (17.0, 0.14), "left_lower": (16.0, 0.30),
    "rind": (38.0, 0.62), "core": (62.0, 0.38),
}  # fmt: skip
_numbers = itertools.count(1)


def make_site(code: str = "bern", name: str = "Bern") -> Site:
    return Site.objects.get_or_create(code=code, defaults={"name": name})[0]


def make_user(name: str, *sites: Site, **facts: Any) -> User:
    """A member of `sites`, signed in with PASSWORD."""
    user = User.objects.create_user(username=name, password=PASSWORD, **facts)
    Membership.objects.bulk_create([Membership(user=user, site=site) for site in sites])
    return user


def make_patient(code: str = "", **facts: Any) -> Patient:
    defaults: dict[str, Any] = {
        "birth_date": date(1966, 5, 17),
        "sex": "F",
        "site": facts.get("site") or make_site(),
        "ssc_subset": "diffuse",
        "smoking": "never",
    }
    return Patient.objects.create(code=code or f"SSc-{next(_numbers):04d}", **{**defaults, **facts})


def make_study(patient: Patient | None = None, day: date | None = date(2024, 3, 4), **facts: Any) -> CTStudy:
    """A CT of `patient`; one without a patient is held for its missing PatientID."""
    held = {"hold_code": "no_patient_id", "hold_reason": "PatientID is missing: name the patient (--patient CODE)."}
    defaults: dict[str, Any] = {
        "study_uid": _uid(),
        "date": day,
        "description": "CT thorax HR",
        "site": patient.site if patient else make_site(),
        **({} if patient else held),
    }
    return CTStudy.objects.create(patient=patient, **{**defaults, **facts})


def make_series(study: CTStudy, **facts: Any) -> CTSeries:
    """The series of the study that is measured; `chosen=False` for another one."""
    uid = _uid()
    defaults: dict[str, Any] = {
        "series_uid": uid,
        "number": 3,
        "description": "Lung 1.0 mm",
        "modality": "CT",
        "kernel": "Br40",
        "kernel_class": "soft",
        "slice_thickness_mm": 1.0,
        "spacing_between_mm": 1.0,
        "rows": 512,
        "columns": 512,
        "pixel_spacing_mm": [0.7, 0.7],
        "slices": 296,
        "kvp": 120.0,
        "manufacturer": "Siemens",
        "contrast": "no",
        "position": "supine",
        "orientation": "axial",
        "coverage_mm": 295.0,
        "pixel_digest": uuid4().hex,
        "storage_path": f"series/{uid}",
        "chosen": True,
        "choice_reason": "series 3: axial, 1 mm, 296 slices over 29.5 cm, kernel Br40 (soft); the only series",
    }
    return CTSeries.objects.create(study=study, **{**defaults, **facts})


def make_run(series: CTSeries, state: str = State.DONE, **facts: Any) -> Run:
    """A run in any state with what such a run carries."""
    now = timezone.now()
    carried: dict[str, dict[str, Any]] = {
        State.QUEUED: {"sent_at": now},
        State.RUNNING: {
            "stage": "lungs",
            "percent": 62,
            "attempts": 1,
            "worker": "gpu-1/77",
            "started_at": now,
            "lease_until": now + timedelta(minutes=1),
        },
        State.DONE: {"percent": 100, "attempts": 1, "started_at": now, "finished_at": now},
        State.FAILED: {
            "attempts": 1,
            "started_at": now,
            "finished_at": now,
            "error_code": "not_a_chest",
            "reason": "Lung mask failed: 1 lung found, 2 expected.",
        },
        State.SUPERSEDED: {"finished_at": now, "reason": "Newer slices of this series arrived."},
    }
    defaults = {
        "engine": identity.ENGINE_NAME,
        "engine_version": identity.ENGINE_VERSION,
        "idempotency_key": uuid4().hex,
        "state": state,
        **carried[state],
    }
    return Run.objects.create(series=series, **{**defaults, **facts})


def make_quantification(
    series: CTSeries, *, volume: float = 3412.4, lesion: float = 18.9, run: Run | None = None, **facts: Any
) -> Quantification:
    """What the density engine leaves of lungs of `volume` mL with `lesion` % of them diseased, lobes included."""
    run = run or make_run(series)
    defaults = {**_engine(run), **_lungs(volume), **_patterns(volume, lesion), **_lobe_facts(lesion)}
    made = Quantification.objects.create(run=run, series=series, **{**defaults, **facts})
    LobeMeasure.objects.bulk_create(
        _lobe(made, name, volume * share / 100, volume * lesion / 100 * part)
        for name, (share, part) in {**LOBES, **({} if made.is_simulated else ZONES)}.items()
    )
    return made


def make_measured_study(
    patient: Patient, day: date | None = date(2024, 3, 4), *, lesion: float = 18.9, **facts: Any
) -> Quantification:
    """A finished CT of `patient`: study, series, run and numbers."""
    return make_quantification(make_series(make_study(patient, day)), lesion=lesion, **facts)


def make_pft(patient: Patient, day: date = date(2024, 3, 4), **facts: Any) -> PulmonaryFunctionTest:
    defaults: dict[str, Any] = {
        "height_cm": Decimal("164.0"),
        "weight_kg": Decimal("61.5"),
        "fvc_l": Decimal("1.980"),
        "fev1_l": Decimal("1.640"),
        "dlco_mmol_min_kpa": Decimal("3.4800"),
        "kco_mmol_min_kpa_l": Decimal("1.0500"),
        "va_l": Decimal("3.310"),
        "tlc_l": Decimal("3.420"),
        "rv_l": Decimal("1.290"),
        "haemoglobin_g_dl": Decimal("12.8"),
        "bronchodilator": "pre",
        "quality_fvc": "A",
        "quality_dlco": "A",
        "laboratory": "Lung function laboratory",
    }
    return PulmonaryFunctionTest.objects.create(patient=patient, date=day, **{**defaults, **facts})


def _uid() -> str:
    return f"2.25.{uuid4().int}"


def _engine(run: Run) -> dict[str, Any]:
    return {
        "engine": run.engine,
        "engine_version": run.engine_version,
        "settings": dict(identity.SETTINGS),
        "device": "cpu",
        "seconds": {"reading": 1.9, "lungs": 4.2, "patterns": 2.6, "lobes": 0.8, "total": 9.5},
        "seconds_total": 9.5,
        "accepted": True,
        "label_path": f"quantifications/{run.pk}-1",
    }


def _lungs(volume: float) -> dict[str, Any]:
    return {
        "volume_ml": volume,
        "right_ml": volume * 0.54,
        "left_ml": volume * 0.46,
        "recovered_ml": 38.2,
        "vessel_ml": volume * 0.045,
        "mean_density_hu": -741.6,
        "haa_percent": 14.2,
        "laa950_percent": 1.1,
        "perc15_hu": -911.0,
        "skewness": 1.92,
        "kurtosis": 3.41,
    }


def _patterns(volume: float, lesion: float) -> dict[str, Any]:
    """Ground glass nine tenths of the lesion; reticulation and honeycombing are beyond a density engine."""
    return {
        "ground_glass_ml": volume * lesion * 0.009,
        "ground_glass_percent": lesion * 0.9,
        "consolidation_ml": volume * lesion * 0.001,
        "consolidation_percent": lesion * 0.1,
        "emphysema_ml": volume * 0.004,
        "emphysema_percent": 0.4,
        "lesion_percent": lesion,
    }


def _lobe_facts(lesion: float) -> dict[str, Any]:
    total = sum(_severity(lesion * part / (share / 100)) for share, part in LOBES.values())
    return {
        "lobes_source": "prior",
        "lobe_confidence": 0.2,
        "fissures": {"right_oblique": 0.42, "horizontal": 0.06, "left_oblique": 0.38},
        "severity_scheme": "guiot2025",
        "severity_total": total,
        "severity_estimated": True,
    }


def _lobe(made: Quantification, name: str, volume: float, lesion: float) -> LobeMeasure:
    percent = 100 * lesion / volume
    return LobeMeasure(
        quantification=made,
        region=name,
        ml=volume,
        lesion_ml=lesion,
        lesion_percent=percent,
        severity=_severity(percent) if name in LOBES else None,
        ground_glass_ml=lesion * 0.9,
        consolidation_ml=lesion * 0.1,
        reticulation_ml=_part(made.reticulation_ml, name),
        honeycombing_ml=_part(made.honeycombing_ml, name),
        emphysema_ml=volume * 0.004,
    )


def _part(whole: float | None, name: str) -> float | None:
    return None if whole is None else whole * {**LOBES, **ZONES}[name][1]


def _severity(percent: float) -> int:
    """guiot2025, for lobes that a test makes up."""
    return sum([percent >= 1, percent >= 5, percent > 25, percent >= 50, percent > 75])
