"""Copies of where patients stand: never older than the facts, whoever wrote them and how."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest
from pytest_django import DjangoAssertNumQueries

from ildportal.models import StoredStanding
from ildportal.standings import keep
from ildportal.verdicts import standings_of
from patients import services
from patients.models import (
    ClinicalEvent,
    CTAssessment,
    Diagnosis,
    Patient,
    PulmonaryFunctionTest,
    Site,
    SymptomAssessment,
)
from quant.models import LevelScore, Quantification, RepeatabilityLimit
from tests import courses
from tests.factories import make_patient

pytestmark = pytest.mark.django_db
DAY = date(2024, 5, 6)
MOST_QUERIES = 34


@pytest.fixture
def patient(bern: Site) -> Patient:
    found = make_patient("SSc-0147", site=bern)
    Diagnosis.objects.create(patient=found, code="SSc-ILD", date=date(2019, 3, 1))
    courses.record_sessions(found, courses.SESSIONS)
    courses.scan(found, courses.SCANS[-1])
    keep.catch_up(Patient.objects.all())
    return found


def behind() -> list[int]:
    return keep.overtaken(Patient.objects.all())


def study_of(patient: Patient) -> int:
    return patient.ct_studies.get().pk


WRITES: dict[str, Callable[[Patient], object]] = {
    "a session": lambda one: courses.record_sessions(one, (("2025-03-05", "2.00", "3.5", "A"),)),
    "a session changed in bulk": lambda _one: PulmonaryFunctionTest.objects.update(quality_fvc="B"),
    "a session removed": lambda _one: PulmonaryFunctionTest.objects.order_by("date")[0].delete(),
    "symptoms": lambda one: SymptomAssessment.objects.create(patient=one, date=DAY, dyspnoea="worse"),
    "a reading": lambda one: CTAssessment.objects.create(study_id=study_of(one), assessor="A", date=DAY),
    "another diagnosis": lambda one: Diagnosis.objects.create(patient=one, code="IPF", date=DAY),
    "an event": lambda one: ClinicalEvent.objects.create(patient=one, type="infection", date=DAY),
    "smoking": lambda _one: Patient.objects.update(smoking="former"),
    "the set of the site": lambda _one: Site.objects.update(spirometry_set="GLI-2012"),
    "numbers that need review": lambda _one: Quantification.objects.update(accepted=False),
    "a Goh score": lambda _one: LevelScore.objects.filter(level=1).update(tot=90.0),
    "a study of another day": lambda one: one.ct_studies.update(date=DAY),
    "a repeatability limit": lambda _one: RepeatabilityLimit.objects.create(
        engine="density", engine_version="1", measure="fibrosis_percent", limit=1.0, scans=9, method="x", date=DAY
    ),
}


@pytest.mark.parametrize("what", WRITES)
def test_any_write_makes_the_copy_old(patient: Patient, what: str) -> None:
    assert behind() == []
    WRITES[what](patient)
    assert behind() == [patient.pk]
    assert keep.catch_up(Patient.objects.all()) == []
    assert behind() == []


def test_the_copy_is_what_would_be_worked_out(patient: Patient) -> None:
    kept = StoredStanding.objects.get()
    now = standings_of(Patient.objects.select_related("site"))[patient.pk].to_dict()
    assert kept.document == json.loads(json.dumps(now))
    assert (kept.pfts, kept.cts, kept.simulated, kept.diagnosis) == (12, 1, 0, "SSc-ILD")
    assert kept.goh == "extensive"
    assert {one.rule: one.said_ever for one in kept.verdicts.all()}["EUSTAR"] == "moderate decline"


def test_a_write_to_one_patient_leaves_the_others(patient: Patient, bern: Site) -> None:
    other = make_patient("SSc-0148", site=bern)
    keep.catch_up(Patient.objects.all())
    services.record_symptoms(other, date=DAY, dyspnoea="same")
    assert behind() == [other.pk]


def test_no_more_time_is_taken_than_given_but_it_always_goes_on(bern: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "AT_ONCE", 2)
    for number in range(5):
        make_patient(f"P-{number}", site=bern)
    left = [len(keep.catch_up(Patient.objects.all(), seconds=0.0)) for _ in range(3)]
    assert left == [3, 1, 0]


def test_queries_do_not_grow_with_the_patients(
    patient: Patient, bern: Site, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(8):
        courses.record_sessions(make_patient(f"P-{number}", site=bern), courses.SESSIONS[:3])
    with django_assert_max_num_queries(MOST_QUERIES):
        assert keep.catch_up(Patient.objects.all()) == []
