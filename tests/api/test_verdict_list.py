"""The table of verdicts as a program reads it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from rest_framework.test import APIClient

from ildportal.api.views import verdicts
from ildportal.standings import keep
from patients.models import Diagnosis, Site
from tests import courses
from tests.factories import make_patient

pytestmark = pytest.mark.django_db
PATH = "/api/v1/verdicts/"


@pytest.fixture
def two(bern: Site) -> None:
    patient = make_patient("SSc-0147", site=bern)
    Diagnosis.objects.create(patient=patient, code="SSc-ILD", date=date(2019, 3, 1))
    courses.record_sessions(patient, courses.SESSIONS)
    make_patient("DM/12", site=bern)


def codes(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [one["patient"] for one in answer.json()["results"]]


def test_the_bodies_are_those_of_one_patient(owner: APIClient, two: None) -> None:
    listed = {one["patient"]: one for one in owner.get(PATH).json()["results"]}
    for code in ("SSc-0147", "DM/12"):
        assert listed[code] == owner.get(f"/api/v1/patients/{code}/verdicts/").json()
        assert listed[code] == owner.get(f"{PATH}{code}/").json()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("rule=inbuild&answer=met", ["SSc-0147"]), ("rule=omeract&answer=met&at=confirmed", ["SSc-0147"]),
        ("answer=indeterminate&rule=relief", ["DM/12"]), ("diagnosis=SSc-ILD", ["SSc-0147"]), ("site=geneva", []),
        ("code_contains=ssc", ["SSc-0147"]), ("patient=DM/12", ["DM/12"]), ("ordering=-pfts", ["SSc-0147", "DM/12"]),
    ],
)  # fmt: skip
def test_narrowed_and_sorted(owner: APIClient, two: None, asked: str, found: list[str]) -> None:
    assert codes(owner.get(f"{PATH}?{asked}")) == found


@pytest.mark.parametrize(
    ("asked", "field"),
    [("rule=inbuild", "answer"), ("at=latest", "answer"), ("rule=foo&answer=met", "rule"), ("ordering=age", "ordering"),
     ("answer=", "answer"), ("simulated=include", "simulated")],
)  # fmt: skip
def test_what_would_answer_with_everybody_by_mistake_is_refused(
    owner: APIClient, two: None, asked: str, field: str
) -> None:
    answer = owner.get(f"{PATH}?{asked}")
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_while_much_is_still_to_be_worked_out_it_asks_to_come_again(
    owner: APIClient, two: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keep, "AT_ONCE", 1)
    monkeypatch.setattr(verdicts, "SECONDS", 0.0)
    answer = owner.get(PATH)
    assert (answer.status_code, answer["Retry-After"], answer["Content-Type"]) == (503, "1", "application/problem+json")
    assert answer.json()["detail"] == "Facts have changed; 1 patients are still to be worked out."
    assert len(codes(owner.get(PATH))) == 2
