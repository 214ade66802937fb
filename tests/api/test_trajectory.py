"""Slopes and the forecast as a program reads them."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from patients import services
from patients.models import Patient, Site
from tests import courses
from tests.factories import make_patient

pytestmark = pytest.mark.django_db
PATH = "/api/v1/patients/SSc-0147/trajectory/"


@pytest.fixture
def patient(bern: Site) -> Patient:
    return make_patient("SSc-0147", site=bern)


def test_nothing_on_record(owner: APIClient, patient: Patient) -> None:
    found = owner.get(PATH).json()
    assert (found["patient"], found["no_forecast"]) == ("SSc-0147", "")
    assert [one["own"]["missing"] for one in found["followed"]] == ["0 usable visits; a slope needs 3"] * 3


def test_the_own_line_without_a_cohort(owner: APIClient, patient: Patient) -> None:
    courses.record_sessions(patient, courses.SESSIONS)
    fvc = owner.get(PATH).json()["followed"][0]
    assert (fvc["quantity"], fvc["unit"], fvc["own"]["n"], fvc["own"]["first"]) == ("fvc", "mL", 11, "2019-03-09")
    assert fvc["own"]["low"] < fvc["own"]["per_year"] < fvc["own"]["high"] < 0
    assert (fvc["shrunk"], fvc["cohort"], fvc["forecast"]) == (None, None, None)
    assert fvc["excluded"] == [{"date": "2024-03-04", "reason": "quality D"}]
    five = fvc["losses"][0]
    assert (five["percent"], five["seen"]["date"], five["seen"]["confirmed"]) == (5.0, "2020-10-11", True)


def test_shrunk_and_forecast_from_a_cohort(owner: APIClient, patient: Patient, bern: Site) -> None:
    for place in range(6):
        one = patient if not place else make_patient(f"RA-{place}", site=bern)
        courses.record_sessions(one, courses.SESSIONS[place : 11 + place // 2])
    services.fit_trajectories()
    fvc, percent, dlco = owner.get(PATH).json()["followed"]
    assert (fvc["cohort"]["patients"], fvc["cohort"]["invented"]) == (6, False)
    assert fvc["shrunk"]["method"].startswith("linear mixed model")
    assert (fvc["forecast"]["months"], fvc["forecast"]["for_date"]) == (12, "2024-10-20")
    assert [one["level"] for one in fvc["forecast"]["intervals"]] == [0.8, 0.95]
    assert percent["cohort"]["equation_set"] == "GLI-Global-2022"
    assert (dlco["quantity"], dlco["forecast"]) == ("dlco_hb_percent", None)


def test_a_parameter_that_is_not_known_is_refused(owner: APIClient, patient: Patient) -> None:
    assert owner.get(f"{PATH}?months=24").status_code == 400
