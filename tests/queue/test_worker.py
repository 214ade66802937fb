"""The main job as a hospital runs it: DICOM in, a real worker process, numbers in the database; and its deaths."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from ildportal.celery import app
from patients.models import CTStudy
from quant import services, tasks
from quant.models import LobeMeasure, Quantification, Run, State
from tests.phantom import write_series
from tests.workers import StartWorker

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


def wait_for(what: Callable[[], bool], seconds: float = 240, show: Callable[[], str] = str) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"not within {seconds} s: {show()}"
        time.sleep(0.01)


def state() -> str:
    return Run.objects.values_list("state", flat=True).get()


def imported(folder: Path, **series: int | str) -> Run:
    write_series(folder, **series)  # type: ignore[arg-type]
    call_command("import_dicom", str(folder), verbosity=0)
    return Run.objects.get()


def assert_one_whole_result(run: Run) -> Quantification:
    run.refresh_from_db()
    assert run.state == State.DONE
    found = Quantification.objects.get(run=run)
    assert found.current
    assert found.volume_ml is not None
    assert LobeMeasure.objects.filter(quantification=found).count() == 13
    folder = settings.STORAGE / found.label_path
    assert {"lungs.nii.gz", "lobes.nii.gz", "patterns.nii.gz", "quantification.json"} <= {
        file.name for file in folder.iterdir()
    }
    others = [path.name for path in folder.parent.glob(f"{run.pk}-*") if path != folder]
    assert others == []
    return found


@pytest.fixture(autouse=True)
def _storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker process and this one share a storage of their own."""
    monkeypatch.setattr(settings, "STORAGE", tmp_path / "storage")
    monkeypatch.setenv("ILDPORTAL_STORAGE", str(tmp_path / "storage"))


def test_from_a_folder_to_numbers(tmp_path: Path, start_worker: StartWorker) -> None:
    worker = start_worker()
    run = imported(tmp_path / "ct")
    wait_for(lambda: state() in {State.DONE, State.FAILED}, show=worker.log)
    found = assert_one_whole_result(run)
    assert run.series.study.patient is not None
    assert found.lesion_percent is not None
    assert found.fibrosis_percent is not None


def test_the_same_message_five_times_is_one_result(tmp_path: Path, start_worker: StartWorker) -> None:
    run = imported(tmp_path / "ct")
    for _ in range(4):
        tasks.quantify.delay(run.pk)
    first, second = start_worker(), start_worker()
    wait_for(lambda: state() in {State.DONE, State.FAILED}, show=first.log)
    wait_for(lambda: (first.log() + second.log()).count(f"quant.tasks run {run.pk}: ") == 5, show=first.log)
    log = first.log() + second.log()
    assert log.count(f"run {run.pk}: done") == 1
    assert log.count(f"run {run.pk}: skipped") == 4
    run.refresh_from_db()
    assert run.attempts == 1
    assert_one_whole_result(run)


def in_mid_run(run: Run, log: Callable[[], str]) -> None:
    """Returns once the engine is at work: claimed, past reading, not finished."""
    wait_for(lambda: Run.objects.filter(pk=run.pk, state=State.RUNNING, percent__gte=5).exists(), show=log)


def test_a_child_killed_in_mid_run_is_replaced_at_once(tmp_path: Path, start_worker: StartWorker) -> None:
    worker = start_worker(ILDPORTAL_LEASE_SECONDS="600")
    run = imported(tmp_path / "ct", size=256, slices=100)
    in_mid_run(run, worker.log)
    for child in worker.child_pids():
        os.kill(child, signal.SIGKILL)
    wait_for(lambda: state() in {State.DONE, State.FAILED}, show=worker.log)
    assert_one_whole_result(run)
    assert run.attempts == 2


def test_a_worker_killed_in_mid_run_loses_nothing(tmp_path: Path, start_worker: StartWorker) -> None:
    worker = start_worker(ILDPORTAL_LEASE_SECONDS="2")
    run = imported(tmp_path / "ct", size=256, slices=100)
    in_mid_run(run, worker.log)
    worker.kill()
    assert Quantification.objects.count() == 0
    assert services.sweep() == (0, 0)
    wait_for(lambda: services.sweep()[0] == 1, seconds=10)
    assert Run.objects.get().state == State.QUEUED
    wait_for(lambda: services.sweep()[1] == 1 or Run.objects.get().sent_at is not None, seconds=10)
    second = start_worker(ILDPORTAL_LEASE_SECONDS="60")
    wait_for(lambda: state() in {State.DONE, State.FAILED}, show=second.log)
    assert_one_whole_result(run)
    assert run.attempts == 2


def test_a_scan_that_kills_its_worker_each_time_stops_after_three(tmp_path: Path, start_worker: StartWorker) -> None:
    worker = start_worker(ILDPORTAL_LEASE_SECONDS="2")
    run = imported(tmp_path / "ct", size=256, slices=100)
    for attempt in range(1, settings.RUN_ATTEMPTS + 1):
        wait_for(lambda n=attempt: Run.objects.filter(attempts=n, percent__gte=5).exists(), show=worker.log)  # type: ignore[misc]
        for child in worker.child_pids():
            os.kill(child, signal.SIGKILL)
    wait_for(lambda: services.sweep()[0] == 1, seconds=20, show=worker.log)
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert "3 times" in run.reason
    assert Quantification.objects.count() == 0
    services.retry(run.pk)
    wait_for(lambda: state() in {State.DONE, State.FAILED}, show=worker.log)
    assert_one_whole_result(run)


def test_what_cannot_be_measured_fails_at_once_with_its_reason(tmp_path: Path, start_worker: StartWorker) -> None:
    run = imported(tmp_path / "ct")
    for path in run.series.instances.values_list("path", flat=True)[5:]:
        (settings.STORAGE / path).write_bytes(b"\0" * 200)
    worker = start_worker()
    wait_for(lambda: state() in {State.DONE, State.FAILED}, show=worker.log)
    run.refresh_from_db()
    assert (run.state, run.attempts) == (State.FAILED, 1)
    assert run.error_code
    assert run.reason
    assert Quantification.objects.count() == 0


def test_late_slices_measure_the_study_again(tmp_path: Path, start_worker: StartWorker) -> None:
    files = write_series(tmp_path / "all")
    early = tmp_path / "early"
    early.mkdir()
    for file in files[:-6]:
        shutil.copy(file, early / file.name)
    worker = start_worker()
    call_command("import_dicom", str(early), verbosity=0)
    wait_for(lambda: state() in {State.DONE, State.FAILED}, show=worker.log)
    call_command("import_dicom", str(tmp_path / "all"), verbosity=0)
    wait_for(lambda: Quantification.objects.count() == 2, show=worker.log)
    assert CTStudy.objects.count() == 1
    old, new = Quantification.objects.order_by("pk")
    assert (old.current, old.superseded_by_id, new.current) == (False, new.pk, True)
    assert {run.state for run in Run.objects.all()} == {State.SUPERSEDED, State.DONE}


def test_a_worker_with_wrong_options_does_not_start(start_worker: StartWorker) -> None:
    import subprocess
    import sys

    refused = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "ildportal", "worker", "-P", "threads", "-c", "4"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert refused.returncode != 0
    assert "worker refused" in refused.stdout + refused.stderr
    assert not app.control.ping(timeout=0.2)
