"""A fitted cohort as plain JSON: fitted once, kept, and asked about one patient at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from patients.trajectory import reml
from patients.trajectory.cohort import CohortModel, Method
from patients.trajectory.forecast import LEVELS, Forecaster
from patients.trajectory.mixed import fit_line
from patients.trajectory.past import Limits
from patients.trajectory.visits import DEFAULT, Options, Quantity, histories, quantity

if TYPE_CHECKING:
    import pandas as pd

MONTHS = 12
SHARES = tuple(sorted(share for level in LEVELS for share in (0.5 - level / 2, 0.5 + level / 2)))
ARRAYS = ("beta", "beta_cov", "random")
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """`line` is what slopes are shrunk to, `model` with `limits` what a forecast of 12 months rests on (else None).

    Options are the default ones; a cohort has one equation set ("" where the quantity has none).
    """

    followed: Quantity
    equation_set: str
    line: reml.Fit
    model: CohortModel | None
    limits: Limits | None

    @property
    def options(self) -> Options:
        """Visits of this cohort's equation set only."""
        return Options(equation_set=self.equation_set or None)

    @property
    def forecaster(self) -> Forecaster | None:
        """Knows nobody of the cohort by name."""
        if self.model is None or self.limits is None:
            return None
        return Forecaster(self.followed, self.options, self.model, {}, {MONTHS: self.limits})

    def to_dict(self) -> dict[str, Any]:
        """Ready for `json.dumps`; `from_dict` reads it."""
        found: dict[str, Any] = {
            "schema": SCHEMA,
            "quantity": self.followed.name,
            "equation_set": self.equation_set,
            "line": _plain(self.line),
        }
        if self.model and self.limits:
            found["model"] = {
                "method": str(self.model.method),
                "bent": self.model.bent,
                "longest_years": self.model.longest_years,
                "fitted": _plain(self.model.fitted),
            }
            found["limits"] = {
                "quantiles": dict(self.limits.quantiles),
                "patients": self.limits.patients,
                "forecasts": self.limits.forecasts,
            }
        return found

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Kept:
        """Raises KeyError or ValueError for what another release has kept."""
        if found["schema"] != SCHEMA:
            raise ValueError(f"schema {found['schema']}, this release reads {SCHEMA}")
        model, limits = found.get("model"), found.get("limits")
        return cls(
            followed=quantity(found["quantity"]),
            equation_set=found["equation_set"],
            line=_fit(found["line"]),
            model=CohortModel(Method(model["method"]), _fit(model["fitted"]), model["bent"], model["longest_years"])
            if model
            else None,
            limits=Limits(**limits) if limits else None,
        )


def fit(frame: pd.DataFrame, followed: str, *, forecast: bool) -> Kept:
    """Fits a cohort; columns as in `visits`.

    Args:
        forecast: also what a forecast needs, which takes several times as long.

    Raises:
        reml.TooFew: the cohort cannot bear it; the text says why.
        ValueError: a column is missing.
    """
    found = histories(frame, followed, as_one=True)
    seen = [history for history in found if history.dates]
    line, of = fit_line(seen), quantity(followed)
    equation_set = seen[0].equation_set
    if not forecast:
        return Kept(of, equation_set, line, None, None)
    forecaster = Forecaster.of({history.patient: history for history in seen}, of, DEFAULT)
    past = forecaster.past(MONTHS)
    limits = past if isinstance(past, Limits) else Limits.of(past, SHARES)
    return Kept(of, equation_set, line, forecaster.model, limits)


def _plain(fitted: reml.Fit) -> dict[str, Any]:
    values = {field.name: getattr(fitted, field.name) for field in fields(fitted)}
    return {name: value.tolist() if name in ARRAYS else value for name, value in values.items()} | {
        "processes": dict(fitted.processes)
    }


def _fit(found: Mapping[str, Any]) -> reml.Fit:
    values: dict[str, Any] = {name: np.array(value) if name in ARRAYS else value for name, value in found.items()}
    return reml.Fit(**values)
