"""What speaks against a lung-function session: by itself, beside its patient's life, beside other sessions.

No Django here. Sessions are mappings with the field names of the database; what is absent is missing or None.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from patients.lungfunction.haemoglobin import G_PER_L_ABOVE
from patients.lungfunction.limits import LIMITS, MAKES_A_SESSION, shown
from patients.lungfunction.units import UnitError, dlco_in_si

Facts = Mapping[str, Any]
Kind = Literal["impossible", "inconsistent", "implausible", "note"]

# Ratio given and ratio of the volumes given may differ by rounding and by the choice of manoeuvre.
RATIO_TOLERANCE_POINTS = Decimal(3)
DLCO_ROUNDING = Decimal("0.001")
DLCO_TOLERANCE = Decimal("0.05")
SUDDEN_CHANGE = Decimal("0.30")
SUDDEN_WITHIN_DAYS = 183
FOLLOWED = ("fvc_l", "fev1_l", "dlco_mmol_min_kpa", "tlc_l")
ORDERED = (("fev1_l", "fvc_l", False), ("rv_l", "tlc_l", True), ("frc_l", "tlc_l", True))
# The findings that follow from what is on record and can be looked for again.
LASTING = frozenset(("unusual", "dlco_is_not_kco_va", "sudden_change", "two_values_one_date"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing about one `field`. `message` continues the value: "is unusual: ..."; `sentence` stands alone."""

    code: str
    kind: Kind
    field: str
    message: str
    found: str = ""
    expected: str = ""
    blocks: bool = False

    @property
    def sentence(self) -> str:
        name = LIMITS[self.field].name if self.field in LIMITS else self.field.replace("_", " ").capitalize()
        said = f"{' '.join(filter(None, (name, self.found)))} {self.message}"
        return said if said.endswith("?") else f"{said}."


def settle(facts: Facts) -> tuple[dict[str, Any], list[Finding]]:
    """A session as it is stored, from one as it was written, and what was done or is wrong with it.

    Haemoglobin above 25 is taken as g/L; a DLCO given with its unit ends in mmol/min/kPa beside the original; a
    ratio that stands beside both its volumes is only a check. A finding of kind impossible: not to be stored.
    """
    settled, found = dict(facts), []
    for step in (_settle_haemoglobin, _settle_dlco, _settle_ratio):
        found += list(step(settled))
    return settled, found


def empty(facts: Facts) -> Iterator[Finding]:
    """A session in which nothing was measured."""
    if all(facts.get(name) in (None, "") for name in MAKES_A_SESSION):
        message = "is missing, and so is every other measure: nothing was measured"
        yield _impossible("nothing_measured", "fvc_l", message)


def impossible(
    facts: Facts, *, today: dt.date, birth: dt.date | None = None, last_day: dt.date | None = None, who: str = ""
) -> Iterator[Finding]:
    """What cannot be; such a session is not stored and nothing is computed from it.

    Args:
        facts: as `settle` leaves them.
        birth, last_day: of the patient's life; `last_day` is the last on which the death can have been.
        who: the patient's code, for the sentence.
    """
    faulty = set()
    for field in (name for name in LIMITS if facts.get(name) is not None):
        if message := LIMITS[field].impossible(facts[field]):
            faulty.add(field)
            possible = f"{LIMITS[field].possible} {LIMITS[field].unit}"
            yield _impossible("out_of_range", field, message, shown(field, facts[field]), possible)
    yield from _misplaced(facts, today, birth, last_day, who or "the patient")
    for lower, upper, strict in ORDERED:
        low, high = facts.get(lower), facts.get(upper)
        if low is None or high is None or faulty & {lower, upper}:
            continue
        if low > high or (strict and low == high):
            message = f"is impossible beside {upper} {high}: are the columns exchanged?"
            yield _impossible("volumes_out_of_order", lower, message, shown(lower, low), shown(upper, high))
    if facts.get("dlco_not_done_reason") and facts.get("dlco_mmol_min_kpa") is not None:
        yield _impossible("dlco_and_reason", "dlco_not_done_reason", "stands beside a DLCO value: keep one of the two")


def questionable(facts: Facts, others: Iterable[Facts] = ()) -> Iterator[Finding]:
    """What is stored, and a person should look at. `others` are the patient's other sessions."""
    for field in (name for name in LIMITS if facts.get(name) is not None):
        if message := LIMITS[field].unusual(facts[field]):
            found, usual = shown(field, facts[field]), LIMITS[field].usual
            yield Finding(code="unusual", kind="implausible", field=field, message=message, found=found, expected=usual)
    yield from _transfer(facts)
    alike = [one for one in others if (one.get("bronchodilator") == "post") == (facts.get("bronchodilator") == "post")]
    for field in FOLLOWED:
        if facts.get(field) is not None:
            known = [one for one in alike if one.get(field) is not None]
            yield from _two_values(field, facts, known)
            yield from _sudden_change(field, facts, known)


def _settle_haemoglobin(facts: dict[str, Any]) -> Iterator[Finding]:
    value = facts.get("haemoglobin_g_dl")
    if value is not None and value > G_PER_L_ABOVE:
        facts["haemoglobin_g_dl"] = (value / 10).quantize(Decimal("0.01"))
        now = shown("haemoglobin_g_dl", facts["haemoglobin_g_dl"])
        yield Finding(
            code="haemoglobin_in_g_per_l",
            kind="note",
            field="haemoglobin_g_dl",
            message=f"was taken as g/L: {now}",
            found=f"{value.normalize():f}",
            expected="up to 25 g/dL",
        )


def _settle_dlco(facts: dict[str, Any]) -> Iterator[Finding]:
    entered, unit = facts.get("dlco_entered"), facts.get("dlco_entered_unit", "")
    if entered is None:
        return
    given = facts.get("dlco_mmol_min_kpa")
    try:
        facts["dlco_mmol_min_kpa"] = converted = dlco_in_si(entered, unit)
    except UnitError as error:
        yield _impossible("unit_unknown", "dlco_entered_unit", f"is no unit of DLCO: {error}", unit or "(no unit)")
        return
    if given is not None and abs(given - converted) > DLCO_ROUNDING:
        was, now = shown("dlco_mmol_min_kpa", given), shown("dlco_mmol_min_kpa", converted)
        message = f"stands beside {entered} {unit}, which is {now}: keep the one that was measured"
        yield _impossible("dlco_given_twice", "dlco_mmol_min_kpa", message, was, now)


def _settle_ratio(facts: dict[str, Any]) -> Iterator[Finding]:
    fvc, fev1, given = (facts.get(name) for name in ("fvc_l", "fev1_l", "fev1_fvc_percent"))
    if fvc is None or fev1 is None or given is None or fvc <= 0:
        return
    facts["fev1_fvc_percent"] = None
    derived = fev1 / fvc * 100
    if abs(given - derived) > RATIO_TOLERANCE_POINTS:
        yield Finding(
            code="ratio_is_not_fev1_by_fvc",
            kind="inconsistent",
            field="fev1_fvc_percent",
            message=f"differs from FEV1 / FVC = {derived:.1f} %; the volumes count",
            found=shown("fev1_fvc_percent", given),
            expected=f"{derived:.1f} %",
        )


def _impossible(code: str, field: str, message: str, found: str = "", expected: str = "") -> Finding:
    return Finding(code=code, kind="impossible", field=field, message=message, found=found, expected=expected)


def _misplaced(
    facts: Facts, today: dt.date, birth: dt.date | None, last_day: dt.date | None, who: str
) -> Iterator[Finding]:
    for field in ("date", "hb_date"):
        day = facts.get(field)
        if day is None:
            continue
        if day > today:
            message = "lies in the future: check the year"
            yield _impossible("in_the_future", field, message, day.isoformat(), today.isoformat())
        if birth and day < birth:
            message = f"lies before the birth of {who}: check the year and the patient"
            yield _impossible("before_birth", field, message, day.isoformat(), birth.isoformat())
        if last_day and day > last_day:
            message = f"lies after the death of {who}: check the year and the patient"
            yield _impossible("after_death", field, message, day.isoformat(), last_day.isoformat())


def _transfer(facts: Facts) -> Iterator[Finding]:
    """DLCO is KCO times VA by definition."""
    dlco, kco, va = (facts.get(name) for name in ("dlco_mmol_min_kpa", "kco_mmol_min_kpa_l", "va_l"))
    if dlco is None or kco is None or va is None or abs(dlco - kco * va) <= DLCO_TOLERANCE * dlco:
        return
    product = shown("dlco_mmol_min_kpa", round(kco * va, 2))
    yield Finding(
        code="dlco_is_not_kco_va",
        kind="inconsistent",
        field="dlco_mmol_min_kpa",
        message=f"is more than 5 % away from KCO x VA = {product}",
        found=shown("dlco_mmol_min_kpa", dlco),
        expected=product,
    )


def _two_values(field: str, facts: Facts, others: Iterable[Facts]) -> Iterator[Finding]:
    """Nobody knows which of two counts, so neither does until a person has decided."""
    other = next((one for one in others if one["date"] == facts["date"] and one[field] != facts[field]), None)
    if other is not None:
        yield Finding(
            code="two_values_one_date",
            kind="inconsistent",
            field=field,
            message=f"stands beside {shown(field, other[field])} of the same date; nothing is computed from it",
            found=shown(field, facts[field]),
            expected=shown(field, other[field]),
            blocks=True,
        )


def _sudden_change(field: str, facts: Facts, others: Iterable[Facts]) -> Iterator[Finding]:
    """Beside the session before it, when that was less than six months ago."""
    before = [one for one in others if one["date"] < facts["date"]]
    last = max(before, key=lambda one: one["date"], default=None)
    if last is None or (facts["date"] - last["date"]).days >= SUDDEN_WITHIN_DAYS:
        return
    change = (facts[field] - last[field]) / last[field]
    if abs(change) > SUDDEN_CHANGE:
        was = f"{shown(field, last[field])} on {last['date'].isoformat()}"
        yield Finding(
            code="sudden_change",
            kind="implausible",
            field=field,
            message=f"is a change of {change:+.0%} from {was}, under six months before",
            found=shown(field, facts[field]),
            expected=was,
        )
