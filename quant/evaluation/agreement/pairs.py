"""Scores of two sides on the same level of the same scan; what has no partner is counted with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quant.evaluation.agreement.sides import Place, Score, Side

NAMES = ("tot", "gg", "ret")
# A level that moved further than this between two versions of the engine is another slice.
SAME_SLICE_MM = 5.0
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """TOT, GG or RET of the slices that both sides scored: level (n), first and second in percent (n)."""

    levels: npt.NDArray[np.int64]
    first: Values
    second: Values

    def at(self, level: int) -> Column:
        """The slices of one level."""
        own = self.levels == level
        return Column(self.levels[own], self.first[own], self.second[own])


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The pairs of each score by name, their places, and how many slices were left out for which reason."""

    columns: Mapping[str, Column]
    places: tuple[Place, ...]
    excluded: Mapping[str, int]

    @property
    def series(self) -> set[str]:
        return {uid for uid, _ in self.places}


def pair(first: Side, second: Side) -> Pairs:
    """Every level that both sides scored, in order of series and level."""
    excluded: Counter[str] = Counter()
    both: list[tuple[Score, Score]] = []
    for place in sorted({*first.scores, *second.scores}):
        a, b = first.scores.get(place), second.scores.get(place)
        reason = _why_not(first, second, a, b, place)
        if reason:
            excluded[reason] += 1
        elif a and b:
            both.append((a, b))
    excluded.update(_partly(first, second, both))
    columns = {name: _column(both, at) for at, name in enumerate(NAMES)}
    return Pairs(columns, tuple(a.place for a, _ in both), dict(excluded))


def _why_not(first: Side, second: Side, a: Score | None, b: Score | None, place: Place) -> str:
    for side, one in ((first, a), (second, b)):
        if one is None:
            return side.why_not.get(place[0], f"no score of this level by {side.name}")
        if one.values == (None, None, None):
            return f"the level has no numbers by {side.name}"
    if a and b and a.position_mm is not None and b.position_mm is not None:
        apart = abs(a.position_mm - b.position_mm)
        return f"scored on slices more than {SAME_SLICE_MM:g} mm apart" if apart > SAME_SLICE_MM else ""
    return ""


def _partly(first: Side, second: Side, both: list[tuple[Score, Score]]) -> Iterator[str]:
    """A slice that counts for one score and not for another."""
    for pair_ in both:
        for at, name in enumerate(NAMES):
            lacks = [side.name for side, one in zip((first, second), pair_, strict=True) if one.values[at] is None]
            if lacks:
                yield f"no {name.upper()} by {lacks[0]}: left out of {name.upper()} alone"


def _column(both: list[tuple[Score, Score]], at: int) -> Column:
    known = [
        (a.level, first, second)
        for a, b in both
        if (first := a.values[at]) is not None and (second := b.values[at]) is not None
    ]
    levels, first_, second_ = zip(*known, strict=True) if known else ((), (), ())
    return Column(np.array(levels, np.int64), np.array(first_, np.float64), np.array(second_, np.float64))
