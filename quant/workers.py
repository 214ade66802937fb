"""Signs of life of the worker processes, and what they say about whether the queue moves.

The sign is given by a thread of Celery's parent process, so a long stage of the engine in the child, which may hold
the interpreter for seconds, does not silence it. Times are the database's.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F
from django.db.models.functions import Now

from quant.models import Run, State, Worker

log = logging.getLogger(__name__)
KEPT = timedelta(days=1)
BEATS_MISSED = 4


@dataclass(frozen=True, slots=True)
class Sign:
    """A worker as it shows itself: its row, seconds since its last sign, the run it holds."""

    worker: Worker
    age_seconds: float
    run: Run | None

    @property
    def is_live(self) -> bool:
        return self.worker.stopped_at is None and self.age_seconds < lost_seconds()

    @property
    def is_lost(self) -> bool:
        """Silent without having taken its leave: killed, crashed, or cut off from the database."""
        return self.worker.stopped_at is None and not self.is_live


def lost_seconds() -> int:
    """A worker silent for so long counts as lost."""
    return BEATS_MISSED * int(settings.WORKER_BEAT_SECONDS)


def name_of(hostname: str, pid: int) -> str:
    """What a worker's row, and every run it takes, calls it."""
    return f"{hostname}/{pid}"[:120]


def seen() -> list[Sign]:
    """Every worker of the last day, the newest sign first; two queries."""
    aged = Worker.objects.annotate(
        age=ExpressionWrapper(Now(output_field=DateTimeField()) - F("seen_at"), output_field=DurationField())
    )
    found = list(aged.filter(seen_at__gt=Now() - KEPT).order_by("-seen_at"))
    running = Run.objects.filter(state=State.RUNNING, worker__in=[worker.name for worker in found])
    runs = {run.worker: run for run in running.select_related("series__study__patient")}
    return [Sign(worker, max(0.0, worker.age.total_seconds()), runs.get(worker.name)) for worker in found]


def live(signs: Sequence[Sign]) -> list[Sign]:
    return [sign for sign in signs if sign.is_live]


def beat(name: str) -> None:
    Worker.objects.filter(seen_at__lt=Now() - KEPT).exclude(name=name).delete()
    Worker.objects.update_or_create(name=name, defaults={"seen_at": Now(), "stopped_at": None})


def stop(name: str) -> None:
    """It ends in good order: nobody need look for it."""
    Worker.objects.filter(name=name).update(stopped_at=Now())


def measured_on(name: str, device: str) -> None:
    """The child knows the device; the parent must not import torch to find out."""
    Worker.objects.filter(name=name).update(device=device[:40])


class Pulse:
    """The thread that beats for this process. No fork falls into a beat: a child that inherits a lock in use hangs."""

    def __init__(self, hostname: str) -> None:
        self._name = name_of(hostname, os.getpid())
        self._stop = threading.Event()
        self._busy = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def start(self) -> None:
        os.register_at_fork(
            before=self._busy.acquire, after_in_parent=self._busy.release, after_in_child=self._busy.release
        )
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join(timeout=settings.WORKER_BEAT_SECONDS)
        self._once(stop)

    def _run(self) -> None:
        self._once(beat)
        while not self._stop.wait(settings.WORKER_BEAT_SECONDS):
            self._once(beat)

    def _once(self, act: Callable[[str], None]) -> None:
        """With a connection of its own each time: none is open across a fork, and a restarted database is no matter."""
        with self._busy:
            try:
                act(self._name)
            except DatabaseError as error:
                log.warning("no sign of life given: %s", error)
            finally:
                connection.close()
