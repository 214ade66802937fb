"""Slopes, losses and the forecast of a patient in words and as a table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ildportal.pages.numbers import dated, decimals, signed
from patients.models.function import EquationSet
from patients.models.trajectory import CohortFit
from patients.trajectories import Trajectory

if TYPE_CHECKING:  # numpy takes a tenth of a second, which the start of the web process need not pay
    from patients.trajectory.followed import Followed, Loss
    from patients.trajectory.forecast import Forecast
    from patients.trajectory.slopes import Slope

# Name, short name, unit of a change, decimals.
NAMES = {
    "fvc": ("FVC, mL", "FVC", "mL", 0),
    "fvc_percent": ("FVC, % predicted", "FVC", "points", 1),
    "dlco_percent": ("DLCO, % predicted", "DLCO", "points", 1),
    "dlco_hb_percent": ("DLCO, % predicted, corrected for haemoglobin", "DLCO", "points", 1),
}
NOT_FITTED = "No cohort has been fitted yet (manage.py fit_trajectories)"
NO_WINDOW = "No stretch of 6 to 24 months has three usable visits"
RESEARCH = (
    "Research use, not clinically validated: what the courses of a cohort make likely, if the patient comes to be "
    "measured. It leans on the others, so it need not go on where the own line ends; deaths and transplants are not "
    "forecast."
)


@dataclass(frozen=True, slots=True)
class Said:
    """What stands in a cell: `text` with `notes` below it, or `why` there is nothing."""

    text: str = ""
    why: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    own: Said
    shrunk: Said
    steepest: Said
    losses: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """`forecast` sentences, `cohort` what slopes are shrunk to, `excluded` what no line rests on."""

    lines: tuple[Line, ...]
    forecast: tuple[str, ...]
    research: str
    cohort: str
    invented: bool
    excluded: tuple[str, ...]


def panel(found: Trajectory, today: dt.date) -> Panel | None:
    """None where nothing was measured twice. Makes no query."""
    lines = tuple(_line(one, found.cohorts.get(one.quantity)) for one in found.followed if one.own.n > 1)
    if not lines:
        return None
    forecast = tuple(_forecasts(found, today))
    return Panel(
        lines=lines,
        forecast=forecast,
        research=RESEARCH if any(one.forecast and not one.forecast.missing for one in found.followed) else "",
        cohort=_cohort(found),
        invented=any(one.invented for one in found.cohorts.values()),
        excluded=tuple(_excluded(found)),
    )


def summary(found: Trajectory) -> str:
    """The own lines in one sentence a measure, for the chart; empty where there is none."""
    told: dict[str, list[str]] = {}
    ends: dict[str, str] = {}
    for one in found.followed:
        if one.own.per_year is None:
            continue
        _, name, unit, _ = NAMES[one.quantity]
        value, behind = _slope(one.own, unit if unit == "mL" else "points of % predicted", count=False)
        told.setdefault(name, []).append(f"{value} ({behind})" if behind else value)
        ends[name] = f"n = {one.own.n} visits, {one.own.first} to {one.own.last}"
    said = "; ".join(f"{name} {', '.join(slopes)}; {ends[name]}" for name, slopes in told.items())
    return f"Fitted lines (least squares): {said}." if said else ""


def _line(one: Followed, cohort: CohortFit | None) -> Line:
    name, _, unit, _ = NAMES[one.quantity]
    return Line(
        name=name,
        own=_said(one.own, unit) if one.own.per_year is not None else Said(why=one.own.missing),
        shrunk=_shrunk(one, unit, cohort),
        steepest=_steepest(one, unit),
        losses=tuple(_loss(each) for each in one.losses),
    )


def _slope(line: Slope, unit: str, *, count: bool = True) -> tuple[str, str]:
    """As the design guide prints a slope: value and unit a year, then its interval and n."""
    digits = 0 if unit == "mL" else 1
    rest = [f"n = {line.n}"] if count else []
    if line.low is not None and line.high is not None:
        level = f"{100 * line.options.level:.0f} % CI"
        rest.insert(0, f"{level} {decimals(line.low, digits)} to {decimals(line.high, digits)}")
    return f"{signed(line.per_year or 0.0, digits)} {unit}/year", "; ".join(rest)


def _said(line: Slope, unit: str, *notes: str, count: bool = True) -> Said:
    value, behind = _slope(line, unit, count=count)
    return Said(value, notes=tuple(filter(None, (behind, *notes, *line.notes))))


def _shrunk(one: Followed, unit: str, cohort: CohortFit | None) -> Said:
    if one.shrunk is None or cohort is None:
        return Said(why=NOT_FITTED)
    if one.shrunk.per_year is None:
        return Said(why=f"{one.shrunk.missing} by {_set(cohort.equation_set)}, the cohort's equation set")
    whose = f"to {cohort.patients} {'invented ' if cohort.invented else ''}patients"
    return _said(one.shrunk, unit, whose, count=False)


def _steepest(one: Followed, unit: str) -> Said:
    if one.steepest is None:
        return Said(why=NO_WINDOW)
    stretches = f"{one.windows} stretch{'' if one.windows == 1 else 'es'}"
    return _said(one.steepest, unit, f"{one.steepest.first} to {one.steepest.last}, of {stretches}")


def _loss(one: Loss) -> Said:
    seen, fitted = one.seen, one.fitted
    if seen.missing:
        return Said(why=seen.missing)
    return Said(
        _seen(one), notes=(_fitted(one),) if fitted.years is not None or not fitted.missing else (fitted.missing,)
    )


def _seen(one: Loss) -> str:
    if not one.seen.reached:
        return f"not by {one.seen.date}"
    told = {True: "confirmed", False: "not at the visit after it", None: "no visit after it yet"}[one.seen.confirmed]
    return f"seen on {one.seen.date}, {told}"


def _fitted(one: Loss) -> str:
    """When the own line crosses it."""
    line = one.fitted
    if line.years is None:
        return line.missing
    within = ""
    if line.low is not None:
        within = f" (95 % CI {decimals(line.low, 1)} to {decimals(line.high, 1) if line.high else 'never'})"
    ahead = ", extrapolated" if line.beyond else ""
    return f"on the line after {decimals(line.years, 1)} years{within}{ahead}"


def _forecasts(found: Trajectory, today: dt.date) -> Iterator[str]:
    if found.no_forecast:
        yield f"No forecast: {found.no_forecast}."
        return
    made = [one for one in found.followed if one.forecast]
    if not made:
        yield f"No forecast: {NOT_FITTED[:1].lower()}{NOT_FITTED[1:]}."
    for one in made:
        if one.forecast:
            yield _forecast(one, one.forecast, today)


def _forecast(one: Followed, ahead: Forecast, today: dt.date) -> str:
    name, _, unit, digits = NAMES[one.quantity]
    if ahead.expected is None:
        return f"{name}: no forecast, {ahead.missing}."
    printed = "mL" if unit == "mL" else "% predicted"
    within = ", ".join(
        f"{100 * each.level:.0f} % interval {decimals(each.low, digits)} to {decimals(each.high, digits)}"
        for each in ahead.intervals
    )
    late = " That day has passed without a later visit." if ahead.for_date and ahead.for_date < today else ""
    notes = "".join(f" {note[:1].upper()}{note[1:]}." for note in ahead.notes)
    value = f"{decimals(ahead.expected, digits)} {printed}"
    when = f"on {ahead.for_date}, {ahead.months:.0f} months after the last usable visit"
    return f"{NAMES[one.quantity][1]} {value} expected {when} ({within}).{late}{notes}"


def _cohort(found: Trajectory) -> str:
    """'Cohort: 120 invented patients, 848 visits, fitted on 2026-11-21.'"""
    known = [one for name, one in found.cohorts.items() if name == "fvc"]
    if not known:
        return ""
    one = known[0]
    whose = "invented patients, for demonstration" if one.invented else "patients of this portal"
    model = "linear mixed model with random intercept and slope (REML)"
    of = f"{one.patients} {whose}, {one.visits} visits"
    return f"Shrunk slopes: {model} of {of}, fitted on {dated(one.fitted_at.date())}."


def _excluded(found: Trajectory) -> Iterator[str]:
    """Once for FVC and once for DLCO."""
    for one in found.followed:
        if one.quantity != "fvc_percent":
            for left_out in one.excluded:
                yield f"{NAMES[one.quantity][1]} of {left_out.date}: {left_out.reason}"


def _set(name: str) -> str:
    return str(EquationSet(name).label) if name in EquationSet.values else name or "another set"
