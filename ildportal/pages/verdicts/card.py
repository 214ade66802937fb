"""What a card shows, whatever rule or score it is of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Colour and shape of a badge; its word says the same."""

    MET = "met"
    EARLIER = "earlier"
    NOT_MET = "notmet"
    INDETERMINATE = "indet"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Badge:
    word: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Row:
    """One criterion: what was found, the change beside it, where it comes from, and the result in a word."""

    name: str
    said: str
    result: str
    kind: Kind = Kind.PLAIN
    change: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """`result` of the comparison as a whole, of a table that is one click away; `compact`: a row is a line."""

    title: str
    rows: tuple[Row, ...]
    result: str = ""
    compact: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """`why` is one sentence; `answers` (question, answer); `missing` what would settle it; `basis` how it was made."""

    key: str
    name: str
    title: str
    badge: Badge
    why: str
    answers: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = ()
    missing: tuple[str, ...] = ()
    missing_earlier: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    basis: str = ""
    source: str = ""
    opened: bool = False
