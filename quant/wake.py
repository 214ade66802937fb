"""Messages to the workers: a primary key each. The row is the queue of record, so a lost message costs time only."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from quant.models import Job, State

log = logging.getLogger(__name__)
# A message younger than this may still be on its way: the sweep leaves its job alone.
RESEND_SECONDS = 15


def send(task: Any, job: type[Job], pk: int, countdown: int = 0, **options: Any) -> bool:
    """Wake a worker. With the broker away nothing is lost: the row waits for the next sweep."""
    try:
        task.apply_async(args=(pk,), countdown=countdown, retry=False, **options)
    except (OperationalError, OSError) as error:
        log.warning("%s %s waits for the broker: %s", job._meta.verbose_name, pk, error)
        return False
    job._default_manager.filter(pk=pk).update(sent_at=Now())
    return True


def waiting(job: type[Job]) -> list[int]:
    """Jobs whose message is lost or was never sent, given that the broker holds none; oldest first."""
    old = Q(sent_at__isnull=True) | Q(sent_at__lt=Now() - timedelta(seconds=RESEND_SECONDS))
    found = job._default_manager.filter(old, state=State.QUEUED).order_by("requested_at")
    return list(found.values_list("pk", flat=True))


def messages() -> int | None:
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
