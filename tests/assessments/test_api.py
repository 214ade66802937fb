"""The same by API, and what follows from it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from ildportal.models import User
from patients.models import CTAssessment, CTStudy, Patient, Site
from tests.assessments.conftest import answers
from tests.factories import make_patient, make_study, make_user

pytestmark = pytest.mark.django_db
PATH = "/api/v1/ct-assessments/"
TOMORROW = (timezone.localdate() + timedelta(days=1)).isoformat()


@pytest.fixture
def api(member: User) -> APIClient:
    return signed_in(member)


def signed_in(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def state(api: APIClient, rule: str) -> str:
    found = api.get("/api/v1/patients/SSc-0147/verdicts/").json()["verdicts"]
    return str(next(one["state"] for one in found if one["rule"] == rule))


def test_a_word_settles_the_rule_and_its_amendment_unsettles_it(api: APIClient, scans: list[CTStudy]) -> None:
    assert state(api, "PPF 2022") == "indeterminate"
    made = api.post(PATH, answers(study=scans[2].pk, prior_study=scans[1].pk))
    assert made.status_code == 201, made.content
    assert made.json()["honeycombing_more"] == "unknown"
    assert (made.json()["recorded_by"], made.json()["source"]) == ("owner", "api")
    assert state(api, "PPF 2022") == "met"
    amended = api.patch(f"{PATH}{made.json()['id']}/", {"alternative_explanation": "yes"})
    assert (amended.status_code, amended.json()["reticulation_more"]) == (200, "yes")
    assert state(api, "PPF 2022") != "met"


def test_sent_again_it_is_the_same_word(api: APIClient, scans: list[CTStudy]) -> None:
    body = answers(study=scans[2].pk, prior_study=scans[1].pk)
    first, again = api.post(PATH, body), api.post(PATH, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    events = CTAssessment.pgh_event_models["update"].objects.all()  # type: ignore[attr-defined]
    assert [one.pgh_label for one in events] == ["insert"], "nothing was changed"
    other = api.post(PATH, {**body, "reticulation_more": "unknown", "honeycombing_more": "yes"})
    assert (other.status_code, other.json()["id"]) == (200, first.json()["id"])
    assert (other.json()["reticulation_more"], other.json()["honeycombing_more"]) == ("unknown", "yes")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"date": "2024-03-03"}, [("date", "before_scan")]),
        ({"date": TOMORROW}, [("date", "future")]),
        ({"assessor": ""}, [("assessor", "blank")]),
        ({"fibrosis_more": "maybe"}, [("fibrosis_more", "invalid_choice")]),
        ({"fibrosis_present": "no"}, [("fibrosis_present", "contradiction"), ("reticulation_more", "contradiction")]),
        ({"fibrosis_more": "no"}, [("fibrosis_more", "contradiction"), ("reticulation_more", "contradiction")]),
        ({"fibrosis_present": "no", "reticulation_more": "no"}, []),
        ({"fibrosis_more": "no", "reticulation_more": "no", "volume_loss_more": "yes"}, []),
        ({"reticulation_more": "unknown", "fibrosis_present": "unknown", "alternative_explanation": "unknown"},
         [("", "says_nothing")]),
        ({"study": 999999}, [("study", "does_not_exist")]),
        ({"prior_study": 999999}, [("prior_study", "does_not_exist")]),
        ({"signs": "none"}, [("signs", "unknown")]),
        ({"text": "a\0b"}, [("text", "null_characters_not_allowed")]),
    ],
)  # fmt: skip
def test_what_is_refused_names_its_fields(
    api: APIClient, scans: list[CTStudy], changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    answer = api.post(PATH, {**answers(study=scans[2].pk), **changes})
    assert [(one["field"], one["code"]) for one in answer.json().get("errors", [])] == expected
    assert answer.status_code == (400 if expected else 201)
    assert CTAssessment.objects.exists() is not bool(expected)


def test_the_prior_scan(api: APIClient, scans: list[CTStudy], patient: Patient, bern: Site) -> None:
    def refused(study: CTStudy, prior: CTStudy) -> str:
        answer = api.post(PATH, answers(study=study.pk, prior_study=prior.pk))
        assert answer.status_code == 400
        (error,) = answer.json()["errors"]
        assert error["field"] == "prior_study"
        return str(error["code"])

    undated, other = make_study(patient, None), make_study(make_patient(site=bern), date(2020, 1, 1))
    assert refused(scans[1], scans[2]) == "not_earlier"
    assert refused(scans[1], scans[1]) == "ctassessment_prior_is_another"
    assert refused(scans[1], other) == "other_patient"
    assert refused(scans[1], undated) == refused(undated, scans[0]) == "undated"
    assert refused(scans[1], make_study(None, date(2020, 1, 1))) == "does_not_exist"


def test_a_scan_cannot_be_exchanged_nor_one_word_become_another(api: APIClient, scans: list[CTStudy]) -> None:
    first, second = (api.post(PATH, answers(study=scans[2].pk, prior_study=one.pk)).json() for one in scans[:2])
    moved = api.patch(f"{PATH}{first['id']}/", {"study": scans[1].pk})
    assert moved.json()["errors"][0]["code"] == "moved"
    doubled = api.patch(f"{PATH}{first['id']}/", {"prior_study": scans[1].pk})
    assert [(one["field"], one["code"]) for one in doubled.json()["errors"]] == [("assessor", "assessed_before")]
    assert api.patch(f"{PATH}{second['id']}/", second).json() == second


def test_only_patients_of_yours(api: APIClient, scans: list[CTStudy], geneva: Site) -> None:
    made = api.post(PATH, answers(study=scans[2].pk)).json()
    stranger = signed_in(make_user("stranger", geneva))
    foreign = make_study(make_patient("GE-1", site=geneva), date(2020, 1, 1))
    assert stranger.patch(f"{PATH}{made['id']}/", {"fibrosis_more": "no"}).status_code == 404
    answer = stranger.post(PATH, answers(study=foreign.pk, prior_study=scans[0].pk))
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [("prior_study", "does_not_exist")]
    assert stranger.post(PATH, answers(study=scans[2].pk)).json()["errors"][0]["code"] == "does_not_exist"
    assert CTAssessment.objects.count() == 1
