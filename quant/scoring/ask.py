"""Asking for the Goh scores of a measurement by one more network: a job of its own, after the numbers."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from quant import queue, results, wake
from quant.engine.errors import UnusableInput
from quant.goh import shelf
from quant.models import LevelScore, Quantification, Scoring, State
from quant.models.measures import ScoreSource

log = logging.getLogger(__name__)
# Celery's last priority where the broker has any (Redis): new scans go before scores of old ones.
LAST = 9


@transaction.atomic
def request(quantification: Quantification, model: shelf.Known, requested_by: Any = None) -> tuple[Scoring, bool]:
    """The job that scores `quantification` by `model`, and whether it is new.

    What is there is not scored again: a version that has scored already counts again for the networks, a failed one
    waits again, and one that waits or works goes on.

    Raises:
        ValidationError: its numbers are invented, or other weights of this name and version have scored it.
    """
    # One at a time for a measurement: the same request may come twice at once.
    Quantification.objects.select_for_update().get(pk=quantification.pk)
    if quantification.is_simulated:
        raise ValidationError(_("Simulated numbers: there is no scan to score."))
    job, new = Scoring.objects.get_or_create(
        quantification=quantification,
        model=model.name,
        model_version=model.version,
        defaults={"weights_sha256": model.sha256, "folder": model.folder, "requested_by": requested_by},
    )
    _refuse_other_weights(job, model)
    if job.state == State.DONE:
        results.let_count(quantification, ScoreSource.NETWORK, model.name, model.version)
    elif job.state == State.FAILED:
        asked = {"weights_sha256": model.sha256, "folder": model.folder, "requested_by": requested_by}
        queue.wait_again(job.pk, Scoring, **asked)
    if new or job.state == State.FAILED:
        transaction.on_commit(partial(send, job.pk))
    return Scoring.objects.get(pk=job.pk), new


def _refuse_other_weights(job: Scoring, model: shelf.Known) -> None:
    """Two files under one name and version cannot be told apart in a table."""
    made = LevelScore.objects.filter(
        quantification=job.quantification_id, model=model.name, model_version=model.version
    ).values_list("weights_sha256", flat=True)
    mine = {job.weights_sha256, *made} if job.state != State.FAILED else set(made)
    if mine - {model.sha256}:
        raise ValidationError(
            _("Other weights of %(by)s were asked for before: give these another version."), params={"by": model.by}
        )


def after(quantification: Quantification) -> None:
    """Ask by the network that ILDPORTAL_SCORE_AFTER names. The numbers do not depend on it: a fault is logged."""
    if not settings.SCORE_AFTER:
        return
    try:
        request(quantification, shelf.find(*settings.SCORE_AFTER, settings.SCORE_MODELS))
    except Exception:
        log.exception("quantification %s is not scored by a network", quantification.pk)


def refusal() -> str:
    """Why the settings cannot be followed; empty where they can."""
    try:
        if settings.SCORE_AFTER:
            shelf.find(*settings.SCORE_AFTER, settings.SCORE_MODELS)
    except UnusableInput as error:
        return f"ILDPORTAL_SCORE_AFTER: {error.detail}"
    return ""


def send(pk: int, countdown: int = 0) -> bool:
    """Wake a worker; with the broker away the row waits for the next sweep."""
    from quant import tasks

    return wake.send(tasks.score, Scoring, pk, countdown=countdown, priority=LAST)
