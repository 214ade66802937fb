"""Claims, leases, attempts and results on a real PostgreSQL; the engine's part is a document of the contract."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from ildportal.celery import app
from patients.models import CTSeries
from quant import queue, results, services
from quant.models import Quantification, Run, State
from tests.queue.documents import document, series
from tests.workers import REPOSITORY, address_of_test_database

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> Run:
    return services.request_run(series())


def expire(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(lease_until=Now() - timedelta(seconds=1))


def claimed(run: Run, worker: str = "w1") -> queue.Claim:
    claim = queue.claim(run.pk, worker)
    assert claim is not None
    return claim


def store(claim: queue.Claim, **changes: Any) -> Quantification:
    return results.store(claim, {**document(), **changes}, {"air_hu": -500}, "quantifications/x")


def test_asking_twice_is_one_run(run: Run) -> None:
    assert services.request_run(run.series).pk == run.pk
    assert Run.objects.count() == 1


def test_only_one_of_two_workers_gets_it(run: Run) -> None:
    assert queue.claim(run.pk, "w1") == queue.Claim(run.pk, 1)
    assert queue.claim(run.pk, "w2") is None


def test_the_same_worker_takes_over_from_its_lost_child(run: Run) -> None:
    claimed(run)
    assert queue.claim(run.pk, "w1") == queue.Claim(run.pk, 2)


def test_an_expired_lease_is_free(run: Run) -> None:
    claimed(run)
    expire(run)
    assert queue.claim(run.pk, "w2") == queue.Claim(run.pk, 2)


def test_renewing_prolongs_and_shows_progress(run: Run) -> None:
    claim = claimed(run)
    expire(run)
    queue.renew(claim, "patterns", 60)
    run.refresh_from_db()
    assert (run.stage, run.percent) == ("patterns", 60)
    assert Run.objects.filter(pk=run.pk, lease_until__gt=Now()).exists()


def test_a_worker_given_up_changes_nothing(run: Run) -> None:
    stale = claimed(run)
    expire(run)
    fresh = claimed(run, "w2")
    with pytest.raises(queue.StaleAttempt):
        queue.renew(stale, "patterns", 90)
    with pytest.raises(queue.StaleAttempt):
        store(stale)
    queue.fail(stale, "engine_error", "late")
    assert queue.release(stale, "engine_error", "late") is False
    assert Quantification.objects.count() == 0
    store(fresh)
    run.refresh_from_db()
    assert (run.state, run.attempts, run.percent, run.lease_until) == (State.DONE, 2, 100, None)


def test_every_number_of_the_document_is_a_column(run: Run) -> None:
    stored = store(claimed(run))
    stored.refresh_from_db()
    given = document()
    assert stored.volume_ml == given["lungs"]["volume_ml"]
    assert stored.ground_glass_percent == given["patterns"]["ground_glass"]["percent"]
    assert stored.reticulation_percent is None
    assert stored.fibrosis_percent is None
    assert stored.severity_total == given["severity"]["total"]
    assert {lobe.region: lobe.severity for lobe in stored.lobes.all()} == {
        name: lobe["severity"] for name, lobe in given["lobes"].items()
    }
    assert stored.levels.count() == 0


def test_half_a_result_is_none(run: Run) -> None:
    lobes = document()["lobes"]
    lobes["RUL"]["severity"] = 9
    claim = claimed(run)
    with pytest.raises(IntegrityError), transaction.atomic():
        store(claim, lobes=lobes)
    run.refresh_from_db()
    assert run.state == State.RUNNING
    assert Quantification.objects.count() == 0


def test_goh_scores_become_rows(run: Run) -> None:
    level = {"level": 2, "slice": 70, "position_mm": 12.5, "sop_uid": None, "tot": 10, "gg": 5, "ret": 7}
    goh = {"default": "network", "sources": {"network": {"extent_percent": 10, "levels": [{**level, "confidence": 1}]}}}
    stored = store(claimed(run), goh=goh)
    assert stored.goh_default == "network"
    kept = stored.levels.get()
    assert (kept.tot, kept.current, kept.model) == (10, True, "")


def network(version: str, tot: float) -> dict[str, Any]:
    level = {"slice": 70, "position_mm": 12.5, "sop_uid": "1.2", "tot": tot, "gg": tot, "ret": 0.0, "confidence": 0.5}
    return {
        "model": {"name": "goh-scores", "version": version, "sha256": "ab" * 32},
        "levels": [{"level": number, **level, "tot_low": 1.0, "tot_high": 30.0} for number in range(1, 6)],
    }


def counting(stored: Quantification) -> dict[tuple[str, str], float | None]:
    """TOT of level 1 by source and model version, of those that count."""
    rows = stored.levels.filter(level=1, current=True)
    return {(one.source, one.model_version): one.tot for one in rows}


def test_another_version_of_a_model_counts_and_the_old_one_stays(run: Run) -> None:
    level = {"level": 1, "slice": 70, "position_mm": 12.5, "sop_uid": None, "tot": 9.0, "gg": 5.0, "ret": 4.0}
    measured = {"extent_percent": None, "levels": [{**level, "confidence": 0.9}]}
    stored = store(claimed(run), goh={"default": "measured", "sources": {"measured": measured}})
    assert results.add_scores(stored, "network", network("1.0", 10.0))
    assert results.add_scores(stored, "network", network("1.1", 20.0), default=True)
    assert counting(stored) == {("measured", ""): 9.0, ("network", "1.1"): 20.0}
    assert stored.levels.filter(source="network", model_version="1.0", tot=10.0, tot_low=1.0).count() == 5
    stored.refresh_from_db()
    assert stored.goh_default == "network"
    assert not results.add_scores(stored, "network", network("1.0", 99.0)), "nothing is scored twice by one version"
    assert counting(stored) == {("measured", ""): 9.0, ("network", "1.0"): 10.0}
    assert stored.levels.count() == 11


def test_one_version_counts_for_a_source(run: Run) -> None:
    stored = store(claimed(run), goh=None)
    results.add_scores(stored, "network", network("1.0", 10.0))
    assert stored.goh_default == "network", "the only source there is"
    results.add_scores(stored, "network", network("1.1", 20.0))
    with pytest.raises(IntegrityError), transaction.atomic():
        stored.levels.update(current=True)


def test_attempts_end_with_a_reason_a_clinician_can_read(run: Run) -> None:
    for attempt in range(1, settings.RUN_ATTEMPTS):
        assert queue.release(claimed(run, f"w{attempt}"), "storage", "The disk is full.")
    assert not queue.release(claimed(run), "storage", "The disk is full.")
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert run.reason == "The disk is full. Given up after 3 attempts."
    assert queue.claim(run.pk, "w1") is None


def test_the_sweep_requeues_and_at_last_gives_up(run: Run) -> None:
    for attempt in range(1, settings.RUN_ATTEMPTS + 1):
        claimed(run, f"w{attempt}")
        assert queue.requeue_expired() == 0
        expire(run)
        assert queue.requeue_expired() == 1
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert run.error_code == "worker_lost"
    assert "3 times" in run.reason


def test_retry_only_what_failed(run: Run) -> None:
    with pytest.raises(ValidationError, match="Only a failed"):
        services.retry(run.pk)
    queue.fail(claimed(run), "not_chest", "No lungs.")
    assert services.retry(run.pk).state == State.QUEUED
    assert claimed(run).attempt == 1


def test_late_slices_supersede(run: Run) -> None:
    first = store(claimed(run))
    CTSeries.objects.filter(pk=run.series_id).update(pixel_digest="b" * 64)
    late = services.request_run(CTSeries.objects.get(pk=run.series_id))
    assert late.pk != run.pk
    second = store(claimed(late))
    first.refresh_from_db()
    run.refresh_from_db()
    assert (first.current, first.superseded_by_id, second.current) == (False, second.pk, True)
    assert run.state == State.SUPERSEDED


def test_late_slices_stop_a_measurement_under_way(run: Run) -> None:
    claim = claimed(run)
    CTSeries.objects.filter(pk=run.series_id).update(pixel_digest="b" * 64)
    services.request_run(CTSeries.objects.get(pk=run.series_id))
    with pytest.raises(queue.StaleAttempt):
        queue.renew(claim, "lungs", 20)


def test_two_current_results_cannot_be(run: Run) -> None:
    stored = store(claimed(run))
    CTSeries.objects.filter(pk=run.series_id).update(pixel_digest="b" * 64)
    second = store(claimed(services.request_run(CTSeries.objects.get(pk=run.series_id))))
    with pytest.raises(IntegrityError, match="quantification_one_current_per_series"), transaction.atomic():
        Quantification.objects.filter(pk=stored.pk).update(current=True, superseded_by=None)
    assert second.current


@pytest.mark.django_db(transaction=True)
def test_twenty_claims_at_once_are_one() -> None:
    run = services.request_run(series())

    def attempt(number: int) -> bool:
        try:
            return queue.claim(run.pk, f"w{number}") is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(20))) == 1


def elsewhere(code: str, **environment: str) -> str:
    """What another process of the portal prints, on the same database."""
    return subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity=0", "-c", f"from quant import services\n{code}"],
        env={**os.environ, "DATABASE_URL": address_of_test_database(), **environment},
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout.strip()


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_costs_time_only() -> None:
    waiting = series()
    away = {"CELERY_BROKER_URL": "redis+socket:///nowhere/valkey.sock"}
    request = f"print(services.request_run(services.CTSeries.objects.get(pk={waiting.pk})).state)"
    assert elsewhere(request, **away) == "queued"
    assert elsewhere("print(services.sweep())", **away) == "(0, 0)"
    assert Run.objects.get().sent_at is None
    app.control.purge()
    assert elsewhere("print(services.sweep())") == "(0, 1)"
    assert Run.objects.get().sent_at is not None
    assert elsewhere("print(services.sweep())") == "(0, 0)"
    assert app.control.purge() == 1
