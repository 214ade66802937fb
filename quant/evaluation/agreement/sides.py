"""The two sides that are compared: who said what of which level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quant.goh.readings import Row

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Score:
    """TOT, GG and RET of a level of a series in percent, by whom; `position_mm` (DICOM z) where it is known."""

    series_uid: str
    level: int
    values: tuple[float | None, float | None, float | None]
    by: str
    position_mm: float | None = None

    @property
    def place(self) -> Place:
        return self.series_uid, self.level


@dataclass(frozen=True, slots=True)
class Side:
    """One side: `name` for sentences, a score a place, why whole series have none, and who made what.

    `made_by` holds name, version and weights (sha256 by name) of engine or network by series UID; readers have none.
    """

    name: str
    kind: str
    scores: Mapping[Place, Score]
    why_not: Mapping[str, str] = field(default_factory=dict)
    made_by: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    readers: tuple[str, ...] = ()


def of_rows(rows: Iterable[Row]) -> list[Score]:
    """The readings of a CSV that names levels."""
    return [Score(row.series_uid, row.level, (row.tot, row.gg, row.ret), row.reader) for row in rows if row.level]


def of_readers(readings: Sequence[Score], readers: Sequence[str]) -> Side:
    """The readings of these readers; where several scored a level, the mean of those who did.

    Raises:
        ValueError: a reader of whom there are no readings.
    """
    known = {one.by for one in readings}
    missing = sorted(set(readers) - known)
    if missing:
        raise ValueError(
            f"no readings by {', '.join(missing)}: there are those of {', '.join(sorted(known)) or 'nobody'}"
        )
    by_place: dict[Place, list[Score]] = defaultdict(list)
    for one in readings:
        if one.by in readers:
            by_place[one.place].append(one)
    scores = {place: _mean(own) for place, own in by_place.items()}
    name = readers[0] if len(readers) == 1 else f"the mean of {len(readers)} readers"
    return Side(name, "reader", scores, readers=tuple(sorted(readers)))


def _mean(scores: Sequence[Score]) -> Score:
    """A value that one reader left out is the mean of the others."""
    first = scores[0]
    columns = zip(*(one.values for one in scores), strict=True)
    tot, gg, ret = (_of_known(column) for column in columns)
    return Score(*first.place, (tot, gg, ret), first.by, _of_known(one.position_mm for one in scores))


def _of_known(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
