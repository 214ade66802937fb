"""DLCO and haemoglobin: which unit it came in, and the correction by Cotes. No Django here.

Source: Cotes et al. 1972, as in the ERS/ATS standard 2017 (Graham et al., Eur Respir J 2017;49:1600016); Hb in g/dL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# No living patient has 25 g/dL; a value above it was written in g/L.
G_PER_L_ABOVE = 25.0
HIGHEST_G_DL = 25.0
ADULT_MALE_FROM_YEARS = 15.0
MALE, FEMALE_OR_CHILD = 10.22, 9.38

Side = Literal["measured", "predicted"]


@dataclass(frozen=True, slots=True)
class Haemoglobin:
    """In g/dL; `note` says how it was read when not as written, else ""."""

    g_dl: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Corrected:
    """DLCO and its reference, of which exactly one, `side`, was corrected; % predicted is the same either way."""

    measured: float
    predicted: float
    side: Side

    @property
    def percent_predicted(self) -> float:
        return 100 * self.measured / self.predicted


def haemoglobin(value: float) -> Haemoglobin:
    """A haemoglobin as it was written, in g/dL.

    Raises:
        ValueError: not above 0, or above 250 g/L.
    """
    if not 0 < value <= HIGHEST_G_DL * 10:
        raise ValueError(f"haemoglobin_g_dl: {value:g} is impossible in g/dL and in g/L")
    if value <= G_PER_L_ABOVE:
        return Haemoglobin(value)
    return Haemoglobin(value / 10, f"{value:g} was taken as g/L: {value / 10:g} g/dL")


def factor(hb_g_dl: float, *, sex: str, age_years: float) -> float:
    """By what the measured DLCO is multiplied: (10.22 + Hb) / (1.7 Hb) for men and boys of 15 years and over,
    (9.38 + Hb) / (1.7 Hb) for women and children.

    Raises:
        ValueError: haemoglobin not in (0, 25] g/dL, or sex not F or M.
    """
    if sex not in ("F", "M"):
        raise ValueError("sex: not known; the haemoglobin correction needs F or M")
    if not 0 < hb_g_dl <= HIGHEST_G_DL:
        raise ValueError(f"haemoglobin_g_dl: {hb_g_dl:g} is impossible in g/dL")
    constant = MALE if sex == "M" and age_years >= ADULT_MALE_FROM_YEARS else FEMALE_OR_CHILD
    return (constant + hb_g_dl) / (1.7 * hb_g_dl)


def corrected_dlco(dlco: float, hb_g_dl: float, *, sex: str, age_years: float) -> float:
    """The DLCO that would have been measured at a normal haemoglobin, in the unit of `dlco`.

    >>> round(corrected_dlco(20, 10, sex="M", age_years=60), 4)
    23.7882
    """
    return dlco * factor(hb_g_dl, sex=sex, age_years=age_years)


def correct(
    dlco: float, predicted: float, hb_g_dl: float, *, sex: str, age_years: float, side: Side = "measured"
) -> Corrected:
    """DLCO beside its reference with the haemoglobin taken into account on one side, never on both."""
    by = factor(hb_g_dl, sex=sex, age_years=age_years)
    if side == "measured":
        return Corrected(dlco * by, predicted, side)
    return Corrected(dlco, predicted / by, side)
