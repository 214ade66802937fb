"""Small histories for the tests of the rules."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from patients.progression.history import PFT, CTMeasure, CTReading, History, Symptoms
from patients.progression.logic import Truth
from patients.progression.months import add_months

START = dt.date(2020, 3, 2)
SET, DLCO_SET = "GLI-Global-2022", "GLI-2017"


def pft(
    date: dt.date,
    fvc: float | None = None,
    dlco_hb: float | None = None,
    dlco: float | None = None,
    litres: float | None = None,
) -> PFT:
    """% predicted, and litres where they matter."""
    return PFT(
        date,
        fvc_l=litres,
        fvc_percent=fvc,
        fvc_set=SET,
        dlco_percent=dlco if dlco is not None else dlco_hb,
        dlco_hb_percent=dlco_hb,
        dlco_set=DLCO_SET,
    )


def symptoms(date: dt.date, *, worse: bool) -> Symptoms:
    return Symptoms(date, dyspnoea="worse" if worse else "same", cough="same")


def reading(date: dt.date, prior: dt.date | None, *, more: Truth) -> CTReading:
    """A reader who says everything: fibrosis, nothing else explains it, and every sign as `more` says."""
    return CTReading(
        date,
        prior,
        reader="Dr Read",
        fibrosis_present=True,
        alternative_explanation=False,
        traction_bronchiectasis_more=more,
        new_ggo_with_traction=more,
        new_fine_reticulation=more,
        reticulation_more=more,
        honeycombing_more=more,
        volume_loss_more=more,
        fibrosis_more=more,
    )


def measure(date: dt.date, fibrosis: float, limit: float | None = 1.5, method: str = "one") -> CTMeasure:
    return CTMeasure(date, fibrosis, method, accepted=True, limit=limit, engine="density 1.0.0")


def complete(history: History, diagnosis: str | None = None, **word: Truth) -> History:
    """The same with another diagnosis, or with every reader saying something else."""
    return replace(
        history,
        diagnosis=history.diagnosis if diagnosis is None else diagnosis,
        readings=tuple(_said(one, word) for one in history.readings),
    )


def _said(one: CTReading, word: dict[str, Truth]) -> CTReading:
    changed: CTReading = replace(one, **word)  # type: ignore[arg-type]
    return changed


def month(number: int) -> dt.date:
    return add_months(START, number)


def fvcs(**values: float) -> tuple[PFT, ...]:
    """fvcs(m0=80, m12=72): FVC % predicted by month."""
    return tuple(pft(month(int(name[1:])), fvc=value) for name, value in values.items())
