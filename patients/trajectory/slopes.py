"""The straight line through one patient's visits by ordinary least squares, and the lines of its windows.

A slope is of the quantity's unit a year (days / 365.25) with the t interval of n - 2 degrees of freedom. Two traps:
a slope in % predicted is in points a year, `percent_of_start_per_year` is relative to where the line starts; and
mL and % predicted need not agree, because the predicted value falls with age.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from patients.progression.months import add_months
from patients.trajectory.record import Record
from patients.trajectory.visits import DEFAULT, Excluded, Floats, History, Options, Quantity, histories, quantity

if TYPE_CHECKING:
    import pandas as pd

OWN_LINE = "ordinary least squares"
# RELIEF (Behr et al., Lancet Respir Med 2021;9:476-86): calendar months, both included, as `progression.relief`.
WINDOW_MONTHS = (6, 24)


@dataclass(frozen=True, slots=True)
class Slope(Record):
    """One line. Numbers are None where `missing` says why; `low` and `high` also where two visits leave no interval.

    `at_start`: the line at `first`, in the unit. `cov`: covariance of (at_start, per_year); `df`: degrees of freedom
    of the interval, None for the normal distribution. `residual_sd`: scatter of one visit about the line.
    """

    patient: Hashable
    quantity: str
    unit: str
    method: str
    n: int
    first: dt.date | None
    last: dt.date | None
    equation_set: str
    per_year: float | None
    low: float | None
    high: float | None
    at_start: float | None
    percent_of_start_per_year: float | None
    residual_sd: float | None
    cov: tuple[tuple[float, float], tuple[float, float]] | None
    df: int | None
    missing: str
    notes: tuple[str, ...]
    excluded: tuple[Excluded, ...]
    options: Options

    @property
    def years(self) -> float:
        """From the first visit to the last."""
        return (self.last - self.first).days / 365.25 if self.first and self.last else 0.0

    def at(self, years: float) -> tuple[float, float | None, float | None]:
        """The line so many years after the first visit, with the interval of the mean there (None without one).

        Raises:
            ValueError: there is no line.
        """
        if self.per_year is None or self.at_start is None:
            raise ValueError(self.missing)
        value = self.at_start + self.per_year * years
        if self.cov is None:
            return value, None, None
        (of_start, both), (_, of_slope) = self.cov
        half = self.quantile() * max(0.0, of_start + 2 * years * both + years**2 * of_slope) ** 0.5
        return value, value - half, value + half

    def quantile(self) -> float:
        """How many standard errors the interval reaches to each side."""
        from scipy.special import ndtri, stdtrit

        upper = 0.5 + self.options.level / 2
        return float(ndtri(upper) if self.df is None else stdtrit(self.df, upper))


def slopes(frame: pd.DataFrame, followed: str, options: Options = DEFAULT) -> list[Slope]:
    """One slope a patient, in the order of their first rows; columns and errors as in `visits.histories`."""
    return [own_line(history, quantity(followed), options) for history in histories(frame, followed, options)]


def own_line(history: History, followed: Quantity, options: Options = DEFAULT) -> Slope:
    """The least-squares line of one patient."""
    empty = no_line(history, followed, options, OWN_LINE)
    if missing := why_none(history, options):
        return replace(empty, missing=missing)
    n = len(history.years)
    times = history.years - history.years[0]
    centred = times - times.mean()
    per_year = float(centred @ history.values / (centred @ centred))
    at_start = float(history.values.mean() - per_year * times.mean())
    line = replace(empty, per_year=per_year, at_start=at_start, percent_of_start_per_year=relative(per_year, at_start))
    if n < max(3, options.least_visits):
        return replace(line, notes=(f"{n} visits: no interval can be given",))
    residuals = history.values - at_start - per_year * times
    return _with_interval(line, per_year, times, float(residuals @ residuals / (n - 2)))


def _with_interval(line: Slope, per_year: float, times: Floats, variance: float) -> Slope:
    """The line with the interval that this variance of one visit gives it."""
    from scipy.special import stdtrit

    n, spread = len(times), float(((times - times.mean()) ** 2).sum())
    of_slope = variance / spread
    both = -float(times.mean()) * of_slope
    of_start = variance / n + float(times.mean()) ** 2 * of_slope
    half = float(stdtrit(n - 2, 0.5 + line.options.level / 2)) * of_slope**0.5
    return replace(
        line,
        low=per_year - half,
        high=per_year + half,
        residual_sd=variance**0.5,
        cov=((of_start, both), (both, of_slope)),
        df=n - 2,
    )


def windows(
    history: History, followed: Quantity, options: Options = DEFAULT, *, months: tuple[int, int] = WINDOW_MONTHS
) -> Iterator[Slope]:
    """The line of every stretch of visits that spans so many calendar months, both limits included.

    A stretch runs from one usable visit to another with all between, `options.least_visits` at least; ordered by its
    end, then by its start.
    """
    shortest, longest = months
    for last, end in enumerate(history.dates):
        for first in range(last - options.least_visits + 2):
            if add_months(end, -longest) <= history.dates[first] <= add_months(end, -shortest):
                yield own_line(history.part(first, last), followed, options)


def steepest(lines: Sequence[Slope]) -> Slope | None:
    """The line that falls fastest, of equals the earliest; None where there is none."""
    with_number = [(line.per_year, i, line) for i, line in enumerate(lines) if line.per_year is not None]
    return min(with_number)[2] if with_number else None


def relative(per_year: float, at_start: float) -> float | None:
    """% of the start a year; None where the line starts at or below 0."""
    return 100 * per_year / at_start if at_start > 0 else None


def why_none(history: History, options: Options) -> str:
    """Why no line can be drawn; blank where one can."""
    n = len(history.dates)
    if n < 2:
        return f"{n} usable visit{'' if n == 1 else 's'}; a slope needs {options.least_visits}"
    if (days := (history.dates[-1] - history.dates[0]).days) < options.shortest_days:
        return f"the visits span {days} days; a slope needs {options.shortest_days}"
    return ""


def no_line(history: History, followed: Quantity, options: Options, method: str) -> Slope:
    """Everything that is known of a patient before a line is drawn."""
    return Slope(
        patient=history.patient,
        quantity=followed.name,
        unit=followed.unit,
        method=method,
        n=len(history.dates),
        first=history.dates[0] if history.dates else None,
        last=history.dates[-1] if history.dates else None,
        equation_set=history.equation_set,
        per_year=None,
        low=None,
        high=None,
        at_start=None,
        percent_of_start_per_year=None,
        residual_sd=None,
        cov=None,
        df=None,
        missing="",
        notes=(),
        excluded=history.excluded,
        options=options,
    )
