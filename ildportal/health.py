"""For load balancers and container engines: does the process answer, and can it work?"""

from __future__ import annotations

import os
from collections.abc import Callable

from celery import current_app
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from quant import workers


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _broker() -> None:
    with current_app.connection_for_read() as broker:
        broker.ensure_connection(max_retries=1, timeout=2)


def _storage() -> None:
    settings.STORAGE.mkdir(parents=True, exist_ok=True)
    if not os.access(settings.STORAGE, os.W_OK):
        raise PermissionError("not writable")


CHECKS: dict[str, Callable[[], None]] = {"database": _database, "broker": _broker, "storage": _storage}


@login_not_required
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when database, broker and storage can be used, else 503 with the names of those that cannot.

    `workers` counts those that live; without any the pages still serve, so it is for alarms and changes no status.
    """
    failed = []
    for name, check in CHECKS.items():
        try:
            check()
        except (DatabaseError, OperationalError, OSError):
            failed.append(name)
    told = {"status": "failed" if failed else "ok", "failed": failed, "workers": _workers(failed)}
    return JsonResponse(told, status=503 if failed else 200)


def _workers(failed: list[str]) -> int | None:
    """None where the database cannot say."""
    return None if "database" in failed else len(workers.live(workers.seen()))
