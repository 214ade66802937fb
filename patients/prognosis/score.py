"""What a prognostic score says, and what it could not be told."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

# A change of any score, boundary or published risk raises it.
SCORE_SET = "1.1.0"
# Values are compared unrounded; this only absorbs what binary fractions lose.
EPSILON = 1e-9


class NoDlco(StrEnum):
    """Why there is no DLCO: only the first one says something about the lungs."""

    CANNOT = "cannot"
    NOT_ORDERED = "not ordered"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a score counts. `points` is None while it is missing, then `possible` holds what it could give.

    needs: what would settle it.
    """

    name: str
    value: str
    points: int | None
    possible: tuple[int, ...]
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """points: None while an item is missing, then `lowest` to `highest` is what they could be.

    value: the result of a score that is an index, not a sum of points; unrounded.
    stage: "" while anything is missing, even where every possible sum lies in one stage: that is `settled` then.
    risk: what was published for the stage, as printed in the source with its unit; empty where nothing was.
    """

    name: str
    title: str
    stage: str
    points: int | None = None
    lowest: int | None = None
    highest: int | None = None
    value: float | None = None
    settled: str = ""
    items: tuple[Item, ...] = ()
    risk: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    sentence: str = ""
    caution: str = ""
    source: str = ""
    version: str = SCORE_SET

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"risk": dict(self.risk)}


def finite(value: float | None) -> float | None:
    """None for what is no number: tables write what is missing as NaN, which would give points like a value."""
    return None if value is None or not math.isfinite(value) else value


def below(value: float, limit: float) -> bool:
    """value < limit; a value that only binary fractions put below it is the limit itself."""
    return value < limit - EPSILON


def above(value: float, limit: float) -> bool:
    """value > limit, with the same care."""
    return value > limit + EPSILON


def number(name: str, value: float | None, unit: str, points: Callable[[float], int], possible: Sequence[int]) -> Item:
    """An item read from a number; `points` is asked only when there is one."""
    known = finite(value)
    if known is None:
        return Item(name, "missing", None, tuple(possible), needs=name)
    return Item(name, f"{known:g} {unit}".strip(), points(known), tuple(possible))


def answer(name: str, value: bool | None, words: tuple[str, str], points: int) -> Item:
    """An item read from yes (`points`) or no (0); `words` say them."""
    if value is None:
        return Item(name, "missing", None, (0, points), needs=name)
    return Item(name, words[0] if value else words[1], points if value else 0, (0, points))


def total(
    name: str,
    title: str,
    items: Sequence[Item],
    stage: Callable[[int], str],
    risk: Mapping[str, Mapping[str, str]],
    *,
    source: str,
    says: str,
    floor: int | None = None,
    caution: str = "",
) -> Score:
    """The sum of the items and the stage it lies in; `risk` by stage; a sum below `floor` counts as that.

    says: how a sentence names the stage, as in "stage {}"; "" leaves it to the risk.
    """
    low = _at_least(floor, sum(min(one.possible) if one.points is None else one.points for one in items))
    high = _at_least(floor, sum(max(one.possible) if one.points is None else one.points for one in items))
    missing = tuple(one.needs for one in items if one.points is None)
    reachable = {stage(points) for points in range(low, high + 1)}
    certain = reachable.pop() if len(reachable) == 1 else ""
    placed = "" if missing else certain
    return Score(
        name=name,
        title=title,
        stage=placed,
        points=None if missing else low,
        lowest=low,
        highest=high,
        settled=certain if missing else "",
        items=tuple(items),
        risk=risk.get(placed, {}),
        missing=missing,
        sentence=_sentence(name, (low, high), says.format(certain) if certain else "", risk.get(placed, {}), missing),
        caution=caution,
        source=source,
    )


def listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _at_least(floor: int | None, points: int) -> int:
    return points if floor is None else max(floor, points)


def _sentence(name: str, points: tuple[int, int], stage: str, risk: Mapping[str, str], missing: Sequence[str]) -> str:
    low, high = points
    said = f"{low}" if low == high else f"{low} to {high}"
    start = f"{name}: {said} point{'' if said == '1' else 's'}"
    placed = f", {stage}{' whatever is missing' if missing else ''}" if stage else ""
    published = "".join(f"; {what} {percent}" for what, percent in risk.items())
    lacks = f"; it lacks {listed(missing)}" if missing else ""
    return f"{start}{placed}{published}{lacks}."
