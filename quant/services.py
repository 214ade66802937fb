"""What the rest of the portal may ask of the queue."""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from patients.models import CTSeries
from quant import queue
from quant.engine import identity
from quant.models import Run, State
from quant.simulated import record_simulated as record_simulated

log = logging.getLogger(__name__)
# A message younger than this may still be on its way: the sweep leaves its run alone.
RESEND_SECONDS = 15


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
    waiting = Run.objects.filter(pk=run_id, state=State.FAILED).update(
        state=State.QUEUED,
        attempts=0,
        reason="",
        error_code="",
        stage="",
        percent=0,
        sent_at=None,
        started_at=None,
        finished_at=None,
        requested_by=requested_by,
    )
    if not waiting:
        raise ValidationError(_("Only a failed measurement can be retried."))
    transaction.on_commit(partial(send, run_id))
    return Run.objects.get(pk=run_id)


def send(run_id: int, countdown: int = 0) -> bool:
    """Wake a worker. With the broker away nothing is lost: the row waits for the next sweep."""
    from quant import tasks

    try:
        tasks.quantify.apply_async(args=(run_id,), countdown=countdown, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("run %s waits for the broker: %s", run_id, error)
        return False
    Run.objects.filter(pk=run_id).update(sent_at=Now())
    return True


def _waiting_messages() -> int | None:
    """Messages in the broker's queue; None when the broker cannot be asked."""
    from celery import current_app

    try:
        with current_app.connection_for_read() as connection:
            connection.ensure_connection(max_retries=1, timeout=3)
            channel: Any = connection.default_channel
            return int(channel.queue_declare(settings.CELERY_TASK_DEFAULT_QUEUE).message_count)
    except (OperationalError, OSError) as error:
        log.warning("the broker cannot be asked: %s", error)
        return None


def sweep() -> tuple[int, int]:
    """Recover what workers and broker lost. Returns (runs taken from silent workers, messages sent again).

    Rows that wait while the broker holds no message have lost theirs; a message too many does no harm.
    """
    recovered = queue.requeue_expired()
    if _waiting_messages() != 0:
        return recovered, 0
    old = Q(sent_at__isnull=True) | Q(sent_at__lt=Now() - timedelta(seconds=RESEND_SECONDS))
    waiting = Run.objects.filter(old, state=State.QUEUED).order_by("requested_at").values_list("pk", flat=True)
    return recovered, sum(send(pk) for pk in waiting)
