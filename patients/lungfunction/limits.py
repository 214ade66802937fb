"""What a number in a lung-function session can be, and what it usually is. No Django here.

Plausible ranges follow the data dictionary of the portal; the possible ones are its own, wide of any person measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Limits:
    """`low` to `high` is possible (above 0 in any case), `plausible` is usual; both ends included."""

    name: str
    unit: str
    low: Decimal
    high: Decimal
    plausible: tuple[Decimal, Decimal] | None = None

    def impossible(self, value: Decimal) -> str:
        """What is wrong with a value and the way out, "" when nothing is."""
        if value <= 0:
            return "is not above 0: leave it empty where nothing was measured"
        if self.low <= value <= self.high:
            return ""
        return f"is impossible in {self.unit} ({self.possible}): check the value and its unit"

    def unusual(self, value: Decimal) -> str:
        """Why a possible value is implausible, "" when it is not."""
        if self.plausible is None or self.plausible[0] <= value <= self.plausible[1]:
            return ""
        return f"is unusual: {self.usual} is expected"

    @property
    def possible(self) -> str:
        return f"{self.low} to {self.high}" if self.low else f"up to {self.high}"

    @property
    def usual(self) -> str:
        return f"{self.plausible[0]} to {self.plausible[1]} {self.unit}" if self.plausible else ""


def _limits(name: str, unit: str, high: str, plausible: tuple[str, str] | None = None, *, low: str = "0") -> Limits:
    usual = (Decimal(plausible[0]), Decimal(plausible[1])) if plausible else None
    return Limits(name, unit, Decimal(low), Decimal(high), usual)


LIMITS = {
    "height_cm": _limits("Height", "cm", "250", ("100", "230"), low="50"),
    "weight_kg": _limits("Weight", "kg", "650", ("25", "250")),
    "fvc_l": _limits("FVC", "L", "15", ("0.3", "8")),
    "fev1_l": _limits("FEV1", "L", "15", ("0.3", "8")),
    "fev1_fvc_percent": _limits("FEV1/FVC", "%", "100", low="1.5"),
    "mef2575_l_s": _limits("MEF25-75", "L/s", "25", ("0.05", "9")),
    "dlco_mmol_min_kpa": _limits("DLCO", "mmol/min/kPa", "60", ("0.5", "18")),
    "kco_mmol_min_kpa_l": _limits("KCO", "mmol/min/kPa/L", "20"),
    "va_l": _limits("VA", "L", "20"),
    "tlc_l": _limits("TLC", "L", "20"),
    "rv_l": _limits("RV", "L", "20"),
    "frc_l": _limits("FRC", "L", "20"),
    "sgaw_per_s_kpa": _limits("sGaw", "1/(s kPa)", "100"),
    "haemoglobin_g_dl": _limits("Haemoglobin", "g/dL", "25", ("3", "25")),
}
# One of these makes a session: a value that the laboratory measured, or the reason why it could not.
MAKES_A_SESSION = frozenset(LIMITS) - {"height_cm", "weight_kg", "haemoglobin_g_dl"} | {"dlco_not_done_reason"}


def shown(field: str, value: Decimal) -> str:
    """A value with its unit, without trailing zeros.

    >>> shown("fvc_l", Decimal("3.210"))
    '3.21 L'
    """
    number = f"{value:f}"
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number} {LIMITS[field].unit}"
