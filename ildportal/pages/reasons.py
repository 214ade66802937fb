"""One sentence for each study: why it stands where it stands, and what it waits for."""

from __future__ import annotations

from django.utils import timezone

from patients.models import CTSeries
from quant.models import Run
from quant.selectors import PLACES_COUNTED, StudyRow, StudyState

SERIES_NAMED = 2


def reason(row: StudyRow) -> str:
    """For people; empty for a study that is done."""
    match row.state:
        case StudyState.FAILED:
            return " ".join(filter(None, [row.run.reason if row.run else "", row.study.hold_reason]))
        case StudyState.PERSON:
            return _needs_person(row)
        case StudyState.RUNNING:
            return _running(row.run) if row.run else ""
        case StudyState.WAITING:
            return " ".join(filter(None, [_place(row.place), row.run.reason if row.run else ""]))
        case StudyState.DONE:
            return ""


def stalled(run: Run | None) -> bool:
    """Its worker has let the lease run out: the next sweep gives the run to another one."""
    return bool(run and run.lease_until and run.lease_until < timezone.now())


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th."""
    suffix = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def _needs_person(row: StudyRow) -> str:
    if row.study.patient is None:
        return row.study.hold_reason or f"{row.study.get_hold_code_display()}."
    if row.series is None:
        return " ".join(["No series can be measured.", *_rejected(row.others)])
    return "No measurement was requested for the chosen series: import its folder again."


def _rejected(series: tuple[CTSeries, ...]) -> list[str]:
    named = [f"{_name(one)}: {one.choice_reason or 'no reason recorded'}." for one in series[:SERIES_NAMED]]
    more = len(series) - SERIES_NAMED
    return [*named, f"{more} more series on the patient page."] if more > 0 else named


def _name(series: CTSeries) -> str:
    return f"Series {series.number}" if series.number is not None else series.description or "Unnamed series"


def _running(run: Run) -> str:
    said = [f"Step: {run.stage}." if run.stage else "Starting."]
    if run.attempts > 1:
        said.append(f"Attempt {run.attempts}.")
    if stalled(run) and run.lease_until:
        since = timezone.localtime(run.lease_until)
        said.append(f"No sign of its worker since {since:%H:%M}: it returns to the queue by itself.")
    return " ".join(said)


def _place(place: int | None) -> str:
    return f"{ordinal(place)} in the queue." if place else f"More than {PLACES_COUNTED} others are before it."
