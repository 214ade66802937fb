"""The courses of a cohort as one model, from which a single patient's is forecast.

The mean course may bend (a quadratic in the years since the first visit, where the data speak for it), each patient
has an own level and slope, and may leave the line for good (`wander`) or change speed (`drift`); see `reml`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from patients.trajectory import reml
from patients.trajectory.visits import Floats, History

# The mean course bends when its quadratic term is this many standard errors from 0.
BEND_AT = 2.0


class Method(StrEnum):
    """How the cohort is modelled, and what the intervals of a forecast rest on."""

    LINE = "line"
    COURSE = "course"
    PAST = "past"
    CORRECTED = "corrected"

    @property
    def looks_back(self) -> bool:
        """Past forecasts have a say in the intervals."""
        return self in (Method.PAST, Method.CORRECTED)


SAYS = {
    Method.LINE: "linear mixed model, random intercept and slope, REML",
    Method.COURSE: "mixed model with own line, wander and drift, REML",
    Method.PAST: "mixed model with own line, wander and drift, REML; intervals of its past forecasts",
    Method.CORRECTED: "mixed model with own line, wander and drift, REML; intervals corrected by its past forecasts",
}


@dataclass(frozen=True, slots=True)
class CohortModel:
    """A fitted cohort; `bent` says that the mean course is, `longest_years` how long anyone was followed."""

    method: Method
    fitted: reml.Fit
    bent: bool
    longest_years: float

    @classmethod
    def fit(cls, histories: Sequence[History], method: Method) -> CohortModel:
        """Fits all courses that are not empty.

        Raises:
            reml.TooFew: the cohort cannot bear it.
        """
        seen = [history for history in histories if history.dates]
        longest = max((float(history.years[-1]) for history in seen), default=0.0)
        if method == Method.LINE:
            return cls(method, reml.fit(_courses(seen, bent=False)), False, longest)
        processes = tuple(reml.PROCESSES)
        bent = reml.fit(_courses(seen, bent=True), processes)
        if abs(bent.beta[2]) > BEND_AT * np.sqrt(bent.beta_cov[2, 2]):
            return cls(method, bent, True, longest)
        return cls(method, reml.fit(_courses(seen, bent=False), processes), False, longest)

    @property
    def says(self) -> str:
        """The method in words, for results."""
        return SAYS[self.method] + ("; the mean course bends" if self.bent else "")

    def predict(self, history: History, times: Floats) -> tuple[Floats, Floats]:
        """Expected measurements of a patient at `times` (years since the first visit), and their SDs."""
        found = reml.values_at(self.fitted, _course(history, bent=self.bent), _fixed(times, bent=self.bent), times)
        return found.mean, np.sqrt(np.diag(found.cov) + self.fitted.residual)


def _courses(histories: Sequence[History], *, bent: bool) -> list[reml.Course]:
    return [_course(history, bent=bent) for history in histories]


def _course(history: History, *, bent: bool) -> reml.Course:
    return reml.Course(history.years, history.values, _fixed(history.years, bent=bent))


def _fixed(times: Floats, *, bent: bool) -> Floats:
    columns = [np.ones_like(times), times, times**2]
    return np.column_stack(columns if bent else columns[:2])
