"""Celery tasks: a primary key in, the row tells the rest. No logic here."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any

from celery import Task, shared_task
from django.conf import settings

log = logging.getLogger(__name__)


def job(name: str) -> Callable[[Callable[..., None]], Task[Any, Any]]:
    """The one task decorator: a message is acknowledged when its work is done, and comes back with a lost worker."""
    decorate: Callable[[Callable[..., None]], Task[Any, Any]] = shared_task(
        name=name,
        bind=True,
        acks_late=True,
        reject_on_worker_lost=True,
        ignore_result=True,
        soft_time_limit=settings.RUN_TIME_LIMIT_SECONDS,
        time_limit=settings.RUN_TIME_LIMIT_SECONDS + 60,
    )
    return decorate


@job("quant.quantify")
def quantify(self: Task[Any, Any], run_id: int) -> None:
    from quant import heat_stage, services
    from quant.process import process
    from quant.workers import name_of

    outcome = process(run_id, worker=name_of(str(self.request.hostname), os.getppid()))
    log.info("run %s: %s %s", run_id, outcome.status, outcome.detail)
    if outcome.status == "retry":
        services.send(run_id, countdown=5)
    if outcome.status == "done":
        heat_stage.ask(run_id)


@job("quant.heat_maps")
def heat_maps(self: Task[Any, Any], run_id: int) -> None:
    from quant import heat_stage

    status = heat_stage.process(run_id)
    log.info("heat maps of run %s: %s", run_id, status)
    if status == "later":
        heat_stage.ask(run_id, countdown=heat_stage.WAIT_SECONDS)


@job("quant.score")
def score(self: Task[Any, Any], pk: int) -> None:
    from quant import heat_stage
    from quant.scoring import ask
    from quant.scoring.work import work
    from quant.workers import name_of

    outcome = work(pk, worker=name_of(str(self.request.hostname), os.getppid()))
    log.info("scoring %s: %s %s", pk, outcome.status, outcome.detail)
    if outcome.status == "retry":
        ask.send(pk, countdown=5)
    if outcome.status == "done":
        heat_stage.ask_after_scoring(pk)
