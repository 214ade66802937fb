"""Tables as a caller would bring them, and two data sets that R has fitted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from patients.trajectory.visits import History, Options, histories

DAY = dt.date(2020, 1, 1)
Table = Callable[..., pd.DataFrame]


def table(
    days: Sequence[int],
    values: Sequence[float] | NDArray[np.float64],
    patient: Any = "p",
    column: str = "fvc_l",
    **more: Any,
) -> pd.DataFrame:
    """One patient: a value on each day after the first of 2020; further columns by name."""
    dates = [DAY + dt.timedelta(days=day) for day in days]
    return pd.DataFrame({"patient": patient, "date": dates, column: values, **more})


def history(frame: pd.DataFrame, followed: str = "fvc", options: Options | None = None) -> History:
    """The only course of a table."""
    (found,) = histories(frame, followed, options or Options())
    return found


@pytest.fixture
def sleepstudy(reference: Path) -> pd.DataFrame:
    """Belenky et al., J Sleep Res 2003;12:1-12: reaction time, ms, of 18 people over 10 days; a day plays a year."""
    read = pd.read_csv(reference / "statistics" / "sleepstudy.csv")
    return read.rename(columns={"Subject": "patient", "Days": "years", "Reaction": "value"})


@pytest.fixture
def trial_csv(reference: Path) -> Path:
    return reference / "statistics" / "fvc_sim.csv"


@pytest.fixture
def trial(trial_csv: Path) -> pd.DataFrame:
    """A simulated trial: 60 patients in two arms, FVC in mL at up to six visits of one year."""
    return pd.read_csv(trial_csv)
