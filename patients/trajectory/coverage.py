"""What forecast intervals are worth: each patient's last visits are hidden, forecast, and compared.

For each patient the course is cut at the latest visit that lies about `months` before the last one; what follows is
hidden and the last visit is the target. Two designs:

* *together* (default, the harder one): all patients are cut at once, so that the model and its correction know
  nothing of anybody's last year, as on the day of a real forecast;
* *apart*: the patients are cut in ten groups by turns, the courses of the others stay whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from patients.trajectory.cohort import Method
from patients.trajectory.forecast import LEVELS, Forecast, Forecaster
from patients.trajectory.past import ALIKE
from patients.trajectory.record import Record
from patients.trajectory.visits import DEFAULT, History, Options, Quantity, histories, quantity

if TYPE_CHECKING:
    import pandas as pd

Design = Literal["together", "apart"]
FOLDS = 10


@dataclass(frozen=True, slots=True)
class Share(Record):
    """How often the interval of `level` held the value: `covered` of all, with Wilson's 95 % interval."""

    level: float
    covered: float
    low: float
    high: float
    mean_width: float


@dataclass(frozen=True, slots=True)
class Coverage(Record):
    """The record of the forecasts; `bias` (measured - expected) and `mean_error` (absolute) in the unit.

    `below` and `above`: share of targets under and over the 80 % interval. `left_out`: patients by reason.
    """

    quantity: str
    unit: str
    method: str
    design: str
    months: float
    n: int
    shares: tuple[Share, ...]
    below: float
    above: float
    bias: float
    mean_error: float
    left_out: Mapping[str, int]
    options: Options

    def at(self, level: float) -> Share:
        """The share of this level."""
        return next(share for share in self.shares if share.level == level)


class Cut(NamedTuple):
    """A course without its end, and the value to be forecast."""

    known: History
    years_ahead: float
    value: float


def coverage(
    frame: pd.DataFrame,
    followed: str,
    options: Options = DEFAULT,
    *,
    months: float = 12,
    method: Method = Method.CORRECTED,
    design: Design = "together",
) -> Coverage:
    """Measures the intervals on a cohort; columns as in `visits`.

    Raises:
        ValueError: a column is missing, or no patient has a visit that could be hidden.
        reml.TooFew: the cohort without its last visits cannot bear the model.
    """
    of, whole = quantity(followed), histories(frame, followed, options, as_one=True)
    cuts, left_out = _cuts(whole, months, options)
    if not cuts:
        raise ValueError(
            f"no patient of {len(whole)} has {options.least_visits} visits and one {months:g} months later"
        )
    folds = [list(cuts)] if design == "together" else [list(cuts)[i::FOLDS] for i in range(min(FOLDS, len(cuts)))]
    pairs: list[tuple[Forecast, float]] = []
    for fold in folds:
        known: dict[Hashable, History] = {history.patient: history for history in whole}
        known.update({key: cuts[key].known for key in fold})
        forecaster = Forecaster.of(known, of, options, method)
        pairs += [(forecaster.ahead(cuts[key].known, 12 * cuts[key].years_ahead), cuts[key].value) for key in fold]
    return _judge(pairs, of, options, months, method, design, left_out)


def _cuts(whole: Sequence[History], months: float, options: Options) -> tuple[dict[Hashable, Cut], Counter[str]]:
    cuts: dict[Hashable, Cut] = {}
    left_out: Counter[str] = Counter()
    for history in whole:
        cut, why = _cut(history, months / 12, options.least_visits)
        if cut:
            cuts[history.patient] = cut
        else:
            left_out[why] += 1
    return cuts, left_out


def _cut(history: History, ahead: float, least: int) -> tuple[Cut | None, str]:
    if not history.dates:
        return None, "no usable visit"
    gaps = (history.years[-1] - history.years) / ahead
    fitting = np.flatnonzero((gaps >= ALIKE[0]) & (gaps <= ALIKE[1]))
    if not len(fitting):
        return None, "no visit about that long before the last"
    fitting = fitting[fitting >= least - 1]
    if not len(fitting):
        return None, f"fewer than {least} visits would be left"
    # The visit whose distance is nearest to the one wanted.
    at = int(fitting[np.argmin(np.abs(gaps[fitting] - 1))])
    return Cut(history.part(0, at), float(history.years[-1] - history.years[at]), float(history.values[-1])), ""


def _judge(
    pairs: Sequence[tuple[Forecast, float]],
    of: Quantity,
    options: Options,
    months: float,
    method: Method,
    design: Design,
    left_out: Mapping[str, int],
) -> Coverage:
    errors = np.array([value - (forecast.expected or 0.0) for forecast, value in pairs])
    narrow = [forecast.intervals[0] for forecast, _ in pairs]
    values = [value for _, value in pairs]
    return Coverage(
        quantity=of.name,
        unit=of.unit,
        method=str(method),
        design=design,
        months=months,
        n=len(pairs),
        shares=tuple(_share(pairs, i) for i in range(len(LEVELS))),
        below=float(np.mean([value < own.low for own, value in zip(narrow, values, strict=True)])),
        above=float(np.mean([value > own.high for own, value in zip(narrow, values, strict=True)])),
        bias=float(errors.mean()),
        mean_error=float(np.abs(errors).mean()),
        left_out=dict(left_out),
        options=options,
    )


def _share(pairs: Sequence[tuple[Forecast, float]], level: int) -> Share:
    intervals = [forecast.intervals[level] for forecast, _ in pairs]
    inside = [own.low <= value <= own.high for own, (_, value) in zip(intervals, pairs, strict=True)]
    low, high = wilson(sum(inside), len(inside))
    width = float(np.mean([own.high - own.low for own in intervals]))
    return Share(LEVELS[level], float(np.mean(inside)), low, high, width)


def wilson(hits: int, of: int, z: float = 1.959964) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, J Am Stat Assoc 1927;22:209-12)."""
    share, centre = hits / of, (hits + z * z / 2) / (of + z * z)
    half = z / (of + z * z) * float(np.sqrt(of * share * (1 - share) + z * z / 4))
    return centre - half, centre + half
