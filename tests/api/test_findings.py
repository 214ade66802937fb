"""Findings on lung function by program: listed, narrowed, accepted with a reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from patients import services
from patients.models import Patient, PFTFinding, PulmonaryFunctionTest, Site
from tests.factories import make_patient

pytestmark = pytest.mark.django_db
PATH = "/api/v1/pft-findings/"
MOST_QUERIES = 8


@pytest.fixture
def patient(bern: Site) -> Patient:
    return make_patient("SSc-0147", site=bern)


def record(patient: Patient, day: date, fvc: str, **facts: Any) -> PulmonaryFunctionTest:
    return services.record_pft(patient, date=day, height_cm=Decimal(164), fvc_l=Decimal(fvc), **facts)


@pytest.fixture
def unusual(patient: Patient) -> PFTFinding:
    return record(patient, date(2023, 1, 5), "8.6").findings.get()


def test_a_finding_names_its_session_and_both_values(owner: APIClient, unusual: PFTFinding) -> None:
    found = owner.get(PATH).json()["results"]
    assert found == [
        {
            "id": unusual.pk, "patient": "SSc-0147", "pft": unusual.pft_id, "date": "2023-01-05", "code": "unusual",
            "kind": "implausible", "field": "fvc_l", "sentence": "FVC 8.6 L is unusual: 0.3 to 8 L is expected.",
            "found": "8.6 L", "expected": "0.3 to 8 L", "blocks": False, "waiting": True, "accepted_by": None,
            "accepted_at": None, "accepted_reason": "",
        }
    ]  # fmt: skip


def test_accepted_with_a_reason(owner: APIClient, unusual: PFTFinding) -> None:
    answer = owner.post(f"{PATH}{unusual.pk}/accept/", {"reason": " a rower "})
    assert answer.status_code == 200
    found = answer.json()
    assert (found["waiting"], found["accepted_by"], found["accepted_reason"]) == (False, "owner", "a rower")
    assert owner.get(f"{PATH}?waiting=true").json()["count"] == 0
    again = owner.post(f"{PATH}{unusual.pk}/accept/", {"reason": "again"})
    assert (again.status_code, again.json()["detail"]) == (400, "There is nothing to accept.")


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "reason", "required"),
        ({"reason": ""}, "reason", "blank"),
        ({"reason": "x" * 301}, "reason", "max_length"),
        ({"reason": "right", "accepted_by": "me"}, "accepted_by", "unknown"),
    ],
)
def test_a_wrong_body_is_refused_by_field(
    owner: APIClient, unusual: PFTFinding, body: dict[str, str], field: str, code: str
) -> None:
    answer = owner.post(f"{PATH}{unusual.pk}/accept/", body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [(field, code)]
    assert PFTFinding.objects.get().open


def test_two_values_of_one_date_count_once_one_of_them_is_accepted(owner: APIClient, patient: Patient) -> None:
    first = record(patient, date(2023, 1, 5), "2.0", time="09:00")
    second = record(patient, date(2023, 1, 5), "1.7", time="10:00")
    derived = [owner.get(f"/api/v1/pfts/{one.pk}/").json()["derived"] for one in (first, second)]
    assert derived == [[], []], "nothing is computed from either"
    assert owner.get(f"{PATH}?waiting=true").json()["count"] == 2
    assert owner.post(f"{PATH}{first.findings.get().pk}/accept/", {"reason": "the other leaked"}).status_code == 200
    derived = [owner.get(f"/api/v1/pfts/{one.pk}/").json()["derived"] for one in (first, second)]
    assert [[one["measure"] for one in of] for of in derived] == [["FVC"], []]
    assert owner.get(f"{PATH}?waiting=true").json()["count"] == 0, "the other one is decided with it"
    assert owner.post(f"{PATH}{second.findings.get().pk}/accept/", {"reason": "both"}).status_code == 400


def test_who_may_accept(
    owner: APIClient, teammate: APIClient, stranger: APIClient, newcomer: APIClient, unusual: PFTFinding
) -> None:
    path = f"{PATH}{unusual.pk}/accept/"
    sent = {"reason": "right"}
    assert APIClient().post(path, sent).status_code == 401
    assert (stranger.post(path, sent).status_code, newcomer.post(path, sent).status_code) == (404, 403)
    for method in ("get", "put", "patch", "delete"):
        assert getattr(owner, method)(path, sent).status_code == 405, method
    assert owner.post(PATH, sent).status_code == 405
    assert teammate.post(path, sent).status_code == 200


@pytest.mark.parametrize(
    "asked", ["patient=SSc-0147", "site=bern", "kind=implausible", "code=unusual", "date_to=2023-01-05"]
)
def test_narrowed(owner: APIClient, unusual: PFTFinding, patient: Patient, bern: Site, asked: str) -> None:
    assert owner.get(f"{PATH}?{asked}").json()["count"] == 1
    other = asked.split("=")[0] + {"date_to": "=2023-01-04", "kind": "=note"}.get(asked.split("=")[0], "=none")
    assert owner.get(f"{PATH}?{other}").json()["count"] == 0


def test_queries_do_not_grow(
    owner: APIClient, patient: Patient, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for month in range(1, 9):
        record(patient, date(2020, month, 1), "8.6")
    with django_assert_max_num_queries(MOST_QUERIES):
        assert owner.get(PATH).json()["count"] == 8
