"""Scores that readers gave, as a CSV: read and checked row by row, before anything is done with them.

Columns: series_uid, level (1..5) or slice (from 0 at the feet), tot, gg, ret (percent of the slice's lung), reader.
One bad row refuses all: what would be left out silently could be what matters.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from quant.goh.names import NAMES

COLUMNS = ("series_uid", "tot", "gg", "ret", "reader")
MOST_TOLD = 50
ROUNDING = 0.01


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its `number` in the file (the header is 1), the series, where in it, and the scores in percent."""

    number: int
    series_uid: str
    level: int | None
    slice: int | None
    tot: float
    gg: float
    ret: float
    reader: str

    @property
    def place(self) -> str:
        return f"level {self.level}" if self.level is not None else f"slice {self.slice}"


class BadRows(ValueError):
    """Every row that cannot be used, by number and reason; `undone` says what was not done for it."""

    def __init__(self, bad: Sequence[tuple[int, str]], undone: str = "") -> None:
        self.bad = sorted(bad)
        told = [f"row {number}: {why}" for number, why in self.bad[:MOST_TOLD]]
        more = [f"and {len(bad) - MOST_TOLD} more rows"] if len(bad) > MOST_TOLD else []
        head = f"{len(bad)} unusable rows" + (f", {undone}" if undone else "")
        super().__init__(f"{head}; " + "; ".join(told + more))


def parse(path: Path, undone: str = "", *, by_level: bool = False) -> list[Row]:
    """The rows of a CSV, each checked by itself; `by_level` refuses rows that name a slice instead of a level.

    Raises:
        BadRows: see there.
        ValueError: columns are missing, or there are no rows.
    """
    lines = _lines(path)
    rows, bad = [], []
    for number, line in lines:
        try:
            rows.append(_row(number, line))
        except ValueError as error:
            bad.append((number, str(error)))
    bad += _twice(rows)
    if by_level:
        bad += [(row.number, f"names {row.place}: agreement is by level") for row in rows if row.level is None]
    if bad:
        raise BadRows(bad, undone)
    return rows


def _lines(path: Path) -> list[tuple[int, dict[str, str | None]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        try:
            columns = tuple(reader.fieldnames or ())
            lines = [(reader.line_num, line) for line in reader]
        except csv.Error as error:
            raise ValueError(f"{path.name}: no readable CSV ({error})") from error
    missing = [name for name in COLUMNS if name not in columns]
    if missing or not {"level", "slice"} & set(columns):
        raise ValueError(f"{path.name}: no column {', '.join(missing or ['level or slice'])}")
    if not lines:
        raise ValueError(f"{path.name}: no rows")
    return lines


def _row(number: int, line: dict[str, str | None]) -> Row:
    """Raises ValueError with the reason."""
    text = {name: (value or "").strip() for name, value in line.items() if name is not None}
    if not text["series_uid"] or not text["reader"]:
        raise ValueError("series_uid or reader is empty")
    level, place = (_whole(text.get(name, ""), name) for name in ("level", "slice"))
    if (level is None) == (place is None):
        raise ValueError("needs either level or slice")
    if level is not None and level not in NAMES:
        raise ValueError(f"level {level} is not one of 1 to 5")
    tot, gg, ret = (_percent(text[name], name) for name in ("tot", "gg", "ret"))
    if tot < max(gg, ret) - ROUNDING:
        raise ValueError(f"TOT {tot:g} is less than the larger of GG {gg:g} and RET {ret:g}")
    if tot > gg + ret + ROUNDING:
        raise ValueError(f"TOT {tot:g} is more than GG {gg:g} and RET {ret:g} together")
    return Row(number, text["series_uid"], level, place, tot, gg, ret, text["reader"])


def _whole(text: str, name: str) -> int | None:
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{name} {text!r} is no whole number") from None


def _percent(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name} {text!r} is no number") from None
    # Not a number is in no interval either.
    if not 0.0 <= value <= 100.0:
        raise ValueError(f"{name} {text} lies outside 0 to 100")
    return value


def _twice(rows: Sequence[Row]) -> Iterator[tuple[int, str]]:
    seen: dict[tuple[str, str, str], int] = {}
    for row in rows:
        key = (row.series_uid, row.place, row.reader)
        if key in seen:
            yield row.number, f"{row.reader} scored {row.place} of this series in row {seen[key]} already"
        seen.setdefault(key, row.number)
