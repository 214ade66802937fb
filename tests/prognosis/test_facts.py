"""From the database to the scores."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from patients import services
from patients.facts import facts_of
from patients.models import ClinicalEvent, Diagnosis, Patient
from patients.prognosis.goh import QuickRead
from patients.prognosis.score import NoDlco
from patients.prognosis.scores import UNCORRECTED, Facts, scores
from tests.factories import make_patient, make_pft

pytestmark = pytest.mark.django_db
LAST = date(2024, 3, 4)


def visit(patient: Patient, day: date = LAST, fvc: str = "2.000", **facts: object) -> None:
    services.derive(make_pft(patient, day, fvc_l=Decimal(fvc), fev1_l=Decimal("1.600"), **facts))


def of(patient: Patient) -> Facts:
    return facts_of([patient])[patient.pk]


def test_the_facts_are_those_of_the_latest_visit() -> None:
    patient = make_patient(sex="M", smoking="former")
    Diagnosis.objects.create(patient=patient, code="IPF", date=LAST)
    visit(patient, LAST - timedelta(days=170), fvc="2.400")
    visit(patient)
    visit(patient, fvc="2.900", bronchodilator="post")
    known = {
        one.measure: one.percent_predicted for one in patient.pfts.get(date=LAST, bronchodilator="pre").derived.all()
    }
    found = of(patient)
    assert (found.male, found.ever_smoker, found.diagnosis) == (True, True, "IPF")
    assert found.age_years == pytest.approx((LAST - date(1966, 5, 17)).days / 365.25)
    assert (found.fvc_percent, found.fev1_percent) == (known["FVC"], known["FEV1"])
    assert (found.dlco_percent, found.dlco_uncorrected) == (known["DLCO-Hb"], False)
    before = patient.pfts.get(fvc_l=Decimal("2.400")).derived.get(measure="FVC").percent_predicted
    assert found.fvc_change_24_weeks == pytest.approx(known["FVC"] - before)


@pytest.mark.parametrize(("days", "known"), [(111, False), (112, True), (224, True), (225, False)])
def test_24_weeks_give_or_take_eight(days: int, known: bool) -> None:
    patient = make_patient()
    visit(patient, LAST - timedelta(days=days), fvc="2.400")
    visit(patient)
    assert (of(patient).fvc_change_24_weeks is not None) is known


@pytest.mark.parametrize(("days", "recent"), [(0, True), (183, True), (184, False), (-1, False)])
def test_a_respiratory_hospitalisation_is_recent_for_six_months(days: int, recent: bool) -> None:
    patient = make_patient()
    visit(patient)
    stay = {"patient": patient, "date": LAST - timedelta(days=days)}
    ClinicalEvent.objects.create(**stay, type="respiratory hospitalisation")
    ClinicalEvent.objects.create(patient=patient, date=LAST, type="other hospitalisation")
    assert of(patient).respiratory_hospitalisation is recent


@pytest.mark.parametrize(
    ("stay", "precision", "recent", "said"),
    [
        (date(2024, 2, 1), "month", True, "the middle is taken."),
        (date(2023, 9, 1), "month", True, "by another day of that period the points change."),
        (date(2023, 8, 1), "month", False, ""),
        (date(2024, 3, 1), "month", False, "by another day of that period the points change."),
        (date(2023, 1, 1), "year", False, "by another day of that period the points change."),
        (date(2022, 1, 1), "year", False, ""),
        (date(2023, 9, 4), "day", True, ""),
    ],
)
def test_a_stay_known_to_the_month_counts_by_its_middle_and_is_said(
    stay: date, precision: str, recent: bool, said: str
) -> None:
    patient = make_patient()
    visit(patient)
    ClinicalEvent.objects.create(
        patient=patient, date=stay, date_precision=precision, type="respiratory hospitalisation"
    )
    found = of(patient)
    assert found.respiratory_hospitalisation is recent
    assert found.hospitalisation_note.endswith(said)
    assert bool(found.hospitalisation_note) is bool(said)
    (du_bois,) = [one for one in scores(found) if one.name == "du Bois"]
    assert du_bois.caution == f"Made for IPF. {found.hospitalisation_note}".strip()


@pytest.mark.parametrize(("later", "cannot"), [("could not perform", True), ("not ordered", False), ("refused", False)])
def test_a_dlco_that_could_not_be_done_any_more_goes_before_an_older_value(later: str, cannot: bool) -> None:
    patient = make_patient()
    visit(patient, LAST - timedelta(days=100))
    visit(patient, dlco_mmol_min_kpa=None, dlco_not_done_reason=later)
    found = of(patient)
    assert (found.dlco_percent == NoDlco.CANNOT) is cannot
    assert found.dlco_on == (None if cannot else LAST - timedelta(days=100))


def test_fev1_is_not_taken_from_a_session_of_that_day_that_does_not_count() -> None:
    patient = make_patient()
    visit(patient, time=time(9))
    services.derive(make_pft(patient, LAST, time=time(11), fvc_l=None, fev1_l=Decimal("1.100"), quality_fvc="F"))
    good = patient.pfts.get(time=time(9)).derived.get(measure="FEV1").percent_predicted
    assert of(patient).fev1_percent == good


@pytest.mark.parametrize(
    ("why", "expected"),
    [("could not perform", NoDlco.CANNOT), ("not ordered", NoDlco.NOT_ORDERED), ("refused", None), ("", None)],
)
def test_why_there_is_no_dlco(why: str, expected: NoDlco | None) -> None:
    patient = make_patient()
    visit(patient, dlco_mmol_min_kpa=None, dlco_not_done_reason=why)
    assert of(patient).dlco_percent == expected


def test_dlco_without_haemoglobin_is_used_and_said() -> None:
    patient = make_patient()
    visit(patient, haemoglobin_g_dl=None)
    found = of(patient)
    assert found.dlco_uncorrected
    assert {one.name for one in scores(found) if UNCORRECTED in one.caution} == {"GAP", "ILD-GAP", "SADL", "CPI"}


def test_of_a_patient_without_anything_nothing_is_known() -> None:
    patient = make_patient(sex="", smoking="")
    assert of(patient) == Facts()


def test_extent_and_quick_read_are_handed_in() -> None:
    patient = make_patient()
    found = facts_of([patient], {patient.pk: 25.0}, {patient.pk: QuickRead.SEVERE})[patient.pk]
    assert (found.goh_extent_percent, found.goh_quick_read) == (25.0, QuickRead.SEVERE)


def test_many_patients_cost_no_more_queries_than_one() -> None:
    people = [make_patient() for _ in range(3)]
    for one in people:
        visit(one)
    some = list(Patient.objects.select_related("site").filter(pk__in=[one.pk for one in people]))
    counts = []
    for chosen in (some[:1], some):
        with CaptureQueriesContext(connection) as queries:
            assert len(facts_of(chosen)) == len(chosen)
        counts.append(len(queries))
    assert counts[0] == counts[1]
