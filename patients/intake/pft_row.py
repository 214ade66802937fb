"""One row of a lung-function file: its cells, and what they say together. No Django here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from patients.intake import pft_cells
from patients.intake.pft_columns import BY_NAME, COLUMNS, ML_MIN_MMHG_PER_SI, WITHOUT_UNIT, normalised
from patients.intake.pft_table import Row, Table

WHO = ("code", "identifier", "identifier_system")
SI_DLCO, TRADITIONAL_DLCO = BY_NAME["dlco_mmol_min_kpa"], BY_NAME["dlco_ml_min_mmhg"]
BODY = frozenset(("height_cm", "weight_kg", "haemoglobin_g_dl"))
MEASURES = {c.name for c in COLUMNS if c.kind == "number"} - BODY | {"dlco_not_done_reason"}
# Ratio given and ratio of the volumes given may differ by rounding and by the choice of manoeuvre.
RATIO_TOLERANCE = Decimal(3)


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
    """A test session as the file gives it; ``facts`` has the field names of the database."""

    row: Row
    headings: dict[str, str]
    code: str = ""
    identifier: str = ""
    system: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
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
    for name, message in _contradictions(found, session, today):
        session.error(name, message)
    if not session.errors:
        _settle_ratio(session, found)
        _convert_dlco(found)
        _check_plausible(session, found)
        session.facts = found
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


def _contradictions(found: dict[str, Any], session: Session, today: dt.date) -> Iterator[tuple[str, str]]:
    """(column, message) for what cannot be, within one row."""
    if not session.code and not session.identifier:
        yield "code", "names no patient: give code or identifier"
    if "date" not in found:
        yield "date", "is missing: write it as 2024-03-31"
    for name in ("date", "hb_date"):
        if found.get(name) and found[name] > today:
            yield name, "lies in the future: check the year"
    for lower, upper, strict in (("fev1_l", "fvc_l", False), ("rv_l", "tlc_l", True), ("frc_l", "tlc_l", True)):
        low, high = found.get(lower), found.get(upper)
        if low is not None and high is not None and (low > high or (strict and low == high)):
            yield lower, f"is impossible beside {upper} {high}: are the columns exchanged?"
    if found.get("dlco_not_done_reason") and (found.get(SI_DLCO.name) or found.get(TRADITIONAL_DLCO.name)):
        yield "dlco_not_done_reason", "stands beside a DLCO value: keep one of the two"
    if found.get(SI_DLCO.name) and found.get(TRADITIONAL_DLCO.name):
        yield TRADITIONAL_DLCO.name, f"stands beside {SI_DLCO.name}: keep the one that was measured"
    if not MEASURES & found.keys():
        yield "fvc_l", "nothing is measured in this row: leave the row out or fill it"


def _settle_ratio(session: Session, found: dict[str, Any]) -> None:
    """FEV1/FVC is derived where both are there; a given ratio then only serves as a check."""
    if "fvc_l" not in found or "fev1_l" not in found:
        return
    given = found.pop("fev1_fvc_percent", None)
    derived = found["fev1_l"] / found["fvc_l"] * 100
    if given is not None and abs(given - derived) > RATIO_TOLERANCE:
        session.finding("fev1_fvc_percent", f"differs from FEV1 / FVC = {derived:.1f} %; the volumes count")


def _convert_dlco(found: dict[str, Any]) -> None:
    """Both ways of giving DLCO end in SI units; what was entered is kept with its unit."""
    entered = found.pop(TRADITIONAL_DLCO.name, None)
    if entered is not None:
        step = Decimal(1).scaleb(-SI_DLCO.places)
        found[SI_DLCO.name] = (entered / ML_MIN_MMHG_PER_SI).quantize(step, ROUND_HALF_EVEN)
        found |= {"dlco_entered": entered, "dlco_entered_unit": TRADITIONAL_DLCO.unit}


def _check_plausible(session: Session, found: dict[str, Any]) -> None:
    for column in COLUMNS:
        value = found.get(column.name)
        if column.kind != "number" or value is None:
            continue
        message = pft_cells.implausible(column, value)
        converted = column is SI_DLCO and "dlco_entered" in found
        if message:
            session.finding(TRADITIONAL_DLCO.name if converted else column.name, message)
