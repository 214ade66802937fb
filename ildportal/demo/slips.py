"""Three sessions that somebody wrote down wrongly, so that a newcomer meets what the portal finds. No Django."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import time
from typing import Any

from ildportal.demo.records import Fact, Record

SITE, CODES = "north", "SSc-"
FEWEST_SESSIONS = 6
# From mL/min/mmHg to mmol/min/kPa: what a KCO copied in the other unit is too large by.
TRADITIONAL = 2.987
Values = Mapping[str, Any]


def let_in(records: Sequence[Record]) -> tuple[Record, ...]:
    """The first three patients of SITE who were followed long enough get a slip each; nobody of the showcase."""
    wanted = iter((_weight_with_a_digit_too_many, _kco_in_the_other_unit, _second_session))
    return tuple(_spoilt(one, next(wanted, None)) if _fits(one) else one for one in records)


def _fits(one: Record) -> bool:
    told = not one.volumes and one.person.site == SITE and one.person.code.startswith(CODES)
    return told and len(one.pfts) >= FEWEST_SESSIONS and "kco_mmol_min_kpa_l" in one.pfts[-2].values


def _spoilt(one: Record, slip: Callable[[Values], Iterable[Values]] | None) -> Record:
    """In the last session but one."""
    if slip is None:
        return one
    *earlier, spoilt, last = one.pfts
    return replace(one, pfts=(*earlier, *(Fact(values) for values in slip(spoilt.values)), last))


def _weight_with_a_digit_too_many(values: Values) -> list[Values]:
    """61.6 kg as 361.6: implausible, not impossible; what is impossible could never have been stored."""
    return [{**values, "weight_kg": values["weight_kg"] + 300}]


def _kco_in_the_other_unit(values: Values) -> list[Values]:
    """DLCO is no longer KCO x VA: inconsistent."""
    return [{**values, "kco_mmol_min_kpa_l": values["kco_mmol_min_kpa_l"] * TRADITIONAL}]


def _second_session(values: Values) -> list[Values]:
    """The same day once more, with another FVC: nobody knows which one counts."""
    again = {name: values[name] for name in ("date", "height_cm", "weight_kg", "bronchodilator", "laboratory")}
    volumes = {name: values[name] * 0.88 for name in ("fvc_l", "fev1_l")}
    blank = {"haemoglobin_g_dl": None, "hb_date": None, "quality_dlco": "", "dlco_not_done_reason": "not ordered"}
    return [values, {**again, **blank, **volumes, "time": time(15, 40), "quality_fvc": "B"}]
