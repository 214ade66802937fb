"""CSV and XLSX files as rows of named cells. No Django here."""

from __future__ import annotations

import codecs
import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from patients.intake import filekind

MAX_BYTES = 50 * 2**20
MAX_UNPACKED_BYTES = 500 * 2**20
DELIMITERS = ";,\t|"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class BadTable(Exception):
    """The file as a whole cannot be read as a table; says why and the way out."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row under its headings; ``number`` as a spreadsheet or an editor counts."""

    number: int
    cells: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Headings as written, in their order, and the rows that are not empty."""

    headings: list[str]
    rows: list[Row]


def read_table(path: Path) -> Table:
    """The first sheet of an XLSX file, or a CSV file of any usual delimiter and encoding.

    Raises:
        BadTable: unreadable, too large, no table, or formulas without stored values.
    """
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_BYTES else None
    except OSError as error:
        raise BadTable(f"cannot be read: {error.strerror}") from error
    if data is None:
        raise BadTable("larger than 50 MiB: split it")
    if data.startswith(OLD_EXCEL):
        raise BadTable("an old Excel file: save it as .xlsx or CSV")
    numbered = _xlsx_rows(data) if filekind.is_zip(data) else _csv_rows(data)
    return _table([(number, cells) for number, cells in numbered if any(_filled(cell) for cell in cells)])


def _table(numbered: list[tuple[int, list[Any]]]) -> Table:
    if not numbered:
        raise BadTable("the file is empty")
    headings = [str(cell if cell is not None else "").strip() for cell in numbered[0][1]]
    rows = []
    for number, cells in numbered[1:]:
        if any(_filled(cell) for cell in cells[len(headings) :]):
            raise BadTable(f"row {number} has more cells than there are headings: quote cells with the delimiter")
        rows.append(Row(number, dict(zip(headings, cells, strict=False))))
    if not rows:
        raise BadTable("there is a heading row and nothing below it")
    return Table(headings, rows)


def _filled(cell: object) -> bool:
    return cell is not None and str(cell).strip() != ""


def _csv_rows(data: bytes) -> Iterator[tuple[int, list[Any]]]:
    text = _decoded(data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield reader.line_num, list(cells)
    except csv.Error as error:
        raise BadTable(f"line {reader.line_num}: {error}") from error


def _decoded(data: bytes) -> str:
    if data.startswith(UTF16):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data:
        raise BadTable("neither CSV nor XLSX")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _xlsx_rows(data: bytes) -> list[tuple[int, list[Any]]]:
    """Cells as stored; a formula whose result is not stored is refused, for it would read as missing."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > MAX_UNPACKED_BYTES:
                raise BadTable("unpacks to more than 500 MiB")
        shown, formulas = _sheet(data, data_only=True), _sheet(data, data_only=False)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, SyntaxError) as error:
        # SyntaxError is what xml.etree.ElementTree.ParseError derives from.
        raise BadTable("not a readable XLSX file: save it again as .xlsx or CSV") from error
    for number, (values, sources) in enumerate(zip(shown, formulas, strict=True), 1):
        for value, source in zip(values, sources, strict=True):
            if value is None and source is not None:
                raise BadTable(f"row {number} has a formula without a stored result: save the file in a spreadsheet")
    return list(enumerate(shown, 1))


def _sheet(data: bytes, *, data_only: bool) -> list[list[Any]]:
    with warnings.catch_warnings():
        # openpyxl warns about decorations that it leaves out, such as validation lists.
        warnings.simplefilter("ignore")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=data_only)
        try:
            rows: Iterable[tuple[Any, ...]] = book.worksheets[0].iter_rows(values_only=True)
            return [list(row) for row in rows]
        finally:
            book.close()
