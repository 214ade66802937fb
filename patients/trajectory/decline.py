"""When a patient has lost 5 or 10 %: as observed, and as the fitted line has it.

*Relative* (the default) is of the value at the first usable visit, *absolute* in units of the quantity (points of
% predicted): 80 to 75 is 6.25 % relative and 5 points absolute. Thresholds are inclusive.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from patients.trajectory.record import Record
from patients.trajectory.slopes import Slope
from patients.trajectory.visits import History

EPSILON = 1e-9
USUAL_LOSSES = (5.0, 10.0)


class Basis(StrEnum):
    RELATIVE = "relative"
    ABSOLUTE = "absolute"


@dataclass(frozen=True, slots=True)
class Observed(Record):
    """The first visit at or below the threshold, or the last visit where none was (`reached` False: censored there).

    `years` since the first visit; `interval_start` the last visit before, above the threshold: it was crossed in
    between. `confirmed`: the next visit is at or below it too; None where there is none yet.
    """

    patient: Hashable
    loss: float
    basis: Basis
    reached: bool
    date: dt.date | None
    years: float | None
    interval_start: dt.date | None
    confirmed: bool | None
    n: int
    missing: str


@dataclass(frozen=True, slots=True)
class Fitted(Record):
    """Years from the first visit until the line crosses the threshold, with the interval of the slope's level.

    `years` None: the line does not fall. `low` None: no interval; `high` None: the data allow that it never happens.
    `beyond`: the crossing lies after the last visit, an extrapolation.
    """

    patient: Hashable
    loss: float
    basis: Basis
    method: str
    years: float | None
    low: float | None
    high: float | None
    beyond: bool
    n: int
    missing: str


def observed(history: History, loss: float, basis: Basis = Basis.RELATIVE) -> Observed:
    """When a visit first showed a loss of `loss` (% of the first visit, or units) or more."""
    n = len(history.dates)
    if n < 2:
        return Observed(history.patient, loss, basis, False, None, None, None, None, n, f"{n} usable visits, 2 needed")
    start = float(history.values[0])
    below = history.values <= start - _drop(start, loss, basis) + EPSILON
    reached = bool(below.any())
    at = int(np.argmax(below)) if reached else n - 1
    return Observed(
        patient=history.patient,
        loss=loss,
        basis=basis,
        reached=reached,
        date=history.dates[at],
        years=float(history.years[at]),
        interval_start=history.dates[at - 1] if reached else None,
        confirmed=bool(below[at + 1]) if reached and at + 1 < n else None,
        n=n,
        missing="",
    )


def by_fit(line: Slope, loss: float, basis: Basis = Basis.RELATIVE) -> Fitted:
    """When the line crosses `loss`, counted from where the line starts; the interval by Fieller's theorem.

    (Fieller, J R Stat Soc B 1954;16:175-85: all times at which level and slope do not rule the threshold out.)
    """
    nothing = Fitted(line.patient, loss, basis, line.method, None, None, None, False, line.n, line.missing)
    if line.per_year is None or line.at_start is None:
        return nothing
    low, high = _fieller(line, loss, basis)
    if line.per_year >= 0:
        return Fitted(line.patient, loss, basis, line.method, None, low, None, False, line.n, "the line does not fall")
    years = _drop(line.at_start, loss, basis) / -line.per_year
    return Fitted(line.patient, loss, basis, line.method, years, low, high, years > line.years, line.n, "")


def _drop(start: float, loss: float, basis: Basis) -> float:
    return start * loss / 100 if basis == Basis.RELATIVE else loss


def _fieller(line: Slope, loss: float, basis: Basis) -> tuple[float | None, float | None]:
    """(low, high) of the time t at which drop + slope t = 0; high None where it is without end."""
    if line.cov is None or line.per_year is None or line.at_start is None:
        return None, None
    share = loss / 100 if basis == Basis.RELATIVE else 0.0  # how the drop moves with the start
    (of_start, both), (_, of_slope) = line.cov
    drop, q2 = _drop(line.at_start, loss, basis), line.quantile() ** 2
    # (drop + slope t)^2 <= q^2 Var(drop + slope t), a quadratic in t
    a = line.per_year**2 - q2 * of_slope
    b = 2 * (drop * line.per_year - q2 * share * both)
    c = drop**2 - q2 * share**2 * of_start
    inside = b * b - 4 * a * c
    if inside < 0:
        return 0.0, None
    roots = sorted(((-b - np.sqrt(inside)) / (2 * a), (-b + np.sqrt(inside)) / (2 * a)))
    if a > 0:
        return (max(0.0, float(roots[0])), float(roots[1])) if roots[1] > 0 else (None, None)
    positive = [float(root) for root in roots if root > 0]
    return (positive[0] if positive and c > 0 else 0.0), None
