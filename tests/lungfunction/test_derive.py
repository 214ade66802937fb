"""Reference values beside stored sessions: written with them, brought up to date, and never silently missing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from patients import services
from patients.models import Patient, PulmonaryFunctionTest

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient() -> Patient:
    return services.create_patient(sex="F", birth_date=dt.date(1960, 1, 1))


def record(patient: Patient, date: str = "2020-01-01", **facts: Any) -> PulmonaryFunctionTest:
    numbers = {name: Decimal(str(value)) if isinstance(value, float) else value for name, value in facts.items()}
    return services.record_pft(patient, **{"date": dt.date.fromisoformat(date), "height_cm": 160, **numbers})


def percents(pft: PulmonaryFunctionTest) -> dict[tuple[str, str], float]:
    return {(row.measure, row.equation_set): round(row.percent_predicted, 2) for row in pft.derived.all()}


def test_a_session_is_recorded_with_its_reference_values(patient: Patient) -> None:
    pft = record(patient, fvc_l=2.4, fev1_l=2, dlco_mmol_min_kpa=4, tlc_l=4, rv_l=1.5, haemoglobin_g_dl=11)
    assert percents(pft) == {
        ("FVC", "GLI-Global-2022"): 83.88,
        ("FEV1", "GLI-Global-2022"): 87.27,
        ("FEV1/FVC", "GLI-Global-2022"): 103.99,
        ("DLCO", "GLI-2017"): 62.03,
        ("DLCO-Hb", "GLI-2017"): 67.6,
        ("TLC", "GLI-2021"): 81.12,
        ("RV", "GLI-2021"): 90.23,
        ("RV/TLC", "GLI-2021"): 112.69,
    }


def test_a_corrected_birth_date_or_sex_corrects_every_session(patient: Patient) -> None:
    first, second = record(patient, fvc_l=2.4), record(patient, "2021-01-01", fvc_l=2.3)
    before = percents(first), percents(second)
    services.update_patient(patient, birth_date=dt.date(1950, 1, 1))
    assert percents(first)["FVC", "GLI-Global-2022"] > before[0]["FVC", "GLI-Global-2022"]
    assert percents(second)["FVC", "GLI-Global-2022"] > before[1]["FVC", "GLI-Global-2022"]
    services.update_patient(patient, sex="")
    assert not DerivedValue.objects.exists()


def test_what_does_not_change_is_not_written_again(patient: Patient) -> None:
    pft = record(patient, fvc_l=2.4)
    stamp = pft.derived.get().computed_at
    services.derive(pft)
    assert pft.derived.get().computed_at == stamp
