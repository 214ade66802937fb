"""Changes between visits: named only where both numbers were made the same way, marked where not.

A change is judged only against the repeatability limit of the engine that made both numbers: within it there is no
measurable change, beyond it the change is boxed. Where no limit is known, none is called better or worse.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ildportal.pages.goh import Extent
from patients.progression.logic import Truth, exceeds
from quant.models import Quantification
from quant.models.measures import ScoreSource
from quant.repeatability import NONE_KNOWN, Limits

ENGINE_MARK, QUALITY_MARK = "†", "‡"
FIRST = "First measured CT of this patient"
OTHER_ENGINE = "Earlier CTs were measured by another engine version or with other settings"


@dataclass(frozen=True, slots=True)
class Point:
    """A number at a visit. Points of one `method` are comparable; `flagged`: of doubtful quality.

    limit: repeatability limit of the method in the unit of the value; None where it is not known.
    """

    date: date
    value: float | Decimal
    method: str = ""
    flagged: bool = False
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Later minus earlier, unrounded; `marks` † across engines, ‡ from or to a doubtful number: never judged."""

    value: float | Decimal
    since: date
    marks: str = ""
    limit: float | None = None

    @property
    def beyond(self) -> Truth:
        """Whether more than nothing was measured; None where that cannot be told."""
        return exceeds(abs(float(self.value)), self.limit) if self.limit is not None and not self.marks else None

    @property
    def rose(self) -> bool:
        return self.value > 0


def between(earlier: Point, later: Point) -> Change:
    marks = ENGINE_MARK if earlier.method != later.method else ""
    if earlier.flagged or later.flagged:
        marks += QUALITY_MARK
    difference = Decimal(str(later.value)) - Decimal(str(earlier.value))
    return Change(difference, earlier.date, marks, later.limit)


def since_baseline(points: Sequence[Point]) -> Change | None:
    """From the first to the last of these points in order of time; None with fewer than two."""
    return between(points[0], points[-1]) if len(points) > 1 else None


def since_last(points: Sequence[Point]) -> Change | None:
    """From the last but one to the last; None with fewer than two."""
    return between(points[-2], points[-1]) if len(points) > 1 else None


def ct_points(numbers: Iterable[Quantification], field: str, limits: Limits = NONE_KNOWN) -> list[Point]:
    """`field` of each quantification that has it, at the date of its CT; undated ones are left out."""
    return [
        Point(one.series.study.date, value, method(one), not one.accepted, limits.of(one, field))
        for one in numbers
        if (value := getattr(one, field)) is not None and one.series.study.date is not None
    ]


def goh_points(
    history: Iterable[Quantification], extents: Mapping[int, Extent], limits: Limits = NONE_KNOWN
) -> list[Point]:
    """Goh extent of each quantification that has all five levels; another source of scores is another method."""
    return [
        Point(day, mean, method(one) + extents[one.pk].method, not one.accepted, _goh_limit(one, extents, limits))
        for one in history
        if one.pk in extents
        and (mean := extents[one.pk].mean) is not None
        and (day := one.series.study.date) is not None
    ]


def method(one: Quantification) -> str:
    """What must be equal for two quantifications to be compared."""
    return json.dumps([one.engine, one.engine_version, one.weights, one.settings], sort_keys=True)


def against_previous(
    history: Iterable[Quantification], now: Quantification, day: date, limits: Limits = NONE_KNOWN
) -> Change | str:
    """Change of lesion % against the patient's previous comparable CT before `day`, or why there is none."""
    if now.lesion_percent is None:
        return "Lesion % is missing"
    earlier = [point for point in ct_points(history, "lesion_percent") if point.date < day]
    alike = [point for point in earlier if point.method == method(now)]
    if not alike:
        return OTHER_ENGINE if earlier else FIRST
    limit = limits.of(now, "lesion_percent")
    return between(alike[-1], Point(day, now.lesion_percent, method(now), not now.accepted, limit))


def _goh_limit(one: Quantification, extents: Mapping[int, Extent], limits: Limits) -> float | None:
    """That of the engine; a reader's scores are not the engine's."""
    return None if extents[one.pk].source == ScoreSource.READER else limits.of(one, "goh_extent_percent")
