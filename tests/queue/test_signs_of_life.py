"""Which workers live: told by the workers themselves, kept by the database, never by a process that is gone."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from quant import workers
from quant.models import Run, State, Worker
from tests.factories import make_patient, make_run, make_series, make_study
from tests.phantom import write_series
from tests.workers import StartWorker
from tests.workers import Worker as Process

pytestmark = pytest.mark.django_db


def sign(name: str) -> workers.Sign:
    return next(one for one in workers.seen() if one.worker.name == name)


def silent(name: str, seconds: float) -> None:
    Worker.objects.filter(name=name).update(seen_at=timezone.now() - timedelta(seconds=seconds))


def test_a_worker_that_beats_lives() -> None:
    workers.beat("gpu-1/77")
    workers.beat("gpu-1/77")
    assert Worker.objects.count() == 1
    assert sign("gpu-1/77").is_live
    assert sign("gpu-1/77").age_seconds < workers.lost_seconds()


def test_four_missed_beats_and_it_is_lost(settings: Settings) -> None:
    settings.WORKER_BEAT_SECONDS = 5
    workers.beat("gpu-1/77")
    silent("gpu-1/77", 19)
    assert sign("gpu-1/77").is_live
    silent("gpu-1/77", 21)
    assert sign("gpu-1/77").is_lost
    workers.beat("gpu-1/77")
    assert sign("gpu-1/77").is_live, "it was only cut off"


def test_one_that_took_its_leave_is_not_lost() -> None:
    workers.beat("gpu-1/77")
    workers.stop("gpu-1/77")
    silent("gpu-1/77", 3600)
    assert (sign("gpu-1/77").is_live, sign("gpu-1/77").is_lost) == (False, False)


def test_the_same_name_started_again_lives_again() -> None:
    """In a container every worker is celery@host/1."""
    workers.beat("host/1")
    workers.stop("host/1")
    workers.beat("host/1")
    assert sign("host/1").is_live


def test_rows_of_yesterday_go() -> None:
    workers.beat("old/1")
    silent("old/1", 25 * 3600)
    assert workers.seen() == []
    workers.beat("new/2")
    assert [worker.name for worker in Worker.objects.all()] == ["new/2"]


def test_it_says_which_run_it_holds(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    run = make_run(make_series(make_study(make_patient("SSc-0211"))), State.RUNNING, worker="gpu-1/77")
    make_run(make_series(make_study(make_patient())), State.DONE, worker="gpu-2/8")
    for name in ("gpu-1/77", "gpu-2/8"):
        workers.beat(name)
    with django_assert_num_queries(2):
        found = {one.worker.name: one.run for one in workers.seen()}
        assert found == {"gpu-1/77": run, "gpu-2/8": None}
        held = found["gpu-1/77"]
        assert held is not None
        assert held.series.study.patient is not None


def until(what: Callable[[], bool], process: Process, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, process.log()
        time.sleep(0.05)


@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_shows_itself_while_it_measures_and_is_missed_when_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start_worker: StartWorker
) -> None:
    monkeypatch.setattr(settings, "STORAGE", tmp_path / "storage")
    monkeypatch.setattr(settings, "WORKER_BEAT_SECONDS", 1)
    process = start_worker(ILDPORTAL_BEAT_SECONDS="1", ILDPORTAL_STORAGE=str(tmp_path / "storage"))
    name = workers.name_of(process.name, process.pid)
    until(lambda: Worker.objects.filter(name=name).exists(), process)
    write_series(tmp_path / "ct")
    call_command("import_dicom", str(tmp_path / "ct"), verbosity=0)
    ages = []

    def done() -> bool:
        ages.append(sign(name).age_seconds)
        return Run.objects.get().state == State.DONE

    until(done, process, 60)
    assert max(ages) < workers.lost_seconds(), "the engine does not silence it"
    assert Run.objects.get().worker == name
    assert Worker.objects.get().device == "cpu"

    for child in process.child_pids():
        os.kill(child, signal.SIGKILL)
    until(lambda: bool(process.child_pids()), process)
    beaten = Worker.objects.get().seen_at
    until(lambda: Worker.objects.get().seen_at > beaten, process)
    assert sign(name).is_live, "a lost child is the parent's matter"

    process.kill()
    until(lambda: sign(name).is_lost, process, workers.lost_seconds() + 5)
    assert workers.live(workers.seen()) == []


@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_takes_its_leave(start_worker: StartWorker) -> None:
    process = start_worker(ILDPORTAL_BEAT_SECONDS="1")
    until(lambda: len(workers.live(workers.seen())) == 1, process)
    process.stop()
    found = Worker.objects.get()
    assert found.stopped_at is not None
