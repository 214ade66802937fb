"""Findings on stored sessions: what is refused, what is kept with a finding, and who stands for it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from patients import selectors, services
from patients.models import Patient, PFTFinding, PulmonaryFunctionTest
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient() -> Patient:
    return services.create_patient(
        code="SSc-0147", sex="F", birth_date=dt.date(1960, 1, 1), death_date=dt.date(2023, 5, 1)
    )


def record(patient: Patient, date: str = "2020-01-01", **facts: Any) -> PulmonaryFunctionTest:
    numbers = {
        name: Decimal(value) if isinstance(value, str) and value[0].isdigit() else value
        for name, value in facts.items()
    }
    return services.record_pft(patient, **{"date": dt.date.fromisoformat(date), "height_cm": 160, **numbers})


def findings(pft: PulmonaryFunctionTest) -> dict[tuple[str, str], str]:
    return {(one.code, one.field): one.sentence for one in pft.findings.all()}


@pytest.mark.parametrize(
    ("facts", "field", "sentence"),
    [
        ({"height_cm": Decimal("1.8")}, "height_cm", "Height 1.8 cm is impossible in cm (50 to 250)"),
        ({"height_cm": Decimal("1.75")}, "height_cm", "Height 1.8 cm is impossible in cm (50 to 250)"),
        ({"height_cm": 1.75}, "height_cm", "Height 1.8 cm is impossible in cm (50 to 250)"),
        ({"height_cm": float("nan")}, "height_cm", "must be a decimal number"),
        ({"fvc_l": Decimal("1e30")}, "fvc_l", "Ensure that there are no more than"),
        ({"tlc_l": Decimal("-4.12345")}, "tlc_l", "TLC -4.123 L is not above 0"),
        ({"fvc_l": "0"}, "fvc_l", "FVC 0 L is not above 0"),
        ({"fvc_l": Decimal(-3)}, "fvc_l", "FVC -3 L is not above 0"),
        ({"fvc_l": "2", "fev1_l": "2.1"}, "fev1_l", "FEV1 2.1 L is impossible beside fvc_l 2"),
        ({"tlc_l": "4", "rv_l": "4"}, "rv_l", "RV 4 L is impossible beside tlc_l 4"),
        ({"tlc_l": "4", "frc_l": "4.5"}, "frc_l", "FRC 4.5 L is impossible beside tlc_l 4"),
        ({"fev1_fvc_percent": "0.78"}, "fev1_fvc_percent", "FEV1/FVC 0.78 % is impossible in % (1.5 to 100)"),
        ({"date": "1959-12-31"}, "date", "Date 1959-12-31 lies before the birth of SSc-0147"),
        ({"date": "2023-05-02"}, "date", "Date 2023-05-02 lies after the death of SSc-0147"),
        ({"date": "2999-01-01"}, "date", "lies in the future"),
        (
            {"dlco_mmol_min_kpa": "4", "dlco_not_done_reason": "refused"},
            "dlco_not_done_reason",
            "stands beside a DLCO value",
        ),
    ],
)
def test_what_is_impossible_is_refused_by_field(
    patient: Patient, facts: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        record(patient, **facts)
    assert sentence in caught.value.message_dict[field][0]
    assert not PulmonaryFunctionTest.objects.exists()


def test_a_unit_that_is_neither_is_refused(patient: Patient) -> None:
    with pytest.raises(ValidationError) as caught:
        record(patient, dlco_entered=Decimal(15), dlco_entered_unit="mL/min")
    assert "dlco_entered_unit" in caught.value.message_dict


def test_a_value_is_kept_to_the_places_of_the_record(patient: Patient) -> None:
    pft = record(patient, fvc_l=2.40049, va_l=Decimal("4.0005"))
    pft.refresh_from_db()
    assert (pft.fvc_l, pft.va_l) == (Decimal("2.4"), Decimal("4"))


def test_at_two_nothing_is_computed_and_each_measure_says_why(patient: Patient) -> None:
    pft = record(patient, "1962-01-02", height_cm=90, fvc_l="0.5", dlco_mmol_min_kpa="1", tlc_l="0.9")
    assert not pft.derived.exists()
    why = selectors.why_not(pft)
    assert why["DLCO"] == "age_years: 2.0 lies outside 5 to 85 years, for which GLI-2017 TLCO (2020) has DLCO"
    assert {measure for measure, said in why.items() if "age_years: 2.0 lies outside" in said} == {"FVC", "DLCO", "TLC"}


def test_a_dlco_in_either_unit_is_stored_in_si_beside_the_original(patient: Patient) -> None:
    pft = record(patient, dlco_entered=Decimal("17.9"), dlco_entered_unit="mL/min/mmHg")
    assert pft.dlco_mmol_min_kpa == Decimal("5.9926")
    pft = record(patient, "2021-01-01", dlco_entered=Decimal("5.9"), dlco_entered_unit="mmol/min/kPa")
    assert pft.dlco_mmol_min_kpa == Decimal("5.9")


def test_a_corrected_dlco_replaces_what_was_entered_in_another_unit(patient: Patient) -> None:
    pft = record(patient, dlco_entered=Decimal("17.9"), dlco_entered_unit="mL/min/mmHg")
    services.update_pft(pft, dlco_mmol_min_kpa=Decimal(5))
    assert (pft.dlco_mmol_min_kpa, pft.dlco_entered, pft.dlco_entered_unit) == (Decimal(5), None, "")
    services.update_pft(pft, dlco_entered=Decimal(15), dlco_entered_unit="mL/min/mmHg")
    assert pft.dlco_mmol_min_kpa == Decimal("5.0218")
    services.update_pft(pft, fvc_l=Decimal(2))
    assert pft.dlco_entered == 15
    with pytest.raises(ValidationError) as caught:
        services.update_pft(pft, dlco_entered=Decimal(15), dlco_mmol_min_kpa=Decimal(4))
    assert "stands beside 15 mL/min/mmHg, which is 5.0218" in caught.value.message_dict["dlco_mmol_min_kpa"][0]


def test_haemoglobin_in_g_per_l_is_converted_and_noted(patient: Patient) -> None:
    pft = record(patient, fvc_l="2.4", haemoglobin_g_dl="110")
    assert pft.haemoglobin_g_dl == 11
    note = pft.findings.get()
    assert (note.code, note.found, note.sentence) == (
        "haemoglobin_in_g_per_l", "110", "Haemoglobin 110 was taken as g/L: 11 g/dL.",
    )  # fmt: skip
    services.update_pft(pft, fvc_l=Decimal("2.5"))
    assert pft.findings.get() == note
    assert selectors.open_findings(patient) == []


def test_what_is_implausible_or_inconsistent_is_kept_and_computed(patient: Patient) -> None:
    pft = record(patient, fvc_l="9.1", dlco_mmol_min_kpa="4", kco_mmol_min_kpa_l="1.2", va_l="4")
    assert findings(pft) == {
        ("unusual", "fvc_l"): "FVC 9.1 L is unusual: 0.3 to 8 L is expected.",
        ("dlco_is_not_kco_va", "dlco_mmol_min_kpa"): (
            "DLCO 4 mmol/min/kPa is more than 5 % away from KCO x VA = 4.8 mmol/min/kPa."
        ),
    }
    assert {row.measure for row in pft.derived.all()} == {"FVC", "DLCO", "KCO", "VA"}
    services.update_pft(pft, fvc_l=Decimal("2.4"), va_l=Decimal("3.4"))
    assert findings(pft) == {}


def test_a_sudden_change_is_found_whichever_session_comes_first(patient: Patient) -> None:
    later = record(patient, "2020-06-01", fvc_l="2")
    assert findings(later) == {}
    record(patient, "2020-01-01", fvc_l="3")
    assert findings(later) == {
        ("sudden_change", "fvc_l"): ("FVC 2 L is a change of -33% from 3 L on 2020-01-01, under six months before.")
    }
    services.remove_pft(patient.pfts.get(date=dt.date(2020, 1, 1)))
    assert findings(later) == {}


def test_two_values_on_one_date_stop_the_computing_until_one_is_stood_for(patient: Patient) -> None:
    first = record(patient, time=dt.time(9), fvc_l="2.4", fev1_l="2", dlco_mmol_min_kpa="4")
    assert first.derived.count() == 4
    second = record(patient, time=dt.time(11), fvc_l="2.8")
    assert [row.measure for row in first.derived.order_by("measure")] == ["DLCO", "FEV1"]
    assert not second.derived.exists()
    sentence = "FVC 2.4 L stands beside 2.8 L of the same date; nothing is computed from it."
    assert selectors.why_not(first)["FVC"] == sentence
    manager = make_user("manager")
    services.accept_finding(first.findings.get(), by=manager, reason="the second blow leaked")
    assert "FVC" in {row.measure for row in first.derived.all()}
    assert not second.derived.exists()
    kept = first.findings.get()
    assert (kept.accepted_by, kept.accepted_reason) == (manager, "the second blow leaked")


def test_before_and_after_bronchodilator_do_not_contradict_each_other(patient: Patient) -> None:
    before = record(patient, fvc_l="2.0", bronchodilator="pre")
    after = record(patient, fvc_l="2.8", bronchodilator="post")
    assert findings(before) == findings(after) == {}


def test_an_acceptance_holds_for_the_values_that_were_compared(patient: Patient) -> None:
    pft = record(patient, fvc_l="9.1")
    services.accept_finding(pft.findings.get(), by=make_user("manager"), reason="rower")
    services.derive(pft)
    record(patient, "2021-01-01", fvc_l="8")
    assert pft.findings.get().accepted_reason == "rower"
    assert selectors.open_findings(patient) == []
    services.update_pft(pft, fvc_l=Decimal("9.4"))
    assert [one.found for one in selectors.open_findings(patient)] == ["9.4 L"]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
def test_nobody_accepts_without_a_reason(patient: Patient, reason: str) -> None:
    pft = record(patient, fvc_l="9.1")
    with pytest.raises(ValidationError, match="Say why"):
        services.accept_finding(pft.findings.get(), by=make_user("manager"), reason=reason)
    assert PFTFinding.objects.get().open


def test_a_finding_is_accepted_once_and_a_note_never(patient: Patient) -> None:
    manager = make_user("manager")
    pft = record(patient, fvc_l="9.1", haemoglobin_g_dl="110")
    unusual, taken = pft.findings.get(code="unusual"), pft.findings.get(code="haemoglobin_in_g_per_l")
    services.accept_finding(unusual, by=manager, reason="rower")
    for one in (unusual, taken):
        with pytest.raises(ValidationError, match="nothing to accept"):
            services.accept_finding(one, by=manager, reason="again")
