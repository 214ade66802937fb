"""Reads: where each CT study stands, and what has been measured of it.

A study's state is that of the newest run of its chosen series. The states that need eyes are few and
found from the runs' own index; only `done` grows with the archive, and it is counted as the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.utils.translation import gettext_lazy as _

from patients.models import CTSeries, CTStudy
from quant.models import Quantification, Run, State

Studies = QuerySet[CTStudy]
PLACES_COUNTED = 200


class StudyState(models.TextChoices):
    """In the order in which a worklist shows them: problems first."""

    FAILED = "failed", _("Failed")
    PERSON = "person", _("Needs a person")
    RUNNING = "running", _("Running")
    WAITING = "waiting", _("Waiting")
    DONE = "done", _("Done")


@dataclass(frozen=True, slots=True)
class StudyRow:
    """One CT study with its chosen series, the newest run of that and the numbers that count now.

    `place` is the run's place in the queue from 1; None when it does not wait or waits far behind.
    """

    study: CTStudy
    state: StudyState
    series: CTSeries | None
    others: tuple[CTSeries, ...]
    run: Run | None
    quantification: Quantification | None
    place: int | None


def is_replaced(run: Run) -> bool:
    """A newer run of the same series decides now."""
    return Run.objects.filter(series=run.series_id, pk__gt=run.pk).exists()


def _newest_runs(*states: State) -> QuerySet[Run]:
    newer = Run.objects.filter(series=OuterRef("series"), pk__gt=OuterRef("pk"))
    return Run.objects.filter(~Exists(newer), state__in=states, series__chosen=True)


def in_state(studies: Studies, state: StudyState) -> Studies:
    """Those of `studies` in this state: every study is in exactly one."""
    linked = Q(patient__isnull=False)
    failed = Q(pk__in=_newest_runs(State.FAILED).values("series__study"))
    match state:
        case StudyState.FAILED:
            return studies.filter(failed)
        case StudyState.PERSON:
            asked = Run.objects.filter(series__study=OuterRef("pk"), series__chosen=True)
            return studies.filter(~linked | ~Exists(asked)).exclude(failed)
        case StudyState.RUNNING:
            return studies.filter(linked, pk__in=_newest_runs(State.RUNNING).values("series__study"))
        case StudyState.WAITING:
            return studies.filter(linked, pk__in=_newest_runs(State.QUEUED).values("series__study"))
        case StudyState.DONE:
            ended = _newest_runs(State.DONE, State.SUPERSEDED).filter(series__study=OuterRef("pk"))
            return studies.filter(linked & Exists(ended))


def count_states(studies: Studies) -> dict[StudyState, int]:
    """How many studies are in each state, in one query."""
    parts = {state.value: in_state(studies, state) for state in StudyState if state is not StudyState.DONE}
    parts["all"] = studies
    counts = [
        part.order_by().annotate(name=Value(name)).values("name").annotate(n=Count("pk")).values_list("name", "n")
        for name, part in parts.items()
    ]
    found = {name: int(n) for name, n in counts[0].union(*counts[1:], all=True)}
    everything = found.pop("all", 0)
    return {
        **{state: found.get(state.value, 0) for state in StudyState if state is not StudyState.DONE},
        StudyState.DONE: everything - sum(found.values()),
    }


def page_of_studies(studies: Studies, counts: dict[StudyState, int], start: int, stop: int) -> list[int]:
    """Primary keys from place `start` up to `stop` of the worklist: by state, then newest first.

    `counts` names the states to show and how many studies each holds. Those that wait come in the
    order of their arrival, which is that of the queue.
    """
    parts = []
    before = 0
    for rank, (state, count) in enumerate(counts.items()):
        first, last = max(start - before, 0), min(stop - before, count)
        if first < last:
            place = F("pk") if state is StudyState.WAITING else -F("pk")
            keys = in_state(studies, state).annotate(rank=Value(rank), place=place).order_by("place")
            parts.append(keys.values_list("rank", "place", "pk")[first:last])
        before += count
    if not parts:
        return []
    return [pk for _rank, _place, pk in sorted(parts[0].union(*parts[1:], all=True))]


def rows(studies: Sequence[CTStudy]) -> list[StudyRow]:
    """What stands behind each of these studies, in their order; the number of queries is fixed."""
    series: dict[int, list[CTSeries]] = defaultdict(list)
    for one in CTSeries.objects.filter(study__in=studies).order_by("-chosen", "number", "pk"):
        series[one.study_id].append(one)
    chosen = [found[0] for found in series.values() if found[0].chosen]
    runs = {
        run.series_id: run for run in Run.objects.filter(series__in=chosen).order_by("series", "-pk").distinct("series")
    }
    numbers = {one.series_id: one for one in Quantification.objects.filter(series__in=chosen, current=True)}
    places = _places(runs.values())
    return [_row(study, series[study.pk], runs, numbers, places) for study in studies]


def _row(
    study: CTStudy,
    series: Sequence[CTSeries],
    runs: dict[int, Run],
    numbers: dict[int, Quantification],
    places: dict[int, int],
) -> StudyRow:
    chosen = next((one for one in series if one.chosen), None)
    run = runs.get(chosen.pk) if chosen else None
    return StudyRow(
        study=study,
        state=_state(study, run),
        series=chosen,
        others=tuple(one for one in series if not one.chosen),
        run=run,
        quantification=numbers.get(chosen.pk) if chosen else None,
        place=places.get(run.pk) if run else None,
    )


def _state(study: CTStudy, run: Run | None) -> StudyState:
    if run and run.state == State.FAILED:
        return StudyState.FAILED
    if study.patient_id is None or run is None:
        return StudyState.PERSON
    states = {State.RUNNING.value: StudyState.RUNNING, State.QUEUED.value: StudyState.WAITING}
    return states.get(run.state, StudyState.DONE)


def _places(runs: Iterable[Run]) -> dict[int, int]:
    """Places in the queue, in the order in which the broker got the messages; the first few hundred only."""
    if not any(run.state == State.QUEUED for run in runs):
        return {}
    queue = Run.objects.filter(state=State.QUEUED).order_by(F("sent_at").asc(nulls_last=True), "pk")
    return {pk: place for place, pk in enumerate(queue.values_list("pk", flat=True)[:PLACES_COUNTED], 1)}


def measured(patients: Iterable[int]) -> dict[int, list[Quantification]]:
    """The numbers that count now of every dated CT of these patients (primary keys), oldest first."""
    found: dict[int, list[Quantification]] = defaultdict(list)
    numbers = Quantification.objects.filter(
        current=True, series__chosen=True, series__study__patient__in=patients, series__study__date__isnull=False
    )
    for one in numbers.select_related("series__study").order_by("series__study__date", "series__study__pk"):
        found[one.series.study.patient_id or 0].append(one)
    return found
