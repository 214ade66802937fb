"""The lung function that belongs to each of two CTs: the session nearest in time, and how far away it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from ildportal.pages import changes
from ildportal.pages.changes import Change, Point
from ildportal.pages.compare.choice import Side
from ildportal.pages.readings import Function, Reading

# Beyond this a session is no longer that of the CT.
WITHIN_DAYS = 180
NONE_NEAR = f"No session with it within {WITHIN_DAYS} days of this CT"
OTHER_BASIS = "The two do not have % predicted on one basis"


@dataclass(frozen=True, slots=True)
class Paired:
    """A reading and how many days it lies after its CT (negative: before)."""

    reading: Reading
    days: int

    @property
    def percent(self) -> float | None:
        return self.reading.reference.percent_predicted if self.reading.reference else None


@dataclass(frozen=True, slots=True)
class Line:
    """FVC or DLCO at both CTs; `change` in points of % predicted, `why` there is none."""

    name: str
    unit: str
    before: Paired | None
    now: Paired | None
    change: Change | None
    why: str


def lines(function: Function, before: Side, now: Side) -> Iterator[Line]:
    """FVC and DLCO."""
    units = {"FVC": "L", "DLCO": "mmol/min/kPa"}
    for name, course in function.courses:
        pair = [nearest(course, side.day) for side in (before, now)]
        change = _change(*pair)
        yield Line(name, units[name], pair[0], pair[1], change, "" if change else _why(*pair))


def nearest(course: Sequence[Reading], day: date) -> Paired | None:
    """The usable reading nearest to a day, the earlier of two as near; None beyond WITHIN_DAYS."""
    found = [Paired(one, (one.session.date - day).days) for one in course if not one.held]
    best = min(found, key=lambda one: (abs(one.days), one.days), default=None)
    return best if best and abs(best.days) <= WITHIN_DAYS else None


def _change(before: Paired | None, now: Paired | None) -> Change | None:
    if before is None or now is None or before.percent is None or now.percent is None:
        return None
    if before.reading.basis != now.reading.basis or before.reading.session == now.reading.session:
        return None
    points = (Point(one.reading.session.date, one.percent or 0.0, "", one.reading.flagged) for one in (before, now))
    return changes.between(*points)


def _why(before: Paired | None, now: Paired | None) -> str:
    if before is None or now is None:
        return NONE_NEAR
    same = before.reading.session == now.reading.session
    return "One and the same session is nearest to both CTs" if same else OTHER_BASIS
