"""Which measurements of a patient belong to one course, and which were left out and why.

The table that everything in this package takes, one row a test session; the names are those of the records:

| column | needed | what it holds |
|---|---|---|
| patient | always | any key; rows of one key are one patient |
| date | always | day of the session |
| fvc_l | for `fvc` | L |
| dlco_mmol_min_kpa, dlco_hb_mmol_min_kpa | for `dlco`, `dlco_hb` | mmol/min/kPa |
| fvc_percent, dlco_percent, dlco_hb_percent | for these | % predicted |
| fvc_equation_set, dlco_equation_set | for % predicted | the set behind it, never blank |
| quality_fvc, quality_dlco | no | grade A to F, U; blank is ungraded |
| held_fvc, held_dlco | no | why the value must not be used; blank: it may |
| bronchodilator | no | pre, post; blank is not known |
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from patients.trajectory.record import Record

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Quantity(Record):
    """What is followed: its column, the factor from there to `unit`, and the columns that say what it is worth."""

    name: str
    column: str
    unit: str
    quality: str
    equation_set: str = ""
    factor: float = 1.0

    @property
    def held(self) -> str:
        """The column that may keep a value out."""
        return self.quality.replace("quality", "held")


QUANTITIES = {
    quantity.name: quantity
    for quantity in (
        Quantity("fvc", "fvc_l", "mL", "quality_fvc", factor=1000),
        Quantity("fvc_percent", "fvc_percent", "% predicted", "quality_fvc", "fvc_equation_set"),
        Quantity("dlco", "dlco_mmol_min_kpa", "mmol/min/kPa", "quality_dlco"),
        Quantity("dlco_percent", "dlco_percent", "% predicted", "quality_dlco", "dlco_equation_set"),
        Quantity("dlco_hb", "dlco_hb_mmol_min_kpa", "mmol/min/kPa", "quality_dlco"),
        Quantity("dlco_hb_percent", "dlco_hb_percent", "% predicted", "quality_dlco", "dlco_equation_set"),
    )
}


@dataclass(frozen=True, slots=True)
class Options(Record):
    """What counts as a usable visit, and how many of them a slope needs.

    `grades`: acceptability that is fitted, blank for ungraded. `bronchodilator`: blank for not known. `equation_set`:
    None takes the set with the most usable visits (of the patient, or of the cohort where it is fitted as one).
    `least_visits`: fewer give no interval. `shortest_days`: visits closer together than this show noise, no slope.
    `level`: of the confidence interval.
    """

    grades: tuple[str, ...] = ("A", "B", "C", "")
    bronchodilator: tuple[str, ...] = ("pre", "")
    equation_set: str | None = None
    least_visits: int = 3
    shortest_days: int = 90
    level: float = 0.95


DEFAULT = Options()


@dataclass(frozen=True, slots=True)
class Excluded(Record):
    """A measurement that was left out."""

    date: dt.date | None
    reason: str


@dataclass(frozen=True, slots=True)
class History(Record):
    """The usable visits of one patient in order, one a day: `years` since the first, `values` in the unit."""

    patient: Hashable
    dates: tuple[dt.date, ...]
    years: Floats
    values: Floats
    equation_set: str
    excluded: tuple[Excluded, ...]

    def part(self, first: int, last: int) -> History:
        """The visits from index `first` to `last`, both included; years still count from the first of all."""
        chosen = slice(first, last + 1)
        return History(
            self.patient, self.dates[chosen], self.years[chosen], self.values[chosen], self.equation_set, self.excluded
        )


def quantity(name: str) -> Quantity:
    """The quantity of that name.

    Raises:
        ValueError: there is none; the text lists them.
    """
    if name not in QUANTITIES:
        raise ValueError(f"{name!r} is not followed; these are: {', '.join(QUANTITIES)}")
    return QUANTITIES[name]


def histories(frame: pd.DataFrame, followed: str, options: Options = DEFAULT, *, as_one: bool = False) -> list[History]:
    """The course of each patient, in the order of their first rows; none is dropped, a course may be empty.

    Args:
        frame: as the module says.
        followed: a name of QUANTITIES.
        as_one: one equation set for all patients, because they will be fitted together.

    Raises:
        ValueError: a column is missing, or the quantity is unknown.
    """
    rows = _rows(frame, quantity(followed), options)
    common = options.equation_set or (_most_used(rows) if as_one else None)
    return [_history(key, list(own), common) for key, own in _by_patient(rows).items()]


@dataclass(frozen=True, slots=True)
class _Row:
    patient: Hashable
    date: dt.date | None
    value: float
    equation_set: str
    reason: str


def _rows(frame: pd.DataFrame, followed: Quantity, options: Options) -> list[_Row]:
    import pandas as pd

    needed = ["patient", "date", followed.column, *([followed.equation_set] if followed.equation_set else [])]
    if missing := [name for name in needed if name not in frame]:
        raise ValueError(f"the table has no column {', '.join(missing)}; {followed.name} needs {', '.join(needed)}")
    days = [None if pd.isna(day) else day.date() for day in pd.to_datetime(frame["date"])]
    values = followed.factor * pd.to_numeric(frame[followed.column]).to_numpy(dtype=np.float64, na_value=np.nan)
    columns = (followed.equation_set, followed.quality, "bronchodilator", followed.held)
    texts = (_texts(frame, name) for name in columns)
    rows = []
    for key, day, value, used, grade, when, held in zip(frame["patient"], days, values, *texts, strict=True):
        if np.isnan(value):
            continue  # a session without this measure is no visit of it
        reason = held or _reason(day, value, grade, when, options)
        if not reason and followed.equation_set and not used:
            reason = "equation set not known"
        rows.append(_Row(key, day, float(value), used, reason))
    return rows


def _reason(day: dt.date | None, value: float, grade: str, when: str, options: Options) -> str:
    if day is None:
        return "no date"
    if not 0 < value < np.inf:
        return f"{value:g} is not a positive number"
    if grade not in options.grades:
        return f"quality {grade or 'not graded'}"
    if when not in options.bronchodilator:
        return f"{when or 'unknown'} bronchodilator"
    return ""


def _history(key: Hashable, rows: list[_Row], common: str | None) -> History:
    chosen = common or _most_used(rows)
    left_out = [Excluded(row.date, row.reason) for row in rows if row.reason]
    by_day: dict[dt.date, list[float]] = {}
    for row in rows:
        if row.reason or row.date is None:
            continue
        if row.equation_set != chosen and row.equation_set:
            left_out.append(Excluded(row.date, f"equation set {row.equation_set}, fitted with {chosen}"))
        else:
            by_day.setdefault(row.date, []).append(row.value)
    for day, values in by_day.items():
        if len(values) > 1:
            same = len(set(values)) == 1
            why = "the same value twice on this day, counted once" if same else "two different values on one day"
            left_out += [Excluded(day, why)] * (len(values) - 1 if same else len(values))
    days = sorted(day for day, values in by_day.items() if len(set(values)) == 1)
    return History(
        patient=key,
        dates=tuple(days),
        years=np.array([(day - days[0]).days / DAYS_PER_YEAR for day in days]),
        values=np.array([by_day[day][0] for day in days]),
        equation_set=chosen,
        excluded=tuple(sorted(left_out, key=lambda one: (one.date or dt.date.min, one.reason))),
    )


def _most_used(rows: Sequence[_Row]) -> str:
    """The set with the most usable visits, of equals the one used last; blank where the quantity has none."""
    used = [row for row in rows if not row.reason and row.date is not None]
    counts, latest = Counter(row.equation_set for row in used), {row.equation_set: row.date for row in _in_time(used)}
    return max(counts, key=lambda name: (counts[name], latest[name] or dt.date.min, name), default="")


def _in_time(rows: Sequence[_Row]) -> list[_Row]:
    return sorted(rows, key=lambda row: row.date or dt.date.min)


def _by_patient(rows: Sequence[_Row]) -> dict[Hashable, list[_Row]]:
    grouped: dict[Hashable, list[_Row]] = {}
    for row in rows:
        grouped.setdefault(row.patient, []).append(row)
    return grouped


def _texts(frame: pd.DataFrame, name: str) -> list[str]:
    """A column of words, blank where there is none."""
    if name not in frame:
        return [""] * len(frame)
    return ["" if _missing(value) else str(value) for value in frame[name]]


def _missing(value: Any) -> bool:
    import pandas as pd

    return bool(pd.isna(value))
