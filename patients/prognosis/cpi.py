"""CPI: composite physiologic index of IPF (Wells et al., Am J Respir Crit Care Med 2003;167:962-9)."""

from __future__ import annotations

from patients.prognosis.score import Score, finite, listed

SOURCE = "Wells et al., Am J Respir Crit Care Med 2003;167:962-9"
CONSTANT, DLCO, FVC, FEV1 = 91.0, 0.65, 0.53, 0.34


def index(dlco_percent: float, fvc_percent: float, fev1_percent: float) -> float:
    """91.0 - 0.65 DLCO - 0.53 FVC + 0.34 FEV1, all % predicted; unrounded, higher is worse.

    >>> round(index(55, 70, 72), 2)
    42.63
    """
    return CONSTANT - DLCO * dlco_percent - FVC * fvc_percent + FEV1 * fev1_percent


def cpi(dlco_percent: float | None, fvc_percent: float | None, fev1_percent: float | None) -> Score:
    """The index as `value`; it has no stages and no published risk."""
    dlco_percent, fvc_percent, fev1_percent = (finite(one) for one in (dlco_percent, fvc_percent, fev1_percent))
    values = {"DLCO % predicted": dlco_percent, "FVC % predicted": fvc_percent, "FEV1 % predicted": fev1_percent}
    missing = tuple(name for name, value in values.items() if value is None)
    title = "Composite physiologic index"
    if dlco_percent is None or fvc_percent is None or fev1_percent is None:
        return Score("CPI", title, "", missing=missing, sentence=f"CPI: it lacks {listed(missing)}.", source=SOURCE)
    found = index(dlco_percent, fvc_percent, fev1_percent)
    return Score("CPI", title, "", value=found, sentence=f"CPI {found:.1f}.", source=SOURCE)
