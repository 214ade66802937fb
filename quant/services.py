"""What the rest of the portal may ask of the queue."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from patients.models import CTSeries
from quant import queue, wake
from quant.engine import identity
from quant.models import Run, Scoring, State
from quant.scoring import ask
from quant.simulated import record_simulated as record_simulated


def idempotency_key(series: CTSeries, engine: str, after: int | None = None) -> str:
    """SHA-256 over all that decides the result: the same key would give the same numbers.

    Of an engine of others only its name: its weights lie where the worker is. `after`: a run that is to be repeated.
    """
    parts = [
        series.series_uid, series.pixel_digest, engine, identity.ENGINE_VERSION, identity.WEIGHTS, identity.SETTINGS,
        *([] if after is None else [after]),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def request_run(series: CTSeries, requested_by: Any = None) -> Run:
    """The run that measures `series` as it is now: asked for twice, it is the same run.

    Runs of the series' earlier content that have not ended yet are superseded.
    """
    engine = identity.whole_name(settings.ENGINE)
    reason = _("Newer slices of this series arrived.")
    return _run(series, engine, idempotency_key(series, engine), requested_by, reason)


@transaction.atomic
def measure_again(series: CTSeries, engine: str, requested_by: Any = None) -> Run:
    """A run that measures `series` anew by this engine, also where it has measured the same content before.

    While the newest run of the series waits or works and is of this engine, it is that one.
    """
    whole = identity.whole_name(engine)
    newest = Run.objects.select_for_update().filter(series=series).order_by("-pk").first()
    if newest is not None and newest.engine == whole and newest.state in {State.QUEUED, State.RUNNING}:
        return newest
    key = idempotency_key(series, whole, newest.pk if newest else None)
    return _run(series, whole, key, requested_by, _("Another measurement of this series was asked for."))


@transaction.atomic
def _run(series: CTSeries, engine: str, key: str, requested_by: Any, reason: str) -> Run:
    """The run of this key; where it is new, the series' unended ones are superseded for this reason."""
    run, created = Run.objects.get_or_create(
        idempotency_key=key,
        defaults={
            "series": series,
            "engine": engine,
            "engine_version": identity.ENGINE_VERSION,
            "requested_by": requested_by,
        },
    )
    if created:
        Run.objects.filter(series=series, state__in=[State.QUEUED, State.RUNNING]).exclude(pk=run.pk).update(
            state=State.SUPERSEDED,
            lease_until=None,
            reason=reason,
            finished_at=Now(),
        )
        transaction.on_commit(partial(send, run.pk))
    return run


def on_series_ready(sender: object, series: CTSeries, **_: Any) -> None:
    request_run(series)


@transaction.atomic
def retry(run_id: int, requested_by: Any = None) -> Run:
    """Let a failed run wait again with all its attempts. Raises ValidationError when it has not failed."""
    if not queue.wait_again(run_id, requested_by=requested_by):
        raise ValidationError(_("Only a failed measurement can be retried."))
    transaction.on_commit(partial(send, run_id))
    return Run.objects.get(pk=run_id)


def send(run_id: int, countdown: int = 0) -> bool:
    """Wake a worker. With the broker away nothing is lost: the row waits for the next sweep."""
    from quant import tasks

    return wake.send(tasks.quantify, Run, run_id, countdown)


def sweep() -> tuple[int, int]:
    """Recover what workers and broker lost. Returns (jobs taken from silent workers, messages sent again).

    Rows that wait while the broker holds no message have lost theirs; a message too many does no harm.
    """
    recovered = queue.requeue_expired() + queue.requeue_expired(Scoring)
    if wake.messages() != 0:
        return recovered, 0
    return recovered, sum(map(send, wake.waiting(Run))) + sum(map(ask.send, wake.waiting(Scoring)))
