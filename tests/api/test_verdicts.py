"""Verdicts as a program reads them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework import serializers
from rest_framework.test import APIClient

from ildportal.api.serializers.verdicts import StandingShape
from patients.models import Diagnosis, Patient, Site, SymptomAssessment
from patients.prognosis.scores import NAMES
from patients.progression.rules import RULES
from quant.engine.identity import SIMULATED_ENGINE
from tests import courses
from tests.factories import make_patient

pytestmark = pytest.mark.django_db
PATH = "/api/v1/patients/SSc-0147/verdicts/"
MOST_QUERIES = 16


@pytest.fixture
def patient(bern: Site) -> Patient:
    found = make_patient("SSc-0147", site=bern)
    Diagnosis.objects.create(patient=found, code="SSc-ILD", date=date(2019, 3, 1))
    return found


@pytest.fixture
def followed(patient: Patient) -> Patient:
    courses.followed(patient)
    return patient


def test_one_verdict_a_rule_and_one_score_a_scheme(owner: APIClient, followed: Patient) -> None:
    found = owner.get(PATH).json()
    assert found["patient"] == "SSc-0147"
    assert [one["rule"] for one in found["verdicts"]] == list(RULES)
    assert [one["name"] for one in found["scores"]] == list(NAMES)
    assert (found["as_of"], found["scored_on"], found["extent_on"]) == ("2024-08-13", "2024-08-13", "2024-03-04")


def test_a_verdict_carries_what_it_rests_on(owner: APIClient, followed: Patient) -> None:
    SymptomAssessment.objects.create(patient=followed, date=date(2023, 10, 21), dyspnoea="worse", cough="same")
    by_rule = {one["rule"]: one for one in owner.get(PATH).json()["verdicts"]}
    met = by_rule["INBUILD"]
    assert (met["state"], met["first_met"], met["missing"]) == ("met", "2023-10-21", [])
    moderate = next(one for one in met["evidence"] if one["code"] == "fvc_moderate")
    assert (moderate["since"], moderate["until"], moderate["result"]) == ("2021-11-07", "2023-10-21", True)
    assert moderate["relative"] == pytest.approx(100 * (moderate["after"] / moderate["before"] - 1))
    assert by_rule["PPF 2022"]["state"] == "indeterminate"
    assert all(one["needs"] for one in by_rule["PPF 2022"]["missing"])


def test_the_goh_stage_names_its_ct(owner: APIClient, followed: Patient) -> None:
    goh = next(one for one in owner.get(PATH).json()["scores"] if one["name"] == "Goh")
    assert (goh["stage"], goh["missing"]) == ("extensive", [])
    assert goh["sentence"].startswith("Goh extensive: extent 28.8 %, FVC 6")


def test_an_extent_of_another_year_does_not_stage_this_one(owner: APIClient, patient: Patient) -> None:
    courses.scan(patient, courses.SCANS[-1])
    courses.record_sessions(patient, (("2025-03-05", "2.00", "3.5", "A"),))
    found = owner.get(PATH).json()
    assert found["extent_on"] is None
    assert found["scores"][0]["missing"] == ["the extent of disease on CT"]


def test_a_measurement_that_needs_review_stages_nobody(owner: APIClient, patient: Patient) -> None:
    courses.scan(patient, courses.SCANS[-1], accepted=False)
    courses.record_sessions(patient, courses.SESSIONS[-1:])
    assert owner.get(PATH).json()["extent_on"] is None


def test_invented_numbers_never_count(owner: APIClient, patient: Patient) -> None:
    courses.scan(patient, courses.SCANS[-1], engine=SIMULATED_ENGINE, version="1")
    courses.record_sessions(patient, courses.SESSIONS[-1:])
    found = owner.get(PATH).json()
    assert (found["simulated_cts_left_out"], found["extent_on"]) == (1, None)
    assert found["scores"][0]["stage"] == ""


def test_nothing_on_record(owner: APIClient, patient: Patient) -> None:
    found = owner.get(PATH).json()
    assert (found["as_of"], found["scored_on"]) == (None, None)
    assert {one["state"] for one in found["verdicts"]} == {"indeterminate"}


def test_a_code_may_hold_a_slash(owner: APIClient, bern: Site) -> None:
    make_patient("DM/12", site=bern)
    assert owner.get("/api/v1/patients/DM/12/verdicts/").json()["patient"] == "DM/12"
    assert owner.get("/api/v1/patients/DM/12/").json()["code"] == "DM/12"


def test_a_parameter_that_is_not_known_is_refused(owner: APIClient, patient: Patient) -> None:
    assert owner.get(f"{PATH}?simulated=include").status_code == 400


@pytest.mark.parametrize("sessions", [1, 12])
def test_queries_do_not_grow_with_the_visits(
    owner: APIClient, patient: Patient, sessions: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    courses.record_sessions(patient, courses.SESSIONS[:sessions])
    with django_assert_max_num_queries(MOST_QUERIES):
        owner.get(PATH)


def test_the_document_describes_every_field(owner: APIClient, followed: Patient) -> None:
    undescribed = list(differences(StandingShape(), json.loads(owner.get(PATH).content)))
    assert undescribed == []


def differences(shape: Any, value: Any, place: str = "") -> list[str]:
    """Where a body and its description have different fields."""
    if isinstance(shape, serializers.ListSerializer):
        return [said for one in value for said in differences(shape.child, one, f"{place}[]")]
    if not isinstance(shape, serializers.Serializer):
        return []
    if set(shape.fields) != set(value):
        return [f"{place}: {sorted(set(shape.fields) ^ set(value))}"]
    return [said for name, one in shape.fields.items() for said in differences(one, value[name], f"{place}.{name}")]
