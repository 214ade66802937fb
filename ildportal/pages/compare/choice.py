"""Which two CTs are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ildportal.pages import comparison
from ildportal.pages.ct import CTView
from quant.models import Quantification

UNKNOWN = "No measured, dated CT of this patient has that number: the two that are compared by default are shown."
ALIKE = "The same CT stands on both sides: choose two."


@dataclass(frozen=True, slots=True)
class Side:
    """A measured CT with its date."""

    view: CTView
    numbers: Quantification
    day: date

    @property
    def pk(self) -> int:
        """Of its study: that is what the address names."""
        return self.view.row.study.pk


@dataclass(frozen=True, slots=True)
class Choice:
    """The earlier and the later of two; `sides` are all there are, newest first. `problem`: what was asked amiss."""

    earlier: Side
    later: Side
    sides: tuple[Side, ...]
    problem: str = ""


def sides(views: Sequence[CTView], history: Sequence[Quantification]) -> tuple[Side, ...]:
    """The CTs that have numbers and a date, newest first."""
    days = {one.pk: one.series.study.date for one in history}
    found = (Side(view, one, day) for view in views if (one := view.row.quantification) and (day := days.get(one.pk)))
    return tuple(sorted(found, key=lambda side: (side.day, side.pk), reverse=True))


def choose(found: Sequence[Side], first: str, second: str) -> Choice | None:
    """Two of them by the numbers in the address, by default the latest and the first that was made the same way.

    None where there are not two.
    """
    if len(found) < 2:
        return None
    usual = _usual(found)
    by_key = {str(side.pk): side for side in found}
    if not first and not second:
        return Choice(*usual, tuple(found))
    if not {first, second} <= by_key.keys():
        return Choice(*usual, tuple(found), UNKNOWN)
    if first == second:
        return Choice(*usual, tuple(found), ALIKE)
    earlier, later = sorted((by_key[first], by_key[second]), key=lambda side: (side.day, side.pk))
    return Choice(earlier, later, tuple(found))


def _usual(found: Sequence[Side]) -> tuple[Side, Side]:
    later, before = found[0], found[1:]
    alike = comparison.comparable([side.numbers for side in reversed(before)], later.numbers)
    first = next((side for side in before if alike and side.numbers.pk == alike[0].pk), before[-1])
    return first, later
