"""Simulated FVC courses of known shape, to measure what a forecast is worth where its model is wrong.

Each patient starts at about 2.8 L (SD 0.7 L) and comes every six months, a few weeks off, 5 to 10 times; one
measurement scatters by 90 mL, about the repeatability of FVC in a clinic. The shapes: *linear*, slopes of -120 +- 120
mL a year; *step*, nearly stable but for one abrupt loss of 450 +- 150 mL at any time of the first six years;
*accelerating*, a fall that gets faster by 60 +- 40 mL a year each year; *heavy*, linear, with errors of Student's t
with 3 degrees of freedom. Normal numbers but for what is said.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from patients.trajectory.visits import DAYS_PER_YEAR, Floats

if TYPE_CHECKING:
    import pandas as pd

Shape = Callable[[Floats, np.random.Generator], Floats]
FIRST_DAY = dt.date(2015, 1, 1)
NOISE_ML = 90.0
# The standard deviation of t with 3 degrees of freedom is the square root of 3; 60 mL makes it 104 mL.
HEAVY_SCALE_ML = 60.0


def _line(years: Floats, rng: np.random.Generator) -> Floats:
    return rng.normal(-120, 120) * years


def _step(years: Floats, rng: np.random.Generator) -> Floats:
    loss, when = max(rng.normal(450, 150), 0.0), rng.uniform(0, 6)
    return rng.normal(-30, 40) * years - np.where(years >= when, loss, 0.0)


def _accelerating(years: Floats, rng: np.random.Generator) -> Floats:
    return rng.normal(-40, 40) * years - 0.5 * abs(rng.normal(60, 40)) * years**2


def _normal(years: Floats, rng: np.random.Generator) -> Floats:
    return rng.normal(0, NOISE_ML, len(years))


def _heavy(years: Floats, rng: np.random.Generator) -> Floats:
    return HEAVY_SCALE_ML * np.asarray(rng.standard_t(3, len(years)))


# Shape of the true course in mL, and of the error of one measurement.
SHAPES: dict[str, tuple[Shape, Shape]] = {
    "linear": (_line, _normal),
    "step": (_step, _normal),
    "accelerating": (_accelerating, _normal),
    "heavy": (_line, _heavy),
}


def cohort(shape: str, patients: int, seed: int, *, every_years: float = 0.5) -> pd.DataFrame:
    """A table with patient, date and fvc_l of so many patients, the same for the same seed."""
    import pandas as pd

    rng = np.random.default_rng(seed)
    course, error = SHAPES[shape]
    rows = []
    for patient in range(patients):
        visits = int(rng.integers(5, 11))
        years = np.arange(visits) * every_years
        years[1:] += rng.uniform(-0.1, 0.1, visits - 1) * min(1.0, every_years)
        days = np.round(years * DAYS_PER_YEAR).astype(int)
        start = max(rng.normal(2800, 700), 1200.0)
        taken = np.asarray(days / DAYS_PER_YEAR, dtype=np.float64)
        values = start + course(taken, rng) + error(taken, rng)
        rows += [
            (f"sim-{patient:04d}", FIRST_DAY + dt.timedelta(days=int(day)), max(value, 300.0) / 1000)
            for day, value in zip(days, values, strict=True)
        ]
    return pd.DataFrame(rows, columns=["patient", "date", "fvc_l"])
