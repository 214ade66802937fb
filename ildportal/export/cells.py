"""Cells of a CSV file that a spreadsheet program may open."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

# A cell that starts with one of these is a formula to a spreadsheet program, whoever wrote it.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# By this mark at its start such a program knows the file's encoding.
BYTE_ORDER_MARK = "\ufeff"
Cell = str | int | float | None


def harmless(cell: Cell) -> Cell:
    """Text that would be a formula gets an apostrophe in front; numbers stay what they are.

    >>> harmless("=1+1"), harmless(-1.5), harmless("fell by -2")
    ("'=1+1", -1.5, 'fell by -2')
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


class _Line:
    """What `csv` writes, handed back."""

    def write(self, line: str) -> str:
        return line


def lines(head: Iterable[str], rows: Iterable[Iterable[Cell]]) -> Iterator[str]:
    """The file, a line at a time; None is an empty cell."""
    writer = csv.writer(_Line())
    yield BYTE_ORDER_MARK + str(writer.writerow(head))
    for row in rows:
        yield str(writer.writerow([harmless(cell) for cell in row]))
