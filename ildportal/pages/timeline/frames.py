"""The tables that the charts draw (columns: ildportal.charts)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ildportal.charts.ink import COLUMNS
from ildportal.pages import changes
from ildportal.pages.flags import flags
from ildportal.pages.goh import LEVELS, Extent
from ildportal.pages.numbers import decimals
from ildportal.pages.readings import Function, Reading
from patients.trajectories import Trajectory
from quant.models import Quantification

if TYPE_CHECKING:
    import pandas as pd

    from patients.trajectory.followed import Followed

STEPS = 12
PERCENTS = {
    "Lesion % (TLV%)": "lesion_percent",
    "GGO": "ground_glass_percent",
    "Consolidation": "consolidation_percent",
    "Reticulation": "reticulation_percent",
    "Honeycombing": "honeycombing_percent",
}


def function(readings: Function, *, z: bool = False) -> pd.DataFrame:
    """FVC and DLCO in % predicted, or as z-scores; sessions without a reference are left out."""
    rows = [
        (*_session(name, one, z=z), -1.645 if z else one.lln_percent)
        for name, course in (("FVC", readings.fvc), ("DLCO", readings.dlco))
        for one in course
        if one.reference is not None
    ]
    return _frame(rows, (*COLUMNS, "lln"))


def lines(found: Trajectory) -> pd.DataFrame:
    """The fitted lines in % predicted with their intervals, at every month or so."""
    return _frame([row for one in _in_percent(found) for row in _line(one)], ("date", "name", "value", "low", "high"))


def ahead(found: Trajectory) -> pd.DataFrame:
    """The forecast in % predicted; `low_80` and its like are the limits of its intervals."""
    rows = [
        (
            point.date.isoformat(),
            "FVC",
            point.expected,
            *(each for one in point.intervals for each in (one.low, one.high)),
        )
        for one in _in_percent(found)
        for point in one.fan
    ]
    return _frame(rows, ("date", "name", "value", "low_80", "high_80", "low_95", "high_95"))


def _in_percent(found: Trajectory) -> list[Followed]:
    return [one for one in found.followed if one.quantity != "fvc"]


def _line(one: Followed) -> Iterator[tuple[Any, ...]]:
    """A few points: the interval is curved, the line is not."""
    own, name = one.own, "FVC" if one.quantity.startswith("fvc") else "DLCO"
    if own.per_year is None or own.first is None:
        return
    for step in range(STEPS + 1):
        years = own.years * step / STEPS
        yield (
            (own.first + timedelta(days=round(years * 365.25))).isoformat(),
            name,
            *(math.nan if one is None else one for one in own.at(years)),
        )


def patterns(history: Sequence[Quantification]) -> pd.DataFrame:
    """Lesion % and the patterns, in % of the lung volume."""
    values = [
        (one, name, value)
        for one in history
        for name, field in PERCENTS.items()
        if (value := getattr(one, field)) is not None
    ]
    return _frame(_ct(one, name, value) for one, name, value in values)


def severity(history: Sequence[Quantification]) -> pd.DataFrame:
    return _frame(_ct(one, "Severity", one.severity_total) for one in history if one.severity_total is not None)


def goh(history: Sequence[Quantification], extents: Mapping[int, Extent]) -> pd.DataFrame:
    """TOT of each level of the CTs that have all five; `gg` and `ret` in words."""
    complete = [(one, extents[one.pk]) for one in history if one.pk in extents and extents[one.pk].mean is not None]
    # Two bars of one day would be stacked upon each other: the later CT counts.
    days = {one.series.study.date: (one, extent) for one, extent in complete}
    rows = (
        (*_ct(one, str(level), float(score.tot or 0), f" {extent.method}"), _part(score.gg), _part(score.ret))
        for one, extent in days.values()
        for level, score in zip(LEVELS, extent.scores, strict=True)
        if score is not None
    )
    return _frame(rows, (*COLUMNS, "gg", "ret"))


def _part(value: float | None) -> str:
    return "not scored" if value is None else f"{decimals(value, 0)} %"


def label(one: Quantification) -> str:
    return "simulated" if one.is_simulated else f"{one.engine} {one.engine_version}"


def parting(before: Quantification, after: Quantification) -> str:
    """How the method of two neighbours differs, in words."""
    old, new = label(before), label(after)
    return f"Engine changed from {old} to {new}" if old != new else f"Settings of {new} changed"


def doubts(one: Quantification) -> str:
    """Why the engine does not vouch for the numbers; empty when it does."""
    if one.accepted:
        return ""
    return ", ".join(flag.name for flag in flags(one.series, one)) or "needs review"


def _session(name: str, one: Reading, *, z: bool) -> tuple[Any, ...]:
    assert one.reference is not None  # noqa: S101
    value = one.reference.z if z else one.reference.percent_predicted
    return (one.session.date.isoformat(), name, value, one.basis, one.basis, one.flagged, False, _told(name, one))


def _told(name: str, one: Reading) -> str:
    """What the tooltip says besides the value that is drawn."""
    assert one.reference is not None  # noqa: S101
    unit = "L" if name == "FVC" else "mmol/min/kPa"
    percent, z = decimals(one.reference.percent_predicted, 1), decimals(one.reference.z, 2)
    beside = f"{decimals(one.value, 2)} {unit}, {percent} %, z {z}"
    limit = f"{'below' if one.is_low else 'not below'} LLN {decimals(one.lln_percent, 1)} %"
    return "<br>".join([beside, limit, *([f"grade {one.grade}"] if one.flagged else [])])


def _ct(one: Quantification, name: str, value: float, source: str = "") -> tuple[Any, ...]:
    day = one.series.study.date
    assert day is not None  # noqa: S101
    return (
        day.isoformat(), name, value, changes.method(one) + source, label(one) + source, not one.accepted,
        one.is_simulated, doubts(one),
    )  # fmt: skip


def _frame(rows: Iterable[tuple[Any, ...]], columns: Sequence[str] = COLUMNS) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows), columns=list(columns))
