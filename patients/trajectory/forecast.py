"""The value at a later date, with intervals of 80 % and 95 %, for a patient of a cohort.

Method "course": the cohort's mean course bends (a quadratic in the years since the first visit), each patient has an
own level and slope, and may leave the line for good (`wander`) or change speed (`drift`); see `reml`. The model's
normal intervals are then corrected by the cohort's own past: at every earlier visit of every patient the model
forecasts a later one that is known by now, and each limit is halfway between that of the model and the one that these
past forecasts needed (quantiles of their errors in units of their SD, each patient weighing the same; the idea of
conformal prediction, Vovk, Gammerman and Shafer 2005). docs/trajectory.md holds the measured coverage of this and of
the other methods, which are kept for that comparison.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from patients.trajectory import reml
from patients.trajectory.record import Record
from patients.trajectory.visits import (
    DAYS_PER_YEAR,
    DEFAULT,
    Excluded,
    Floats,
    History,
    Options,
    Quantity,
    histories,
    quantity,
)

if TYPE_CHECKING:
    import pandas as pd

LEVELS = (0.80, 0.95)
# A past forecast counts when its length is within this share of the wanted one.
ALIKE = (0.75, 1.25)
# Past forecasts start from two visits on: the earlier ones of most patients would be lost otherwise.
LEAST_BEFORE = 2
# With fewer patients behind it, a quantile of 2.5 % is one patient's doing.
LEAST_PATIENTS = 20


class Method(StrEnum):
    """How the cohort is modelled, and whether its past forecasts correct the intervals."""

    LINE = "line"
    COURSE = "course"
    PAST = "past forecasts only"
    CORRECTED = "course, corrected by past forecasts"


@dataclass(frozen=True, slots=True)
class Interval(Record):
    """The measured value is expected between `low` and `high` with the probability `level`."""

    level: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Forecast(Record):
    """One patient's value `months` after the last usable visit, in the unit; `expected` None where `missing` says why.

    `sd`: of the model, a new measurement's own error included. `patients`: in the cohort behind it; `past_forecasts`
    and `past_patients`: behind the correction of the intervals.
    """

    patient: Hashable
    quantity: str
    unit: str
    method: str
    n: int
    made_on: dt.date | None
    for_date: dt.date | None
    months: float
    expected: float | None
    sd: float | None
    intervals: tuple[Interval, ...]
    equation_set: str
    patients: int
    past_forecasts: int
    past_patients: int
    missing: str
    notes: tuple[str, ...]
    excluded: tuple[Excluded, ...]
    options: Options


@dataclass(frozen=True, slots=True)
class Past:
    """Errors of past forecasts in units of their SD, and the weight of each."""

    errors: Floats
    weights: Floats
    patients: int

    def quantile(self, share: float) -> float:
        """The smallest error with at least `share` of the weight at or below it."""
        order = np.argsort(self.errors)
        reached = np.cumsum(self.weights[order]) / self.weights.sum()
        return float(self.errors[order][min(int(np.searchsorted(reached, share)), len(order) - 1)])


@dataclass(frozen=True)
class Forecaster:
    """A cohort that has been fitted; `fit` makes one."""

    followed: Quantity
    options: Options
    method: Method
    model: reml.Fit
    histories: Mapping[Hashable, History]
    _past: dict[int, Past] = field(default_factory=dict, repr=False)

    @classmethod
    def fit(
        cls, frame: pd.DataFrame, followed: str, options: Options = DEFAULT, method: Method = Method.CORRECTED
    ) -> Forecaster:
        """Fits the cohort; columns and errors as in `visits.histories`.

        Raises:
            reml.TooFew: the cohort cannot bear the model; the text says why.
        """
        found = histories(frame, followed, options, as_one=True)
        return cls.of({history.patient: history for history in found}, quantity(followed), options, method)

    @classmethod
    def of(
        cls,
        known: Mapping[Hashable, History],
        followed: Quantity,
        options: Options = DEFAULT,
        method: Method = Method.CORRECTED,
    ) -> Forecaster:
        """As `fit`, from courses that were read before."""
        courses = [_course(history, method) for history in known.values() if history.dates]
        model = reml.fit(courses, () if method == Method.LINE else tuple(reml.PROCESSES))
        return cls(followed, options, method, model, dict(known))

    def forecast(self, patient: Hashable, months: float = 12) -> Forecast:
        """The patient's value `months` (of 365.25 / 12 days) after the last usable visit.

        Raises:
            KeyError: no such patient in the cohort.
        """
        return self.ahead(self.histories[patient], months)

    def ahead(self, history: History, months: float = 12) -> Forecast:
        """The same for any course, of the cohort or not."""
        if missing := self._why_none(history):
            return self._answer(history, months, None, None, (), None, missing)
        ahead = months / 12
        mean, sd = self._predict(history, np.array([history.years[-1] + ahead]))
        past = self.past(ahead) if self.method in (Method.PAST, Method.CORRECTED) else None
        intervals = tuple(self._interval(level, float(mean[0]), float(sd[0]), past) for level in LEVELS)
        return self._answer(history, months, float(mean[0]), float(sd[0]), intervals, past, "")

    def past(self, ahead: float) -> Past:
        """What the model, as fitted now, would have forecast at earlier visits `ahead` years on, against the truth.

        To the nearest month, which is finer than the forecasts that count as alike.
        """
        months = max(1, round(12 * ahead))
        if months not in self._past:
            self._past[months] = self._look_back(months / 12)
        return self._past[months]

    def _look_back(self, ahead: float) -> Past:
        errors: list[float] = []
        weights: list[float] = []
        patients = 0
        for history in self.histories.values():
            cuts = range(LEAST_BEFORE, len(history.dates))
            own = [error for cut in cuts for error in self._errors(history, cut, ahead)]
            errors += own
            weights += [1 / len(own) for _ in own]
            patients += bool(own)
        return Past(np.array(errors), np.array(weights), patients)

    def _errors(self, history: History, cut: int, ahead: float) -> list[float]:
        """Of the forecasts made with the first `cut` visits."""
        gaps = (history.years[cut:] - history.years[cut - 1]) / ahead
        later = cut + np.flatnonzero((gaps >= ALIKE[0]) & (gaps <= ALIKE[1]))
        if not len(later):
            return []
        mean, sd = self._predict(history.part(0, cut - 1), history.years[later])
        return [float(error) for error in (history.values[later] - mean) / sd]

    def _predict(self, history: History, times: Floats) -> tuple[Floats, Floats]:
        """Expected measurements and their SDs at `times`, years since the first visit."""
        found = reml.values_at(self.model, _course(history, self.method), _fixed(times, self.method), times)
        return found.mean, np.sqrt(np.diag(found.cov) + self.model.residual)

    def _interval(self, level: float, mean: float, sd: float, past: Past | None) -> Interval:
        from scipy.special import ndtri

        upper = float(ndtri(0.5 + level / 2))
        low, high = -upper, upper
        if past and past.patients >= LEAST_PATIENTS:
            share = 0.5 if self.method == Method.CORRECTED else 1.0
            low += share * (past.quantile(0.5 - level / 2) - low)
            high += share * (past.quantile(0.5 + level / 2) - high)
        return Interval(level, max(0.0, mean + low * sd), max(0.0, mean + high * sd))

    def _why_none(self, history: History) -> str:
        n, least = len(history.dates), self.options.least_visits
        return f"{n} usable visits; a forecast needs {least}" if n < least else ""

    def _answer(
        self,
        history: History,
        months: float,
        expected: float | None,
        sd: float | None,
        intervals: tuple[Interval, ...],
        past: Past | None,
        missing: str,
    ) -> Forecast:
        made_on = history.dates[-1] if history.dates else None
        return Forecast(
            patient=history.patient,
            quantity=self.followed.name,
            unit=self.followed.unit,
            method=str(self.method),
            n=len(history.dates),
            made_on=made_on,
            for_date=made_on + dt.timedelta(days=round(months / 12 * DAYS_PER_YEAR)) if made_on else None,
            months=months,
            expected=expected,
            sd=sd,
            intervals=intervals,
            equation_set=history.equation_set,
            patients=self.model.patients,
            past_forecasts=len(past.errors) if past else 0,
            past_patients=past.patients if past else 0,
            missing=missing,
            notes=self._notes(past),
            excluded=history.excluded,
            options=self.options,
        )

    def _notes(self, past: Past | None) -> tuple[str, ...]:
        notes = []
        if past and past.patients < LEAST_PATIENTS:
            notes.append(
                f"past forecasts of {past.patients} patients; the intervals are the model's own below {LEAST_PATIENTS}"
            )
        if not self.model.converged:
            notes.append("the search did not settle: the forecast is not to be relied on")
        return tuple(notes)


def _course(history: History, method: Method) -> reml.Course:
    return reml.Course(history.years, history.values, _fixed(history.years, method))


def _fixed(times: Floats, method: Method) -> Floats:
    """The mean course of the cohort: straight, or bent."""
    columns = [np.ones_like(times), times]
    return np.column_stack(columns if method == Method.LINE else [*columns, times**2])
