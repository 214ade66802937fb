"""Fitting the cohorts that single patients are shrunk to and forecast from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from patients import trajectories
from patients.models import Patient, Source
from patients.models.trajectory import CohortFit

if TYPE_CHECKING:
    import pandas as pd

# Whether a forecast is wanted of it: that takes several times as long as the slopes.
FITTED = {"fvc": True, "fvc_percent": True, "dlco_percent": False, "dlco_hb_percent": False}


@dataclass(frozen=True, slots=True)
class Fitting:
    """What came of one quantity: a cohort, or why there is none (`refused`)."""

    quantity: str
    invented: bool
    patients: int = 0
    visits: int = 0
    refused: str = ""


def fit_trajectories(say: Callable[[str], None] = lambda _: None) -> list[Fitting]:
    """Fits every quantity again, on real and on invented patients apart; a cohort that is too small now goes.

    Seconds for some hundred patients, a minute for some thousand: for a command, never for a request.
    """
    found = []
    for invented in (False, True):
        people = Patient.objects.select_related("site")
        chosen = list(people.filter(source=Source.DEMO) if invented else people.exclude(source=Source.DEMO))
        if not chosen:
            CohortFit.objects.filter(invented=invented).delete()
            continue
        frame = trajectories.table(chosen)
        for name, forecast in FITTED.items():
            say(f"{name}, {len(chosen)} {'invented ' if invented else ''}patients")
            found.append(_fit(frame, name, forecast, invented))
    return found


@transaction.atomic
def _fit(frame: pd.DataFrame, name: str, forecast: bool, invented: bool) -> Fitting:
    from patients.trajectory import kept
    from patients.trajectory.reml import TooFew

    rows = CohortFit.objects.filter(quantity=name, invented=invented)
    try:
        made = kept.fit(frame, name, forecast=forecast)
    except TooFew as error:
        rows.delete()
        return Fitting(name, invented, refused=str(error))
    patients, visits = made.line.patients, made.line.visits
    numbers = {"equation_set": made.equation_set, "patients": patients, "visits": visits}
    CohortFit.objects.update_or_create(
        quantity=name, invented=invented, defaults={"document": made.to_dict(), **numbers}
    )
    return Fitting(name, invented, patients, visits)
