"""What a worker does with one run: claim, measure, store. Torch is imported here, in the child, and late."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Iterator
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

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """status: done, skipped, failed, retry or stale; detail is one line for the log."""

    status: str
    detail: str = ""


@contextmanager
def heartbeat(claim: queue.Claim) -> Iterator[None]:
    """Keep the lease alive while a long stage runs; ends silently when the run is not ours any more."""
    stop = threading.Event()

    def beat() -> None:
        try:
            while not stop.wait(settings.RUN_LEASE_SECONDS / 4):
                queue.renew(claim)
        except queue.StaleAttempt:
            log.warning("run %s: the lease is lost", claim.run_id)
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
    results.store(claim, measured.document, dict(identity.SETTINGS), _folder(claim))
    if settings.DICOM_OBJECTS:
        objects.write_or_log(measured, files, settings.STORAGE / _folder(claim))


def process(run_id: int, worker: str) -> Outcome:
    """One delivery of one message. Never raises: the row says what happened."""
    claim = queue.claim(run_id, worker)
    if claim is None:
        return Outcome("skipped", "nothing to claim")
    for attempt in range(1, claim.attempt):
        _remove(queue.Claim(run_id, attempt))
    try:
        with heartbeat(claim):
            measure(claim)
    except queue.StaleAttempt as error:
        _remove(claim)
        return Outcome("stale", str(error))
    except UnusableInput as error:
        if isinstance(error.__cause__, SoftTimeLimitExceeded):
            return _out_of_time(claim)
        _remove(claim)
        queue.fail(claim, error.code, error.detail)
        return Outcome("failed", str(error))
    except SoftTimeLimitExceeded:
        return _out_of_time(claim)
    except MemoryError:
        return _retry(claim, "out_of_memory", "The worker's memory does not suffice for this scan.")
    except OSError as error:
        log.exception("run %s", run_id)
        return _retry(claim, "storage", f"The worker could not read or write its files ({error.strerror or error}).")
    except Exception as error:
        log.exception("run %s", run_id)
        return _retry(claim, "engine_error", f"The engine stopped unexpectedly ({type(error).__name__}).")
    return Outcome("done")


def _out_of_time(claim: queue.Claim) -> Outcome:
    return _retry(claim, "time_limit", f"Not measured within {settings.RUN_TIME_LIMIT_SECONDS} s.")


def _retry(claim: queue.Claim, code: str, reason: str) -> Outcome:
    _remove(claim)
    return Outcome("retry" if queue.release(claim, code, reason) else "failed", reason)
