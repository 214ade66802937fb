"""Reference values beside stored sessions: written with them, brought up to date, and never silently missing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from patients import selectors, services
from patients.models import DerivedValue, Patient, PulmonaryFunctionTest

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


def test_what_cannot_be_derived_says_why(patient: Patient) -> None:
    pft = record(patient, height_cm=None, fvc_l=2.4)
    assert selectors.why_not(pft) == {"FVC": "height_cm: not recorded for this session"}
    pft = record(patient, "2021-01-01", fvc_l=2.4, mef2575_l_s=1.5)
    assert selectors.why_not(pft) == {"MEF25-75": "ethnicity_gli: GLI-2012 needs the GLI group 1 to 5"}
    child = services.create_patient(sex="M", birth_date=dt.date(2019, 1, 1))
    pft = record(child, "2021-01-01", height_cm=90, dlco_mmol_min_kpa=1, fvc_l=1)
    assert selectors.why_not(pft) == {
        "FVC": "age_years: 2.0 lies outside 3 to 95 years, for which GLI Global 2022 has FVC",
        "DLCO": "age_years: 2.0 lies outside 5 to 85 years, for which GLI-2017 TLCO (2020) has DLCO",
        "DLCO-Hb": "haemoglobin_g_dl: none within 30 days of the session; DLCO stays uncorrected",
    }
    nobody = services.create_patient()
    pft = record(nobody, fvc_l=2.4)
    assert selectors.why_not(pft) == {"FVC": "sex: not known; the reference equations need F or M"}
    assert not DerivedValue.objects.exclude(pft__date=dt.date(2021, 1, 1)).exists()


def test_a_sites_choice_of_spirometry_counts(patient: Patient) -> None:
    services.update_patient(patient, ethnicity_gli=1)
    pft = record(patient, fvc_l=2.4, dlco_mmol_min_kpa=4)
    patient.site.spirometry_set = "GLI-2012"
    patient.site.save()
    assert set(selectors.references([pft])[pft.pk]) == {"DLCO"}
    services.derive_patient(patient)
    counting = selectors.references([pft])[pft.pk]
    assert {name: row.equation_set for name, row in counting.items()} == {"FVC": "GLI-2012", "DLCO": "GLI-2017"}
    assert set(percents(pft)) == {("FVC", "GLI-2012"), ("FVC", "GLI-Global-2022"), ("DLCO", "GLI-2017")}


def test_the_nearest_haemoglobin_within_30_days_corrects_dlco(patient: Patient) -> None:
    pft = record(patient, "2020-03-01", dlco_mmol_min_kpa=4)
    assert ("DLCO-Hb", "GLI-2017") not in percents(pft)
    assert "none within 30 days" in selectors.why_not(pft)["DLCO-Hb"]
    record(patient, "2020-01-30", fvc_l=2.4, haemoglobin_g_dl=9)
    assert ("DLCO-Hb", "GLI-2017") not in percents(pft)
    blood = record(patient, "2020-03-31", fvc_l=2.4, haemoglobin_g_dl=11)
    assert percents(pft)["DLCO-Hb", "GLI-2017"] == 67.65
    assert selectors.why_not(pft) == {}
    services.remove_pft(blood)
    assert ("DLCO-Hb", "GLI-2017") not in percents(pft)


def test_a_haemoglobin_from_long_ago_corrects_nothing(patient: Patient) -> None:
    pft = record(patient, dlco_mmol_min_kpa=4, haemoglobin_g_dl=11, hb_date=dt.date(2019, 12, 1))
    assert set(percents(pft)) == {("DLCO", "GLI-2017")}


def test_a_haemoglobin_from_long_ago_leaves_room_for_a_nearer_one(patient: Patient) -> None:
    pft = record(patient, dlco_mmol_min_kpa=4, haemoglobin_g_dl=11, hb_date=dt.date(2019, 10, 1))
    record(patient, "2020-01-20", fvc_l=2.4, haemoglobin_g_dl=10)
    assert pft.derived.filter(measure="DLCO-Hb").exists()


def test_a_haemoglobin_reaches_the_sessions_around_its_own_day(patient: Patient) -> None:
    pft = record(patient, dlco_mmol_min_kpa=4)
    blood = record(patient, "2020-03-01", fvc_l=2.4, haemoglobin_g_dl=10, hb_date=dt.date(2020, 1, 20))
    assert pft.derived.filter(measure="DLCO-Hb").exists()
    services.update_pft(blood, hb_date=dt.date(2020, 2, 25))
    assert not pft.derived.filter(measure="DLCO-Hb").exists()
    services.update_pft(blood, hb_date=dt.date(2020, 1, 31))
    assert pft.derived.filter(measure="DLCO-Hb").exists()
    services.remove_pft(blood)
    assert not pft.derived.filter(measure="DLCO-Hb").exists()
