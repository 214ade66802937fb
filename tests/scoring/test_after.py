"""The setting that has every measurement scored by a network, and what guards the numbers from it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from pytest_django import Settings

from ildportal import env
from quant import queue, results, services, wake
from quant.goh import models, shelf
from quant.models import Quantification, Scoring, State
from quant.scoring import ask, work
from tests.factories import make_measured_study, make_patient
from tests.queue.documents import document, series
from tests.workers import REPOSITORY

SHIPPED = models.MODELS[shelf.NAME].version


@pytest.fixture
def job(db: None) -> Scoring:
    return ask.request(make_measured_study(make_patient()), shelf.find(shelf.NAME, SHIPPED))[0]


def measured(settings: Settings, after: tuple[str, str] | None) -> Quantification:
    settings.SCORE_AFTER = after
    claim = queue.claim(services.request_run(series()).pk, "w1")
    assert claim is not None
    stored = results.store(claim, document(), {}, "quantifications/x")
    ask.after(stored)
    return stored


@pytest.mark.django_db
def test_off_unless_it_is_set(settings: Settings) -> None:
    assert settings.SCORE_AFTER is None
    measured(settings, None)
    assert not Scoring.objects.exists()
    one = measured(settings, (shelf.NAME, SHIPPED))
    assert Scoring.objects.get().quantification == one


@pytest.mark.django_db
def test_an_unknown_network_costs_no_measurement(settings: Settings) -> None:
    assert measured(settings, (shelf.NAME, "77")).run.state == State.DONE
    assert not Scoring.objects.exists()


def test_a_worker_refuses_to_start_with_an_unknown_network() -> None:
    command = [sys.executable, "-m", "celery", "-A", "ildportal", "worker", "-P", "prefork", "-c", "1"]
    refused = subprocess.run(
        command, cwd=REPOSITORY, env={**os.environ, "ILDPORTAL_SCORE_AFTER": "goh_scores:77"}, capture_output=True,
        text=True, timeout=60,
    )  # fmt: skip
    assert refused.returncode != 0
    told = f"ILDPORTAL_SCORE_AFTER: no score network goh_scores 77: there is goh_scores {SHIPPED}"
    assert told in refused.stdout + refused.stderr


@pytest.mark.parametrize("value", ["goh_scores", ":1", "goh_scores:"])
def test_a_setting_that_cannot_be_read_stops_the_start(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ILDPORTAL_SCORE_AFTER", value)
    with pytest.raises(env.BadSetting, match="is not NAME:VERSION"):
        env.model("ILDPORTAL_SCORE_AFTER")


def test_the_sweep_recovers_it_like_a_run(job: Scoring, sent: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wake, "messages", lambda: 0)
    for attempt in range(1, 4):
        claim = queue.claim(job.pk, f"w{attempt}", Scoring)
        assert claim == queue.Claim(job.pk, attempt, Scoring)
        assert queue.claim(job.pk, "other", Scoring) is None
        Scoring.objects.update(lease_until=Now() - timedelta(seconds=1))
        sent.clear()
        assert services.sweep() == (1, 1 if attempt < 3 else 0)
        assert sent == ([job.pk] if attempt < 3 else [])
        with pytest.raises(queue.StaleAttempt):
            queue.finish(claim)
    job.refresh_from_db()
    assert (job.state, job.error_code) == (State.FAILED, "worker_lost")
    assert job.reason.startswith("The worker stopped while scoring these levels, 3 times.")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (MemoryError(), "The worker's memory does not suffice for these levels."),
        (RuntimeError(), "The score network stopped unexpectedly (RuntimeError)."),
    ],
)
def test_a_fault_that_may_pass_is_tried_again(
    job: Scoring, monkeypatch: pytest.MonkeyPatch, fault: Exception, reason: str
) -> None:
    def score(_claim: Any) -> None:
        raise fault

    monkeypatch.setattr(work, "score", score)
    assert work.work(job.pk, "w1").status == "retry"
    job.refresh_from_db()
    assert (job.state, job.reason, job.quantification.run.state) == (State.QUEUED, reason, State.DONE)
