"""The value at a later date, with intervals of 80 % and 95 %, for a patient of a cohort.

The expected value and its SD are those of `cohort.CohortModel`. Its normal intervals are corrected by the cohort's own
past: at every earlier visit of every patient the model forecasts a later one that is known by now, and each limit is
halfway between the model's and the one that these past forecasts needed (see `past`; the idea of conformal prediction,
Vovk, Gammerman and Shafer 2005). The model alone is too wide or narrow where errors are not normal, the past alone
lags behind courses that change. docs/trajectory.md holds the measured coverage of this and the other methods.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from patients.trajectory.cohort import CohortModel, Method
from patients.trajectory.past import Limits, Past, look_back
from patients.trajectory.record import Record
from patients.trajectory.visits import DAYS_PER_YEAR, DEFAULT, Excluded, History, Options, Quantity, histories, quantity

if TYPE_CHECKING:
    import pandas as pd

LEVELS = (0.80, 0.95)
# Fewer patients say nothing about a quantile of 2.5 %.
LEAST_PATIENTS = 20


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
class Fan(Record):
    """What would be measured on a day ahead."""

    date: dt.date
    expected: float
    intervals: tuple[Interval, ...]


@dataclass(frozen=True)
class Forecaster:
    """A cohort that has been fitted; `fit` makes one."""

    followed: Quantity
    options: Options
    model: CohortModel
    histories: Mapping[Hashable, History]
    _past: dict[int, Past | Limits] = field(default_factory=dict, repr=False)

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
        return cls(followed, options, CohortModel.fit(list(known.values()), method), dict(known))

    def forecast(self, patient: Hashable, months: float = 12) -> Forecast:
        """The patient's value `months` (of 365.25 / 12 days) after the last usable visit.

        Raises:
            KeyError: no such patient in the cohort.
        """
        return self.ahead(self.histories[patient], months)

    def ahead(self, history: History, months: float = 12) -> Forecast:
        """The same for any course, of the cohort or not."""
        n, least = len(history.dates), self.options.least_visits
        if n < least:
            return replace(self._empty(history, months), missing=f"{n} usable visits; a forecast needs {least}")
        when = float(history.years[-1]) + months / 12
        mean, sd = (float(numbers[0]) for numbers in self.model.predict(history, np.array([when])))
        past = self.past(months) if self.model.method.looks_back else None
        return replace(
            self._empty(history, months),
            expected=mean,
            sd=sd,
            intervals=tuple(self._interval(level, mean, sd, past) for level in LEVELS),
            past_forecasts=past.forecasts if past else 0,
            past_patients=past.patients if past else 0,
            notes=self._notes(past, when),
        )

    def fan(self, history: History, months: float = 12, steps: int = 6) -> list[Fan]:
        """The forecast on the way there, from the day of the last usable visit; empty where there is none.

        Between now and `months` the interval has the shape of the model's, widened as at `months`.
        """
        if len(history.dates) < self.options.least_visits:
            return []
        past = self.past(months) if self.model.method.looks_back else None
        years = np.linspace(0, months / 12, steps + 1)
        mean, sd = self.model.predict(history, history.years[-1] + years)
        return [
            Fan(
                history.dates[-1] + dt.timedelta(days=round(float(ahead) * DAYS_PER_YEAR)),
                float(expected),
                tuple(self._interval(level, float(expected), float(own), past) for level in LEVELS),
            )
            for ahead, expected, own in zip(years, mean, sd, strict=True)
        ]

    def past(self, months: float) -> Past | Limits:
        """How the model, as fitted now, would have forecast `months` ahead at earlier visits; to the whole month."""
        whole = max(1, round(months))
        if whole not in self._past:
            self._past[whole] = look_back(self.model, list(self.histories.values()), whole / 12)
        return self._past[whole]

    def _interval(self, level: float, mean: float, sd: float, past: Past | Limits | None) -> Interval:
        from scipy.special import ndtri

        upper = float(ndtri(0.5 + level / 2))
        low, high = -upper, upper
        if past and past.patients >= LEAST_PATIENTS:
            share = 0.5 if self.model.method == Method.CORRECTED else 1.0
            low += share * (past.quantile(0.5 - level / 2) - low)
            high += share * (past.quantile(0.5 + level / 2) - high)
        return Interval(level, max(0.0, mean + low * sd), max(0.0, mean + high * sd))

    def _empty(self, history: History, months: float) -> Forecast:
        made_on = history.dates[-1] if history.dates else None
        return Forecast(
            patient=history.patient,
            quantity=self.followed.name,
            unit=self.followed.unit,
            method=self.model.says,
            n=len(history.dates),
            made_on=made_on,
            for_date=made_on + dt.timedelta(days=round(months / 12 * DAYS_PER_YEAR)) if made_on else None,
            months=months,
            expected=None,
            sd=None,
            intervals=(),
            equation_set=history.equation_set,
            patients=self.model.fitted.patients,
            past_forecasts=0,
            past_patients=0,
            missing="",
            notes=(),
            excluded=history.excluded,
            options=self.options,
        )

    def _notes(self, past: Past | Limits | None, when: float) -> tuple[str, ...]:
        few = past is not None and past.patients < LEAST_PATIENTS
        of = past.patients if past else 0
        said = {
            f"only {of} patients have past forecasts: the intervals are the model's alone": few,
            "the search did not settle: not to be relied on": not self.model.fitted.converged,
            "no patient of the cohort was followed that long": when > self.model.longest_years,
        }
        return tuple(text for text, holds in said.items() if holds)
