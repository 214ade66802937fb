"""The chart of FVC and DLCO: what it says in words and in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from ildportal.charts import function as drawing
from ildportal.pages import changes, readings
from ildportal.pages.cells import Cell, listed, number
from ildportal.pages.numbers import dated, decimals
from ildportal.pages.readings import Function, Reading
from ildportal.pages.timeline import frames
from ildportal.pages.timeline.chart import LLN, UP_BETTER, Chart, Line, Mark, Table, hollow, told
from ildportal.pages.trajectory import summary
from patients.models import PulmonaryFunctionTest
from patients.trajectories import Trajectory

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "FVC, L", "FVC, % predicted", "FVC, z", "DLCO, mmol/min/kPa", "DLCO, % predicted", "DLCO, z", "Grade FVC, DLCO",
)  # fmt: skip
FIT = Mark("fitted line, 95 % CI", "fit", "ink-2")
AHEAD = Mark("forecast, 80 and 95 % interval", "ahead", "fvc")
LEGEND = (Mark("FVC", "circle", "fvc"), Mark("DLCO", "square", "dlco"), LLN)


def chart(function: Function, trajectory: Trajectory | None = None) -> Chart | None:
    """None without a session before bronchodilator."""
    if not function.sessions:
        return None
    frame = frames.function(function)
    drawn = {} if frame.empty else {
        "percent": drawing.percent(frame, *_fitted(trajectory)),
        "z": drawing.z_score(frames.function(function, z=True)),
    }  # fmt: skip
    return Chart(
        key="function",
        title="Lung function",
        direction=UP_BETTER,
        legend=(*LEGEND, *_fit_legend(trajectory), *hollow(frame)),
        figures=drawn,
        summary=" ".join(filter(None, [_summary(function), summary(trajectory) if trajectory else ""])),
        table=Table(COLUMNS, tuple(_line(function, one) for one in reversed(function.sessions))),
    )


def ahead(trajectory: Trajectory | None) -> date | None:
    """The day that is forecast."""
    days = [one.fan[-1].date for one in trajectory.followed if one.fan] if trajectory else []
    return max(days, default=None)


def _fitted(trajectory: Trajectory | None) -> tuple[pd.DataFrame, pd.DataFrame] | tuple[()]:
    return (frames.lines(trajectory), frames.ahead(trajectory)) if trajectory else ()


def _fit_legend(trajectory: Trajectory | None) -> tuple[Mark, ...]:
    if trajectory is None or all(one.own.per_year is None for one in trajectory.followed):
        return ()
    return (FIT, *((AHEAD,) if ahead(trajectory) else ()))


def _summary(function: Function) -> str:
    said = [_course(name, course) for name, course in function.courses if course]
    return " ".join([*said, *_flagged(function), _references(function)]).strip()


def _course(name: str, course: Sequence[Reading]) -> str:
    now = next((one for one in reversed(course) if not one.held), course[-1])
    if now.reference is None:
        return f"{name} of {dated(now.session.date)} is not drawn. {now.why}."
    points = readings.percents([one for one in course if not one.held])
    steps = [changes.since_baseline(points), changes.since_last(points) if len(points) > 2 else None]
    value = f"{name} {decimals(now.reference.percent_predicted, 1)} % predicted on {dated(now.session.date)}"
    return f"{', '.join([value, *(told(step, 1, 'points') for step in steps if step)])}{_limit(course)}."


def _limit(course: Sequence[Reading]) -> str:
    since = readings.low_since(course)
    if since is None:
        return ""
    return f"; below the lower limit of normal since {dated(since)}"


def _flagged(function: Function) -> list[str]:
    named = [
        f"{name} of {dated(one.session.date)} (grade {one.grade})"
        for name, course in function.courses
        for one in course
        if one.flagged
    ]
    return [f"Hollow, of doubtful quality: {listed(named)}."] if named else []


def _references(function: Function) -> str:
    named = []
    for name, course in function.courses:
        bases = list(dict.fromkeys(one.basis for one in course if one.reference))
        if bases:
            named.append(f"{name} {', then '.join(bases)}")
    return f"Reference: {'; '.join(named)}." if named else ""


def _line(function: Function, session: PulmonaryFunctionTest) -> Line:
    fvc, dlco = function.at(session)
    grades = ", ".join(grade or "\u2013" for grade in (session.quality_fvc, session.quality_dlco))
    return Line(
        session.date,
        (
            *_cells(fvc, "Not in this session"),
            *_cells(dlco, readings.why_no_dlco(session)),
            Cell(grades),
        ),
    )


def _cells(one: Reading | None, why: str) -> tuple[Cell, Cell, Cell]:
    if one is None:
        return Cell(why=why), Cell(why=why), Cell(why=why)
    reference = one.reference
    return (
        Cell(decimals(one.value, 2), note="left out" if one.held else changes.QUALITY_MARK if one.flagged else ""),
        number(reference.percent_predicted if reference else None, 1, one.why),
        number(reference.z if reference else None, 2, one.why),
    )
