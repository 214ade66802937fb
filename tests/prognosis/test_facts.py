"""From the database to the scores."""

from __future__ import annotations

from datetime import date, timedelta
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
