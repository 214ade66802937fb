"""What a model of the cohort would have forecast in the past, against what came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from patients.trajectory.cohort import CohortModel
from patients.trajectory.visits import Floats, History

# A past forecast counts when its length is within this share of the wanted one.
ALIKE = (0.75, 1.25)
# Past forecasts start from two visits on: most patients would have none otherwise.
LEAST_BEFORE = 2


@dataclass(frozen=True, slots=True)
class Past:
    """Errors (measured - forecast) in units of the forecast's SD, and the weight of each."""

    errors: Floats
    weights: Floats
    patients: int

    def quantile(self, share: float) -> float:
        """The error that `share` of forecasts stay below, for a patient who is not among them.

        That one counts as one more, further out than all: (k + 1)/k times the share on the far side of the middle
        (Lei et al., J Am Stat Assoc 2018;113:1094-111), or the outermost error where that is beyond all.
        """
        outside = min(1.0, max(share, 1 - share) * (self.patients + 1) / self.patients)
        sign = 1 if share > 0.5 else -1
        order = np.argsort(sign * self.errors)
        reached = np.cumsum(self.weights[order]) / self.weights.sum()
        return float(self.errors[order][min(int(np.searchsorted(reached, outside - 1e-12)), len(order) - 1)])

    @property
    def forecasts(self) -> int:
        """How many of them there are."""
        return len(self.errors)


@dataclass(frozen=True, slots=True)
class Limits:
    """What intervals need of a `Past`, to be kept with a fitted cohort; `quantiles` by their share as text."""

    quantiles: Mapping[str, float]
    patients: int
    forecasts: int

    @classmethod
    def of(cls, past: Past, shares: Iterable[float]) -> Limits:
        """Without a past forecast there are no quantiles."""
        known = {_named(share): past.quantile(share) for share in shares} if past.forecasts else {}
        return cls(known, past.patients, past.forecasts)

    def quantile(self, share: float) -> float:
        """As `Past.quantile`, of the shares that were kept."""
        return self.quantiles[_named(share)]


def _named(share: float) -> str:
    return f"{share:.4f}"


def look_back(model: CohortModel, histories: Sequence[History], ahead: float) -> Past:
    """All forecasts about `ahead` years on that the visits of these patients allow.

    The model knows the cohort as it is now; of the patient it knows the visits up to the day of the forecast.
    """
    errors: list[float] = []
    weights: list[float] = []
    patients = 0
    for history in histories:
        cuts = range(LEAST_BEFORE, len(history.dates))
        own = [error for cut in cuts for error in _errors(model, history, cut, ahead)]
        errors += own
        weights += [1 / len(own) for _ in own]
        patients += bool(own)
    return Past(np.array(errors), np.array(weights), patients)


def _errors(model: CohortModel, history: History, cut: int, ahead: float) -> list[float]:
    """Of the forecasts made with the first `cut` visits."""
    gaps = (history.years[cut:] - history.years[cut - 1]) / ahead
    later = cut + np.flatnonzero((gaps >= ALIKE[0]) & (gaps <= ALIKE[1]))
    if not len(later):
        return []
    mean, sd = model.predict(history.part(0, cut - 1), history.years[later])
    return [float(error) for error in (history.values[later] - mean) / sd]
