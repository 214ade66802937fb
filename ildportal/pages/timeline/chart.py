"""What stands around a figure: title, direction, legend, a summary in words and the data as a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ildportal.charts.ink import Figure
from ildportal.pages.changes import Change
from ildportal.pages.numbers import dated, decimals, signed

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
class Cell:
    """A value as it is printed, or why it is missing; `note` stands behind it."""

    text: str = ""
    why: str = ""
    note: str = ""


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


def number(value: float | None, digits: int, why: str, note: str = "") -> Cell:
    return Cell(why=why) if value is None else Cell(decimals(value, digits), note=note)


def told(change: Change | None, digits: int, unit: str) -> str:
    """A change with its date, in words: '+5.4 points since 2025-06-16'."""
    if change is None:
        return ""
    return f"{signed(change.value, digits)}{f' {unit}' if unit else ''}{change.marks} since {dated(change.since)}"


def listed(words: list[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
