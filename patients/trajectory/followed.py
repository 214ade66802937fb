"""One quantity of one patient, followed over all visits: lines, windows, losses, forecast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patients.trajectory.decline import USUAL_LOSSES, Fitted, Observed, by_fit, observed
from patients.trajectory.forecast import Fan, Forecast
from patients.trajectory.kept import MONTHS, Kept
from patients.trajectory.mixed import shrunk
from patients.trajectory.record import Record
from patients.trajectory.slopes import Slope, own_line, steepest, windows
from patients.trajectory.visits import DEFAULT, Excluded, History, Quantity, histories, quantity

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Loss(Record):
    """A loss of `percent` % of the first usable value: as observed, and on the own line."""

    percent: float
    seen: Observed
    fitted: Fitted


@dataclass(frozen=True, slots=True)
class Followed(Record):
    """`own` by least squares; `shrunk` and `forecast` need a fitted cohort and are None without one.

    `windows`: how many stretches of 6 to 24 months there are; `steepest` of them.
    """

    quantity: str
    unit: str
    own: Slope
    shrunk: Slope | None
    windows: int
    steepest: Slope | None
    losses: tuple[Loss, ...]
    forecast: Forecast | None
    fan: tuple[Fan, ...]
    excluded: tuple[Excluded, ...]


def follow(frame: pd.DataFrame, followed: str, cohort: Kept | None = None, *, ahead: bool = True) -> Followed:
    """`frame`: the visits of one patient, columns as in `visits`.

    Args:
        cohort: of the same quantity.
        ahead: False where nothing is to come: no forecast.

    Raises:
        ValueError: a column is missing, or the quantity is unknown.
    """
    of = quantity(followed)
    history = _history(frame, followed)
    own = own_line(history, of)
    stretches = list(windows(history, of))
    alike = _history(frame, followed, cohort) if cohort else None
    forecaster = cohort.forecaster if cohort and ahead else None
    return Followed(
        quantity=of.name,
        unit=of.unit,
        own=own,
        shrunk=shrunk(alike, cohort.line, of) if cohort and alike else None,
        windows=len(stretches),
        steepest=steepest(stretches),
        losses=_losses(history, own),
        forecast=forecaster.ahead(alike, MONTHS) if forecaster and alike else None,
        fan=tuple(forecaster.fan(alike, MONTHS)) if forecaster and alike else (),
        excluded=history.excluded,
    )


def _history(frame: pd.DataFrame, followed: str, cohort: Kept | None = None) -> History:
    found = histories(frame, followed, cohort.options if cohort else DEFAULT)
    return found[0] if found else _nothing(quantity(followed))


def _nothing(of: Quantity) -> History:
    import numpy as np

    return History(of.name, (), np.array([]), np.array([]), "", ())


def _losses(history: History, own: Slope) -> tuple[Loss, ...]:
    return tuple(Loss(percent, observed(history, percent), by_fit(own, percent)) for percent in USUAL_LOSSES)
