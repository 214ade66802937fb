"""The timeline of a patient: everything dated on one axis, for the eye, in words and as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ildportal.pages.ct import CTView
from ildportal.pages.goh import Extent
from ildportal.pages.readings import Function
from ildportal.pages.timeline import ct, function, lanes, span
from ildportal.pages.timeline.cautions import Caution, cautions
from ildportal.pages.timeline.chart import Chart
from ildportal.pages.timeline.lanes import Bar, CTMark, Diamond
from ildportal.pages.timeline.visits import visits
from patients.models import Patient, Treatment
from patients.selectors import CourseEvent
from patients.trajectories import Trajectory
from quant.models import Quantification
from quant.repeatability import NONE_KNOWN, Limits


@dataclass(frozen=True, slots=True)
class Timeline:
    """`data` goes to static/timeline.js as JSON: ranges of the axis, figures and the values at each visit."""

    charts: tuple[Chart, ...]
    bars: list[Bar]
    lanes: int
    events: list[Diamond]
    marks: list[CTMark]
    cautions: list[Caution]
    data: dict[str, Any]

    @property
    def without_patterns(self) -> bool:
        """The CT marks then have no chart under which to lie."""
        return all(chart.key != "patterns" for chart in self.charts)


def build(
    patient: Patient,
    function_read: Function,
    history: Sequence[Quantification],
    views: Sequence[CTView],
    extents: Mapping[int, Extent],
    course: tuple[Sequence[Treatment], Sequence[CourseEvent]],
    today: date,
    trajectory: Trajectory | None = None,
    limits: Limits = NONE_KNOWN,
) -> Timeline | None:
    """None when nothing about the patient is dated. Makes no query of its own."""
    treatments, events = course
    scans = [view.row.study.date for view in views if view.row.study.date]
    measured = [*(one.date for one in function_read.sessions), *scans]
    bars, diamonds = lanes.bars(treatments), lanes.diamonds(events)
    others = [*(one.starts for one in bars), *(one.day for one in diamonds)]
    axis = span.of(measured, others, today, patient.death_date, function.ahead(trajectory))
    if axis is None:
        return None
    charts = (function.chart(function_read, trajectory), *_scans(history, views, extents, limits))
    drawn = tuple(chart for chart in charts if chart is not None)
    return Timeline(
        charts=drawn,
        bars=bars,
        lanes=1 + max((bar.lane for bar in bars), default=-1),
        events=diamonds,
        marks=lanes.marks(views),
        cautions=cautions(function_read, history),
        data={
            "ranges": axis.ranges(),
            "ends": axis.ends.isoformat(),
            "figures": {chart.key: chart.figures for chart in drawn if chart.figures},
            "visits": visits(function_read, history, extents),
        },
    )


def _scans(
    history: Sequence[Quantification], views: Sequence[CTView], extents: Mapping[int, Extent], limits: Limits
) -> tuple[Chart | None, ...]:
    lobes = {one.pk: [line.lobe for line in view.lobes] for view in views if (one := view.row.quantification)}
    return ct.patterns(history, limits), ct.severity(history, lobes, limits), ct.goh(history, extents, limits)
