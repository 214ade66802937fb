"""What a worker does with one job: claim, do it, store. Torch is imported here, in the child, and late."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import connection

from quant import queue, results, workers
from quant.engine import identity
from quant.engine.errors import UnusableInput
from quant.models import Run
from quant.scoring import ask as scoring

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """status: done, skipped, failed, retry or stale; detail is one line for the log."""

    status: str
    detail: str = ""


NOTHING = Outcome("skipped", "nothing to claim")


@contextmanager
def heartbeat(claim: queue.Claim) -> Iterator[None]:
    """Keep the lease alive while a long stage runs; ends silently when the run is not ours any more."""
    stop = threading.Event()

    def beat() -> None:
        try:
            while not stop.wait(settings.RUN_LEASE_SECONDS / 4):
                queue.renew(claim)
        except queue.StaleAttempt:
            log.warning("%s: the lease is lost", claim.name)
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name=f"lease-{claim.run_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _folder(claim: queue.Claim) -> str:
    return f"quantifications/{claim.run_id}-{claim.attempt}"


def _remove(claim: queue.Claim) -> None:
    shutil.rmtree(settings.STORAGE / _folder(claim), ignore_errors=True)


def measure(claim: queue.Claim) -> None:
    """Measure and store. Raises UnusableInput, StaleAttempt, or whatever the machine does to it."""
    from quant import objects, redraw
    from quant.engine import run as engine
    from quant.engine import volume

    run = Run.objects.select_related("series").get(pk=claim.run_id)
    files: list[Path] = [settings.STORAGE / path for path in run.series.instances.values_list("path", flat=True)]

    def progress(stage: str, percent: int) -> None:
        queue.renew(claim, stage, percent)

    progress("reading", 1)
    measured = engine.quantify(volume.load_dicom(files), device=settings.DEVICE, engine=run.engine, progress=progress)
    progress("storing", 96)
    engine.write(measured, settings.STORAGE / _folder(claim))
    progress("pictures", 98)
    workers.measured_on(run.worker, measured.document["engine"]["device"])
    redraw.draw_or_log(measured, settings.STORAGE / _folder(claim))
    stored = results.store(claim, measured.document, dict(identity.SETTINGS), _folder(claim))
    if settings.DICOM_OBJECTS:
        objects.write_or_log(measured, files, settings.STORAGE / _folder(claim))
    scoring.after(stored)


def process(run_id: int, worker: str) -> Outcome:
    """One delivery of one message. Never raises: the row says what happened."""
    claim = queue.claim(run_id, worker)
    if claim is None:
        return NOTHING
    for attempt in range(1, claim.attempt):
        _remove(queue.Claim(run_id, attempt))
    return attempt_at(claim, measure, _remove)


def attempt_at(
    claim: queue.Claim, work: Callable[[queue.Claim], None], clean: Callable[[queue.Claim], None] = lambda _: None
) -> Outcome:
    """Do the work of a claimed job while its lease is kept, and write down how that ended.

    `clean` removes what an attempt that came to nothing has left behind.
    """
    try:
        with heartbeat(claim):
            work(claim)
    except queue.StaleAttempt as error:
        clean(claim)
        return Outcome("stale", str(error))
    except Exception as error:
        clean(claim)
        return _ended(claim, error)
    return Outcome("done")


def _ended(claim: queue.Claim, error: Exception) -> Outcome:
    job = claim.job
    if isinstance(error, SoftTimeLimitExceeded) or isinstance(error.__cause__, SoftTimeLimitExceeded):
        done = "Not measured" if job is Run else "Not scored"
        return _retry(claim, "time_limit", f"{done} within {settings.RUN_TIME_LIMIT_SECONDS} s.")
    if isinstance(error, UnusableInput):
        queue.fail(claim, error.code, error.detail)
        return Outcome("failed", str(error))
    if isinstance(error, MemoryError):
        return _retry(claim, "out_of_memory", f"The worker's memory does not suffice for {job.TAKES}.")
    log.error("%s", claim.name, exc_info=error)
    if isinstance(error, OSError):
        return _retry(claim, "storage", f"The worker could not read or write its files ({error.strerror or error}).")
    return _retry(claim, "engine_error", f"The {job.TOOL} stopped unexpectedly ({type(error).__name__}).")


def _retry(claim: queue.Claim, code: str, reason: str) -> Outcome:
    return Outcome("retry" if queue.release(claim, code, reason) else "failed", reason)
