"""One cell of a lung-function file: what is written, and what it means. No Django here."""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from patients.intake.pft_columns import Column

ABSENT = frozenset(("", "na", "n/a", "null", "none", "-", "--", "."))
NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
DATES = (
    (re.compile(r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})(?:[ T]00:00(?::00)?)?"), (0, 1, 2)),
    (re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})"), (2, 1, 0)),
)
TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")


class BadCell(Exception):
    """What is wrong with a cell, and the way out."""


def read(column: Column, cell: Any) -> Any:
    """The value of a cell, None when it is absent. Raises BadCell."""
    if cell is None or (isinstance(cell, str) and cell.strip().lower() in ABSENT):
        return None
    if column.kind == "number":
        return _number(column, cell)
    if column.kind == "date":
        return _date(cell)
    if column.kind == "time":
        return _time(cell)
    if column.kind == "choice":
        return _choice(column, cell)
    return _text(cell)


def shown(cell: Any) -> str:
    """A cell as a message shows it."""
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return "" if cell is None else str(cell).strip()


def _number(column: Column, cell: Any) -> Decimal:
    text = str(cell).strip()
    if isinstance(cell, bool | dt.date | dt.time) or not (NUMBER.fullmatch(text) or isinstance(cell, int | float)):
        raise BadCell(f"is not a number in {column.unit}: write digits with one decimal point or comma")
    try:
        return Decimal(text.replace(",", ".")).quantize(Decimal(1).scaleb(-column.places), ROUND_HALF_EVEN)
    except InvalidOperation:
        raise BadCell(f"is not a number in {column.unit}") from None


def _date(cell: Any) -> dt.date:
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    text = str(cell).strip()
    for form, order in DATES:
        if found := form.fullmatch(text):
            year, month, day = (int(found.groups()[place]) for place in order)
            return _day(year, month, day)
    raise BadCell("is not a date that can be read one way only: write it as 2024-03-31")


def _day(year: int, month: int, day: int) -> dt.date:
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise BadCell("is a day that does not exist: write it as 2024-03-31") from None


def _time(cell: Any) -> dt.time:
    if isinstance(cell, dt.datetime):
        return cell.time().replace(microsecond=0)
    if isinstance(cell, dt.time):
        return cell.replace(microsecond=0)
    found = TIME.fullmatch(str(cell).strip())
    try:
        hour, minute, second = (int(part or 0) for part in found.groups()) if found else (24, 0, 0)
        return dt.time(hour, minute, second)
    except ValueError:
        raise BadCell("is not a time: write it as 14:05") from None


def _choice(column: Column, cell: Any) -> str:
    choices = column.choices or {}
    found = choices.get(str(cell).strip().lower())
    if found is None:
        raise BadCell(f"is none of: {', '.join(dict.fromkeys(choices.values()))}")
    return found


def _text(cell: Any) -> str:
    """Numbers that a spreadsheet turned into 12345.0 are the digits that were typed."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "".join(c for c in str(cell) if c.isprintable()).strip()
