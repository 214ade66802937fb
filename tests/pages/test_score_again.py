"""Score again on the patient page: asked for by POST with a token, how far it is, both sources beside one another."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from ildportal.models import User
from patients.models import Site
from quant.engine.identity import SIMULATED_ENGINE
from quant.goh import models, register, shelf
from quant.models import LevelScore, Quantification, Scoring, State
from quant.scoring import ask
from tests.factories import make_measured_study, make_patient
from tests.pages.reading import words

pytestmark = pytest.mark.django_db
PATH = "/patients/SSc-0147/"
SHIPPED = models.MODELS[shelf.NAME].version


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> None:
    monkeypatch.setattr(ask, "send", lambda _pk: True)
    settings.STORAGE = tmp_path


@pytest.fixture
def one(bern: Site) -> Quantification:
    return scored(make_measured_study(make_patient("SSc-0147", site=bern), goh_default="measured"))


def scored(one: Quantification, source: str = "measured", tot: float = 12.0, **facts: object) -> Quantification:
    LevelScore.objects.bulk_create(
        LevelScore(
            quantification=one, source=source, level=level, slice=level, position_mm=-9.0 * level, tot=tot, gg=tot / 2,
            ret=tot / 2, confidence=0.9, **facts,
        )
        for level in range(1, 6)
    )  # fmt: skip
    return one


def press(client: Client, one: Quantification, model: str = f"goh_scores:{SHIPPED}") -> str:
    return words(client.post(reverse("score-again", args=[one.pk]), {"model": model, "place": "now"}, follow=True))


def strip(client: Client, one: Quantification) -> str:
    return words(client.get(reverse("goh", args=[one.pk, "now"])))


def test_asked_for_it_waits_and_asked_twice_it_is_one(owner: Client, member: User, one: Quantification) -> None:
    page = owner.get(PATH).content.decode()
    assert page.count(f'action="{reverse("score-again", args=[one.pk])}"') == 1
    assert f'<option value="goh_scores:{SHIPPED}">goh_scores {SHIPPED}, shipped</option>' in page
    said = press(owner, one)
    assert f"SSc-0147, CT of 2024-03-04: goh_scores {SHIPPED} waits for a worker." in said
    assert f"Waiting goh_scores {SHIPPED} waits for a worker." in strip(owner, one)
    press(owner, one)
    job = Scoring.objects.get()
    assert (job.state, job.requested_by) == (State.QUEUED, member)
    answer = owner.get(reverse("goh", args=[one.pk, "now"])).content.decode()
    assert f'hx-get="{reverse("goh", args=[one.pk, "now"])}" hx-trigger="every 3s"' in answer
    Scoring.objects.update(state=State.DONE)
    assert "hx-get" not in owner.get(reverse("goh", args=[one.pk, "now"])).content.decode(), "nothing moves any more"


def test_a_failed_one_says_why_and_can_be_retried(owner: Client, one: Quantification) -> None:
    press(owner, one)
    Scoring.objects.update(state=State.FAILED, reason="x.safetensors is not the file that it was.", attempts=1)
    said = strip(owner, one)
    assert f"Failed goh_scores {SHIPPED}: x.safetensors is not the file that it was. The scores above are" in said
    assert "Extent (mean TOT) 12.0%" in said
    press(owner, one)
    assert Scoring.objects.get().state == State.QUEUED


def test_both_sources_stand_beside_one_another(owner: Client, one: Quantification) -> None:
    about = {"model": "goh_scores", "model_version": "1", "weights_sha256": "ab" * 32}
    scored(one, "network", 20.0, tot_low=13.0, tot_high=28.0, **about)
    LevelScore.objects.filter(source="network").update(confidence=0.71)
    said = strip(owner, one)
    assert "Extent (mean TOT) 12.0%" in said, "the measured ones count"
    beside = "1: Origin of the great vessels Measured TOT 12% GG 6% RET 6% place found, confidence 0.90; z \u22129.0 mm"
    assert f"{beside} Network, research use TOT 20%13\u201328 GG 10% RET 10% confidence 0.71" in said
    assert (
        "Network, goh_scores 1 (weights abababababab): extent 20.0%. It stands beside and does not count. "
        "Trained on synthetic patterns; research use, not clinically validated." in said
    )


def test_the_versions_of_a_register_are_offered_and_a_broken_one_costs_no_page(
    owner: Client, one: Quantification, settings: Settings, tmp_path: Path
) -> None:
    settings.SCORE_MODELS = str(tmp_path)
    register.add(tmp_path, register.Trained(shelf.NAME, "bern-2", "bern-2.safetensors", "cd" * 32))
    assert '<option value="goh_scores:bern-2">goh_scores bern-2</option>' in owner.get(PATH).content.decode()
    assert "goh_scores bern-2 waits for a worker" in press(owner, one, "goh_scores:bern-2")
    assert Scoring.objects.get().folder == str(tmp_path)
    for broken in ("{", json.dumps([{"name": 1}]), json.dumps({"a": 1})):
        (tmp_path / register.FILE).write_text(broken)
        assert owner.get(PATH).status_code == 200


@pytest.mark.parametrize("model", ["goh_scores:77", "", ":", "levels:1", "goh_scores"])
def test_an_unknown_network_is_refused_with_what_there_is(owner: Client, one: Quantification, model: str) -> None:
    assert f"there is goh_scores {SHIPPED}." in press(owner, one, model)
    assert not Scoring.objects.exists()


def test_only_members_ask_and_only_with_their_token(
    stranger: Client, member: User, owner: Client, one: Quantification
) -> None:
    path = reverse("score-again", args=[one.pk])
    assert stranger.post(path, {"model": f"goh_scores:{SHIPPED}"}).status_code == 404
    assert stranger.get(reverse("goh", args=[one.pk, "now"])).status_code == 404
    assert owner.get(path).status_code == 405
    assert owner.post(f"/ct/{'9' * 30}/score").status_code == 404
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(member)
    assert careful.post(path, {"model": f"goh_scores:{SHIPPED}"}).status_code == 403
    assert not Scoring.objects.exists()


def test_invented_scores_are_not_scored_again(owner: Client, one: Quantification) -> None:
    assert one.series.study.patient
    invented = make_measured_study(
        one.series.study.patient, date(2025, 1, 1), engine=SIMULATED_ENGINE, goh_default="measured"
    )
    scored(invented)
    assert "Score again" not in words(owner.get(reverse("goh", args=[invented.pk, invented.pk])))
    assert "there is no scan to score" in press(owner, invented)
