"""Which networks could score a CT again, and which are about to; one query."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from django.conf import settings

from ildportal.pages.ct import CTView, measured_of
from quant.engine.errors import UnusableInput
from quant.goh import shelf
from quant.models import Scoring, State

log = logging.getLogger(__name__)


def with_jobs(found: Sequence[CTView]) -> list[CTView]:
    """The same, each strip with its jobs that have not ended well and the networks that there are."""
    jobs: dict[int, list[Scoring]] = defaultdict(list)
    for job in Scoring.objects.filter(quantification__in=measured_of(found)).exclude(state=State.DONE):
        jobs[job.quantification_id].append(job)
    models = _models()
    return [_with(view, jobs, models) for view in found]


def _with(view: CTView, jobs: dict[int, list[Scoring]], models: tuple[shelf.Known, ...]) -> CTView:
    one = view.row.quantification
    if view.levels is None or one is None or one.is_simulated:
        return view
    return replace(view, levels=replace(view.levels, jobs=tuple(jobs[one.pk]), models=models))


def _models() -> tuple[shelf.Known, ...]:
    """A register that cannot be read costs its networks, not the page."""
    try:
        return shelf.known(settings.SCORE_MODELS)
    except UnusableInput as error:
        log.warning("%s", error)
        return shelf.known()
