"""Units of lung function: SI and traditional, both ways. No Django here."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

# 1 mmol/min/kPa = 2.987 mL/min/mmHg (Stanojevic et al., Eur Respir J 2017;50:1700010): used everywhere.
ML_MIN_MMHG_PER_SI = Decimal("2.987")
# 1 kPa = 10.19716 cmH2O (conventional, 4 degrees C).
CM_H2O_PER_KPA = Decimal("10.19716")
DLCO_PLACES = 4

# Unit -> (what it measures, how many of it make one of the unit that the portal stores).
_UNITS: dict[str, tuple[str, Decimal]] = {
    "L": ("volume", Decimal(1)),
    "mL": ("volume", Decimal(1000)),
    "L/s": ("flow", Decimal(1)),
    "L/min": ("flow", Decimal(60)),
    "mmol/min/kPa": ("transfer factor", Decimal(1)),
    "mL/min/mmHg": ("transfer factor", ML_MIN_MMHG_PER_SI),
    "mmol/min/kPa/L": ("transfer coefficient", Decimal(1)),
    "mL/min/mmHg/L": ("transfer coefficient", ML_MIN_MMHG_PER_SI),
    "g/dL": ("haemoglobin", Decimal(1)),
    "g/L": ("haemoglobin", Decimal(10)),
    "1/(s kPa)": ("conductance", Decimal(1)),
    "1/(s cmH2O)": ("conductance", 1 / CM_H2O_PER_KPA),
    "%": ("ratio", Decimal(1)),
    "fraction": ("ratio", Decimal("0.01")),
}
UNITS = tuple(_UNITS)


class UnitError(ValueError):
    """A unit that is not known, or that measures something else; says which ones would do."""


def convert(value: float, unit: str, into: str) -> float:
    """`value` in another unit of the same quantity.

    Raises:
        UnitError: a unit is unknown, or the two measure different things.

    >>> convert(10, "mmol/min/kPa", "mL/min/mmHg")
    29.87
    """
    quantity, per_one = _unit(unit)
    wanted, wanted_per_one = _unit(into)
    if quantity != wanted:
        raise UnitError(f"{unit} measures {quantity}, {into} measures {wanted}")
    return float(Decimal(repr(float(value))) * wanted_per_one / per_one)


def dlco_in_si(value: Decimal, unit: str) -> Decimal:
    """A DLCO in mmol/min/kPa to the four decimals that are stored, from either of its units.

    Raises:
        UnitError: neither of the two.
    """
    quantity, per_one = _unit(unit)
    if quantity != "transfer factor":
        raise UnitError(f"DLCO is measured in mmol/min/kPa or mL/min/mmHg, not in {unit}")
    return (value / per_one).quantize(Decimal(1).scaleb(-DLCO_PLACES), ROUND_HALF_EVEN)


def _unit(name: str) -> tuple[str, Decimal]:
    found = _UNITS.get(name)
    if found is None:
        raise UnitError(f"{name!r} is not a unit of lung function; known are {', '.join(UNITS)}")
    return found
