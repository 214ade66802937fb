"""One row of a lung-function file: its cells, and what they say together. No Django here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from patients.intake import pft_cells
from patients.intake.pft_columns import BY_NAME, COLUMNS, WITHOUT_UNIT, normalised
from patients.intake.pft_table import Row, Table
from patients.lungfunction import findings
from patients.lungfunction.limits import MAKES_A_SESSION

WHO = ("code", "identifier", "identifier_system")
SI_DLCO, TRADITIONAL_DLCO = BY_NAME["dlco_mmol_min_kpa"], BY_NAME["dlco_ml_min_mmhg"]
MEASURES = MAKES_A_SESSION | {TRADITIONAL_DLCO.name}


@dataclass(frozen=True, slots=True, order=True)
class Remark:
    """Something about one cell: the row, the heading as written, the value as written, what and the way out."""

    row: int
    column: str
    value: str
    message: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column} {self.value!r}: {self.message}"


@dataclass(slots=True)
class Session:
    """A test session as the file gives it; ``facts`` has the field names of the database, ``settled`` its units too."""

    row: Row
    headings: dict[str, str]
    code: str = ""
    identifier: str = ""
    system: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    settled: dict[str, Any] = field(default_factory=dict)
    errors: list[Remark] = field(default_factory=list)
    findings: list[Remark] = field(default_factory=list)

    def remark(self, name: str, message: str) -> Remark:
        """A remark on the cell of a column of this row."""
        heading = self.headings.get(name, name)
        return Remark(self.row.number, heading, pft_cells.shown(self.row.cells.get(heading)), message)

    def error(self, name: str, message: str) -> None:
        self.errors.append(self.remark(name, message))

    def finding(self, name: str, message: str) -> None:
        self.findings.append(self.remark(name, message))

    def column(self, name: str) -> str:
        """The column that a field of the database came from."""
        return TRADITIONAL_DLCO.name if name == SI_DLCO.name and "dlco_entered" in self.facts else name


def headings_of(table: Table) -> tuple[dict[str, str], list[Remark], list[Remark]]:
    """(heading by column name, errors, findings) of a file."""
    known: dict[str, str] = {}
    errors, findings = [], []
    for heading in table.headings:
        name = normalised(heading)
        column = BY_NAME.get(name)
        if column and column.name in known:
            errors.append(Remark(1, heading, "", f"is the same column as {known[column.name]!r}: keep one"))
        elif column:
            known[column.name] = heading
        elif name in WITHOUT_UNIT:
            errors.append(Remark(1, heading, "", f"does not say its unit: name it {WITHOUT_UNIT[name]}"))
        elif name:
            findings.append(Remark(1, heading, "", "is not a column that is imported; it is left out"))
    if "date" not in known:
        errors.append(Remark(1, "date", "", "the column is missing"))
    if not {"code", "identifier"} & known.keys():
        errors.append(Remark(1, "code", "", "the column is missing: give code or identifier of the patient"))
    return known, errors, findings


def read_row(row: Row, headings: dict[str, str], today: dt.date) -> Session:
    """The session in a row, with every error and finding in it."""
    session = Session(row, headings)
    found = _cells(session)
    session.code, session.identifier, session.system = (found.pop(name, None) or "" for name in WHO)
    for name, message in _contradictions(found, session):
        session.error(name, message)
    entered = found.pop(TRADITIONAL_DLCO.name, None)
    if entered is not None:
        found |= {"dlco_entered": entered, "dlco_entered_unit": TRADITIONAL_DLCO.unit}
    session.facts = found
    session.settled, _ = findings.settle(found)
    for one in findings.impossible(session.settled, today=today):
        session.error(session.column(one.field), one.message)
    return session


def _cells(session: Session) -> dict[str, Any]:
    """The values that are there; None for a cell that cannot be read, so that it is not called missing."""
    found: dict[str, Any] = {}
    for column in (c for c in COLUMNS if c.name in session.headings):
        try:
            value = pft_cells.read(column, session.row.cells.get(session.headings[column.name]))
        except pft_cells.BadCell as fault:
            session.error(column.name, str(fault))
            found[column.name] = None
        else:
            if value is not None:
                found[column.name] = value
    return found


def _contradictions(found: dict[str, Any], session: Session) -> Iterator[tuple[str, str]]:
    """(column, message) for what cannot be, within one row."""
    if not session.code and not session.identifier:
        yield "code", "names no patient: give code or identifier"
    if "date" not in found:
        yield "date", "is missing: write it as 2024-03-31"
    if found.get(SI_DLCO.name) and found.get(TRADITIONAL_DLCO.name):
        yield TRADITIONAL_DLCO.name, f"stands beside {SI_DLCO.name}: keep the one that was measured"
    if not MEASURES & found.keys():
        yield "fvc_l", "nothing is measured in this row: leave the row out or fill it"
