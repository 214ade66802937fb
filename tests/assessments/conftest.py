"""A patient with three CTs, two of them measured, and those who see it or do not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from ildportal.models import User
from patients.models import CTStudy, Diagnosis, Patient, Site, SymptomAssessment
from tests import courses
from tests.factories import make_patient, make_study, make_user
from tests.pages.conftest import signed_in

DAYS = (date(2022, 6, 3), date(2023, 6, 16), date(2024, 3, 4))


@pytest.fixture(autouse=True)
def everyone_quickly(quick_passwords: None) -> None:
    """Every test here makes users."""


@pytest.fixture
def patient(bern: Site) -> Patient:
    """SSc-ILD whose FVC falls and whose symptoms get worse: PPF 2022 lacks a reader's word only."""
    made = make_patient("SSc-0147", site=bern)
    courses.record_sessions(made, courses.SESSIONS[8:])
    Diagnosis.objects.create(patient=made, code="SSc-ILD", date=date(2019, 3, 1))
    for day in (date(2023, 10, 21), date(2024, 8, 13)):
        SymptomAssessment.objects.create(patient=made, date=day, dyspnoea="worse", cough="same")
    return made


@pytest.fixture
def scans(patient: Patient) -> list[CTStudy]:
    """Oldest first."""
    return [make_study(patient, day) for day in DAYS]


@pytest.fixture
def owner(member: User) -> Client:
    return signed_in(member)


@pytest.fixture
def stranger(geneva: Site) -> Client:
    return signed_in(make_user("stranger", geneva))


def answers(**changes: Any) -> dict[str, Any]:
    """What a form sends: more reticulation, nothing else to explain it."""
    return {
        "assessor": "R1", "date": "2024-03-05", "fibrosis_present": "yes", "alternative_explanation": "no",
        "reticulation_more": "yes", **changes,
    }  # fmt: skip
