"""The same by REST: asked for, answered with what is there, unknown networks and strangers refused."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from ildportal.models import User
from quant.goh import models, shelf
from quant.models import LevelScore, Quantification, Scoring, State
from tests.factories import make_measured_study, make_patient, make_site

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]
SHIPPED = models.MODELS[shelf.NAME]
PATH = "/api/v1/scorings/"


@pytest.fixture
def numbers() -> Quantification:
    one = make_measured_study(make_patient("SSc-0147", site=make_site()), goh_default="measured")
    LevelScore.objects.bulk_create(
        LevelScore(quantification=one, source="measured", level=level, slice=level, tot=10.0) for level in range(1, 6)
    )
    return one


@pytest.fixture
def api(member: User) -> APIClient:
    client = APIClient()
    client.force_login(member)
    return client


def ask(api: APIClient, numbers: Quantification, version: str = SHIPPED.version) -> Any:
    return api.post(PATH, {"quantification": numbers.pk, "model": shelf.NAME, "version": version})


def test_the_second_request_is_answered_with_what_is_there(
    api: APIClient, numbers: Quantification, member: User, sent: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first = ask(api, numbers)
    assert (first.status_code, first.json()["state"], first.json()["sha256"]) == (201, "queued", SHIPPED.sha256)
    assert first.json()["requested_by"] == member.username
    with django_capture_on_commit_callbacks(execute=True):
        second = ask(api, numbers)
    assert (second.status_code, second.json()) == (200, first.json())
    assert sent == [first.json()["id"]]
    assert api.get(f"{PATH}?patient=SSc-0147&state=queued").json()["count"] == 1
    Scoring.objects.update(state=State.FAILED, reason="The disk is full.", attempts=3)
    with django_capture_on_commit_callbacks(execute=True):
        again = ask(api, numbers)
    assert (again.status_code, again.json()["state"], again.json()["attempts"]) == (200, "queued", 0)
    assert len(sent) == 2


def test_an_unknown_version_names_those_that_there_are(api: APIClient, numbers: Quantification) -> None:
    answer = ask(api, numbers, "77")
    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert fault["field"] == "version"
    assert f"there is goh_scores {SHIPPED.version}" in fault["detail"]
    assert not Scoring.objects.exists()


def test_other_weights_under_one_version_are_refused(api: APIClient, numbers: Quantification) -> None:
    Scoring.objects.create(
        quantification=numbers, model=shelf.NAME, model_version=SHIPPED.version, weights_sha256="0" * 64
    )
    answer = ask(api, numbers)
    assert answer.status_code == 400
    assert "give these another version" in answer.json()["detail"]


def test_both_sources_and_older_versions_stand_in_the_quantification(api: APIClient, numbers: Quantification) -> None:
    LevelScore.objects.bulk_create(
        LevelScore(
            quantification=numbers, source="network", level=level, tot=20.0, tot_low=12.0, tot_high=30.0,
            confidence=0.6, model="goh_scores", model_version=version, weights_sha256=version * 64, current=now,
        )
        for level in range(1, 6) for version, now in (("1", False), ("2", True))
    )  # fmt: skip
    goh = api.get(f"/api/v1/quantifications/{numbers.pk}/").json()["goh"]
    assert goh["default"] == "measured"
    assert list(goh["sources"]) == ["network", "measured"]
    assert goh["sources"]["network"]["model"] == {"name": "goh_scores", "version": "2", "sha256": "2" * 64}
    assert goh["sources"]["network"]["levels"][0]["tot_high"] == 30.0
    assert goh["sources"]["measured"]["extent_percent"] == 10.0
    assert [one["model"]["version"] for one in goh["earlier"]["network"]] == ["1"]
