"""Which visits count, and how two of them compare."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from patients.progression.history import PFT, by_date
from patients.progression.months import add_months
from patients.progression.settings import FvcBasis, Settings

Measure = Literal["FVC", "DLCO"]
T = TypeVar("T")
REASONS = {
    "after_bronchodilator": "measured after a bronchodilator",
    "quality": "quality grade {grade}",
    "not_positive": "not a positive number",
    "no_percent": "no % predicted",
    "two_values": "two different values on one date",
}


@dataclass(frozen=True, slots=True)
class Value:
    """A measure at a visit: litres where it has them, % predicted, and the equation set of that."""

    litres: float | None
    percent: float | None
    equation_set: str
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """What is usable of one date; `dlco` is as measured, `dlco_hb` corrected for haemoglobin."""

    date: dt.date
    fvc: Value | None
    dlco: Value | None
    dlco_hb: Value | None


@dataclass(frozen=True, slots=True)
class Excluded:
    """A measure that was there and not used; `code` is one of REASONS."""

    date: dt.date
    measure: Measure
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """A value at two visits, in `unit`; `basis` says of what."""

    since: dt.date
    until: dt.date
    before: float
    after: float
    unit: str
    basis: str

    @property
    def absolute(self) -> float:
        """Later minus earlier, in the unit."""
        return self.after - self.before

    @property
    def relative(self) -> float:
        """In % of the earlier value."""
        return 100 * (self.after - self.before) / self.before


@dataclass(frozen=True, slots=True)
class Pair:
    """Two visits, the earlier one first."""

    earlier: Visit
    later: Visit

    def fvc(self, basis: FvcBasis = FvcBasis.PERCENT_PREDICTED) -> Change | None:
        """None when one visit has no usable FVC on that basis, or the equation sets differ."""
        return self._change("FVC", self.earlier.fvc, self.later.fvc, basis)

    def dlco(self, uncorrected: bool = False) -> Change | None:
        """% predicted, corrected for haemoglobin; `uncorrected` falls back on two values that are both not."""
        corrected = self._change("DLCO, Hb-corrected", self.earlier.dlco_hb, self.later.dlco_hb)
        if corrected or not uncorrected:
            return corrected
        return self._change("DLCO, not Hb-corrected", self.earlier.dlco, self.later.dlco)

    def _change(
        self, name: str, before: Value | None, after: Value | None, basis: FvcBasis = FvcBasis.PERCENT_PREDICTED
    ) -> Change | None:
        if before is None or after is None:
            return None
        dates = self.earlier.date, self.later.date
        if basis is FvcBasis.LITRES:
            if before.litres is None or after.litres is None:
                return None
            return Change(*dates, before.litres, after.litres, "L", f"{name} in litres")
        if before.percent is None or after.percent is None or before.equation_set != after.equation_set:
            return None
        said = f"{name} % predicted" + (f" ({after.equation_set})" if after.equation_set else "")
        return Change(*dates, before.percent, after.percent, "% predicted", said)


@dataclass(slots=True)
class _Day:
    fvc: set[Value] = field(default_factory=set)
    dlco: set[tuple[Value | None, Value | None]] = field(default_factory=set)


def usable(pfts: Iterable[PFT], settings: Settings) -> tuple[list[Visit], list[Excluded]]:
    """(one visit a date with what counts of it, oldest first; what was left out and why).

    Counts: before a bronchodilator or not said, a grade among `settings.grades`, positive, one value a date.
    """
    days: dict[dt.date, _Day] = {}
    excluded: list[Excluded] = []
    for pft in by_date(pfts):
        day = days.setdefault(pft.date, _Day())
        if value := _fvc(pft, settings, excluded):
            day.fvc.add(value)
        if values := _dlco(pft, settings, excluded):
            day.dlco.add(values)
    visits = []
    for date, day in days.items():
        fvc = _only(date, "FVC", day.fvc, excluded)
        plain, corrected = _only(date, "DLCO", day.dlco, excluded) or (None, None)
        if fvc or plain or corrected:
            visits.append(Visit(date, fvc, plain, corrected))
    return visits, excluded


def pairs(visits: Sequence[Visit], settings: Settings) -> Iterator[Pair]:
    """Every two visits far enough apart to be compared, whatever the window."""
    for place, later in enumerate(visits):
        for earlier in visits[:place]:
            if far_enough(earlier.date, later.date, settings):
                yield Pair(earlier, later)


def far_enough(earlier: dt.date, later: dt.date, settings: Settings) -> bool:
    """At least `shortest_days` and `shortest_months` apart, both included."""
    enough_days = (later - earlier).days >= settings.shortest_days
    return enough_days and add_months(later, -settings.shortest_months) >= earlier


def _fvc(pft: PFT, settings: Settings, excluded: list[Excluded]) -> Value | None:
    numbers = (pft.fvc_l, pft.fvc_percent)
    if not _counts(pft, "FVC", pft.quality_fvc, numbers, settings, excluded):
        return None
    if pft.fvc_percent is None and settings.fvc_basis is FvcBasis.PERCENT_PREDICTED:
        excluded.append(_excluded(pft.date, "FVC", "no_percent"))
    return Value(pft.fvc_l, pft.fvc_percent, pft.fvc_set)


def _dlco(pft: PFT, settings: Settings, excluded: list[Excluded]) -> tuple[Value | None, Value | None] | None:
    numbers = (pft.dlco_percent, pft.dlco_hb_percent)
    if not _counts(pft, "DLCO", pft.quality_dlco, numbers, settings, excluded):
        return None
    plain, corrected = numbers
    return (
        None if plain is None else Value(None, plain, pft.dlco_set),
        None if corrected is None else Value(None, corrected, pft.dlco_set, corrected=True),
    )


def _counts(
    pft: PFT,
    measure: Measure,
    grade: str,
    numbers: tuple[float | None, ...],
    settings: Settings,
    excluded: list[Excluded],
) -> bool:
    given = [number for number in numbers if number is not None]
    if not given:
        return False
    code = ""
    if pft.bronchodilator == "post":
        code = "after_bronchodilator"
    elif grade not in settings.grades:
        code = "quality"
    elif not all(math.isfinite(number) and number > 0 for number in given):
        code = "not_positive"
    if code:
        excluded.append(_excluded(pft.date, measure, code, grade))
    return not code


def _only(date: dt.date, measure: Measure, values: set[T], excluded: list[Excluded]) -> T | None:
    if len(values) > 1:
        excluded.append(_excluded(date, measure, "two_values"))
        return None
    return next(iter(values), None)


def _excluded(date: dt.date, measure: Measure, code: str, grade: str = "") -> Excluded:
    return Excluded(date, measure, code, f"{measure} of {date}: {REASONS[code].format(grade=grade)}")
