"""Slopes shrunk to the cohort by a linear mixed model with random intercept and slope.

A patient with few visits borrows from the others: the own line counts as much as the scatter of the visits allows.
Time is years since the patient's first usable visit. Intervals are normal (Wald) and take the variances as known.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from patients.trajectory import reml
from patients.trajectory.record import Record
from patients.trajectory.slopes import Slope, no_line, relative
from patients.trajectory.visits import DEFAULT, Excluded, Floats, History, Options, Quantity, histories, quantity

if TYPE_CHECKING:
    import pandas as pd

SHRUNK = "linear mixed model, random intercept and slope, REML"


@dataclass(frozen=True, slots=True)
class Estimate(Record):
    """A number with its standard error and interval, in the quantity's unit a year."""

    value: float
    se: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Mixed(Record):
    """The cohort's slopes and, in `slopes`, each patient's.

    `groups`: the mean slope of each group, the whole cohort under "all" where it was not divided; `differences`: of
    each further group from the first in sorted order. SDs are in the unit (`sd_slope` a year): between patients
    (`sd_start`, `sd_slope`, and their `correlation`, None where one of them is 0) and of one visit (`sd_visit`).
    `notes` says what is not to be relied on. `excluded`: per patient, measurements and whole patients.
    """

    quantity: str
    unit: str
    method: str
    patients: int
    visits: int
    equation_set: str
    groups: Mapping[str, Estimate]
    differences: Mapping[str, Estimate]
    sd_start: float
    sd_slope: float
    correlation: float | None
    sd_visit: float
    deviance: float
    notes: tuple[str, ...]
    slopes: tuple[Slope, ...]
    excluded: Mapping[Hashable, tuple[Excluded, ...]]
    options: Options


def mixed(frame: pd.DataFrame, followed: str, options: Options = DEFAULT, *, by: str | None = None) -> Mixed:
    """Fits the cohort; columns as in `visits`.

    Args:
        by: a column that divides the patients (one value a patient): each group then has its own mean line, and
            patients are shrunk to that of their group. Patients without a group are left out.

    Raises:
        reml.TooFew: the cohort cannot bear it; the text says why.
        ValueError: a column is missing, or a patient stands in two groups.
    """
    of, all_of_them = quantity(followed), histories(frame, followed, options, as_one=True)
    group_of = _groups(frame, by)
    used = [history for history in all_of_them if history.dates and group_of.get(history.patient, "all")]
    names = sorted({group_of.get(history.patient, "all") for history in used})
    places = [names.index(group_of.get(history.patient, "all")) for history in used]
    courses = [_course(history, place, len(names)) for history, place in zip(used, places, strict=True)]
    fitted = reml.fit(courses)
    sd_start, sd_slope = (float(np.sqrt(variance)) for variance in np.diag(fitted.random))
    lines = {
        history.patient: _line(history, course, place, fitted, of, options)
        for history, course, place in zip(used, courses, places, strict=True)
    }
    return Mixed(
        quantity=of.name,
        unit=of.unit,
        method=SHRUNK,
        patients=fitted.patients,
        visits=fitted.visits,
        equation_set=used[0].equation_set,
        groups={name: _estimate(fitted, _contrast(len(names), i), options) for i, name in enumerate(names)},
        differences={
            f"{name} - {names[0]}": _estimate(fitted, _contrast(len(names), i, 0), options)
            for i, name in enumerate(names[1:], start=1)
        },
        sd_start=sd_start,
        sd_slope=sd_slope,
        correlation=None if fitted.boundary else float(fitted.random[0, 1] / (sd_start * sd_slope)),
        sd_visit=float(np.sqrt(fitted.residual)),
        deviance=fitted.deviance,
        notes=_notes(fitted),
        slopes=tuple(
            lines.get(history.patient) or replace(no_line(history, of, options, SHRUNK), missing=_missing(history, by))
            for history in all_of_them
        ),
        excluded={history.patient: history.excluded for history in all_of_them if history.excluded},
        options=options,
    )


def shrunk(history: History, fitted: reml.Fit, of: Quantity, options: Options = DEFAULT) -> Slope:
    """The line of one patient, shrunk to a cohort that was fitted as one (one group); the patient may be new to it."""
    if not history.dates:
        return replace(no_line(history, of, options, SHRUNK), missing="no usable visit")
    return _line(history, _course(history, 0, 1), 0, fitted, of, options)


def fit_line(histories: Sequence[History]) -> reml.Fit:
    """The cohort that `shrunk` takes.

    Raises:
        reml.TooFew: it cannot bear the model.
    """
    return reml.fit([_course(history, 0, 1) for history in histories if history.dates])


def _course(history: History, place: int, groups: int) -> reml.Course:
    fixed = np.zeros((len(history.years), 2 * groups))
    fixed[:, 2 * place] = 1
    fixed[:, 2 * place + 1] = history.years
    return reml.Course(history.years, history.values, fixed)


def _line(history: History, course: reml.Course, place: int, fitted: reml.Fit, of: Quantity, options: Options) -> Slope:
    fixed = np.zeros((2, course.fixed.shape[1]))
    fixed[0, 2 * place] = fixed[1, 2 * place + 1] = 1
    found = reml.line_of(fitted, course, fixed)
    at_start, per_year = (float(number) for number in found.mean)
    half = _z(options) * float(np.sqrt(found.cov[1, 1]))
    few = len(history.dates) < options.least_visits
    return replace(
        no_line(history, of, options, SHRUNK),
        per_year=per_year,
        low=per_year - half,
        high=per_year + half,
        at_start=at_start,
        percent_of_start_per_year=relative(per_year, at_start),
        residual_sd=float(np.sqrt(fitted.residual)),
        cov=((float(found.cov[0, 0]), float(found.cov[0, 1])), (float(found.cov[1, 0]), float(found.cov[1, 1]))),
        notes=(f"{len(history.dates)} of its own visits: mostly the cohort's slope",) if few else (),
    )


def _estimate(fitted: reml.Fit, contrast: Floats, options: Options) -> Estimate:
    value, se = float(contrast @ fitted.beta), float(np.sqrt(contrast @ fitted.beta_cov @ contrast))
    return Estimate(value, se, value - _z(options) * se, value + _z(options) * se)


def _contrast(groups: int, plus: int, minus: int | None = None) -> Floats:
    contrast = np.zeros(2 * groups)
    contrast[2 * plus + 1] = 1
    if minus is not None:
        contrast[2 * minus + 1] = -1
    return contrast


def _z(options: Options) -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + options.level / 2))


def _groups(frame: pd.DataFrame, by: str | None) -> dict[Hashable, str]:
    """The group of each patient, blank where not known; empty when the cohort is not divided."""
    if by is None:
        return {}
    if by not in frame:
        raise ValueError(f"the table has no column {by}")
    known = frame.dropna(subset=[by]).groupby("patient", sort=False)[by].unique()
    if mixed_up := [str(key) for key, values in known.items() if len(values) > 1]:
        raise ValueError(f"{by}: more than one value for patient {', '.join(mixed_up[:3])}")
    return dict.fromkeys(frame["patient"], "") | {key: str(values[0]) for key, values in known.items()}


def _missing(history: History, by: str | None) -> str:
    return f"no {by} is known" if history.dates else "no usable visit"


def _notes(fitted: reml.Fit) -> tuple[str, ...]:
    notes = []
    if fitted.boundary:
        notes.append("the visits cannot tell patients' slopes apart: each is close to the cohort's")
    if not fitted.converged:
        notes.append("the search did not settle: the estimates are not to be relied on")
    return tuple(notes)
