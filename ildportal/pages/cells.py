"""Cells of tables of data, and words in a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ildportal.pages.numbers import decimals


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as it is printed, or why it is missing; `note` stands behind it."""

    text: str = ""
    why: str = ""
    note: str = ""


def number(value: float | None, digits: int, why: str, note: str = "") -> Cell:
    return Cell(why=why) if value is None else Cell(decimals(value, digits), note=note)


def listed(words: Sequence[str]) -> str:
    """'a', 'a and b', 'a, b and c'.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
