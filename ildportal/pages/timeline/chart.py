"""What stands around a figure: title, direction, legend, a summary in words and the data as a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ildportal.charts.ink import Figure
from ildportal.pages.cells import Cell
from ildportal.pages.changes import Change
from ildportal.pages.numbers import dated, plain, signed

if TYPE_CHECKING:
    import pandas as pd

UP_BETTER, UP_WORSE = "up = better", "up = worse"


@dataclass(frozen=True, slots=True)
class Mark:
    """An entry of the legend: `symbol` and `ink` name the drawing in parts/mark.html and its colour."""

    label: str
    symbol: str
    ink: str


@dataclass(frozen=True, slots=True)
class Line:
    day: date
    cells: tuple[Cell, ...]
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The data of a chart, newest first; the first column is the date, `columns` names the others."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """`key` names it in the page; `figures` by the unit that the page can switch to, the first is shown."""

    key: str
    title: str
    direction: str
    legend: tuple[Mark, ...]
    figures: dict[str, Figure]
    summary: str
    table: Table
    simulated: bool = False


LLN = Mark("lower limit of normal (LLN)", "limit", "ink-2")


def hollow(frame: pd.DataFrame) -> tuple[Mark, ...]:
    """The legend of the open marks, where there are any."""
    return (Mark("quality-flagged", "hollow", "ink-2"),) if any(frame["flagged"]) else ()


def told(change: Change | None, digits: int, unit: str) -> str:
    """A change with its date, in words, judged where its limit is known.

    '+5.4 points since 2025-06-16 (beyond the limit of 1.8)'
    """
    if change is None:
        return ""
    words = f"{signed(change.value, digits)}{f' {unit}' if unit else ''}{change.marks} since {dated(change.since)}"
    if change.beyond is None or change.limit is None:
        return words
    return f"{words} ({f'beyond the limit of {plain(change.limit)}' if change.beyond else 'no measurable change'})"
