"""Lung function from CSV and XLSX files into the records: every row, or none."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from patients import services
from patients.intake import pft_row
from patients.intake.pft_columns import COLUMNS
from patients.intake.pft_row import Remark, Session
from patients.intake.pft_table import read_table
from patients.life import outside_life
from patients.models import Patient, PFTFinding, PulmonaryFunctionTest, Source

NOT_STORED = (*pft_row.WHO, pft_row.TRADITIONAL_DLCO.name)
# What makes two rows the same visit, and all that is compared then, each with its value when absent.
VISIT = {"date": None, "time": None, "bronchodilator": ""}
COMPARED = {c.name: "" if c.kind in ("text", "choice") else None for c in COLUMNS if c.name not in NOT_STORED}
COMPARED |= {"dlco_entered": None, "dlco_entered_unit": ""}


@dataclass(slots=True)
class PftImport:
    """What became of a file. Nothing of it is stored when there are errors or it was a dry run."""

    rows: int = 0
    accepted: int = 0
    dry_run: bool = False
    skipped: list[Remark] = field(default_factory=list)
    errors: list[Remark] = field(default_factory=list)
    findings: list[Remark] = field(default_factory=list)

    @property
    def stored(self) -> int:
        """Rows that are in the database now because of this import."""
        return 0 if self.errors or self.dry_run else self.accepted

    def as_json(self) -> dict[str, Any]:
        def listed(remarks: list[Remark]) -> list[dict[str, Any]]:
            return [{"row": r.row, "column": r.column, "value": r.value, "message": r.message} for r in sorted(remarks)]

        return {
            "schema": "ildportal.import_pft/1",
            "dry_run": self.dry_run,
            "rows": self.rows,
            "accepted": self.accepted,
            "stored": self.stored,
            "skipped": listed(self.skipped),
            "errors": listed(self.errors),
            "findings": listed(self.findings),
        }


def import_file(path: Path, *, dry_run: bool = False) -> PftImport:
    """Read a file and store its sessions; a dry run does the same and takes it back.

    Raises:
        BadTable: the file as a whole cannot be read.
    """
    table = read_table(path)
    headings, errors, findings = pft_row.headings_of(table)
    result = PftImport(rows=len(table.rows), dry_run=dry_run, errors=errors, findings=findings)
    if errors:
        return result
    today = timezone.localdate()
    recorded: dict[int, Session] = {}
    with transaction.atomic():
        for row in table.rows:
            session = pft_row.read_row(row, headings, today)
            if not session.errors:
                _store(session, f"{path.name} row {row.number}", result, recorded)
            result.errors.extend(session.errors)
        _report_findings(recorded, result)
        transaction.set_rollback(bool(result.errors) or dry_run)
    return result


def _store(session: Session, origin: str, result: PftImport, recorded: dict[int, Session]) -> None:
    """Into the database, unless it is there already or something speaks against it."""
    patient = _patient(session)
    if patient is None:
        return
    problem = outside_life(patient, session.facts["date"])
    visit = {name: session.facts.get(name, absent) for name, absent in VISIT.items()}
    there = PulmonaryFunctionTest.objects.filter(patient=patient, **visit).first()
    if problem:
        session.error("date", problem)
    elif there and _same_facts(there, session.settled):
        result.skipped.append(session.remark("date", f"{patient.code} has this session already"))
    elif there:
        session.error("date", f"{patient.code} has another session at this date and time: correct it there")
    elif pft := _record(patient, session, origin):
        result.accepted += 1
        recorded[pft.pk] = session


def _record(patient: Patient, session: Session, origin: str) -> PulmonaryFunctionTest | None:
    try:
        return services.record_pft(patient, **session.facts, source=Source.IMPORT, source_detail=origin[:300])
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            session.error(name, " ".join(messages))
    except IntegrityError as error:
        session.error("date", f"the database refused the row: {str(error).splitlines()[0]}")
    return None


def _report_findings(recorded: dict[int, Session], result: PftImport) -> None:
    """Only now, since a later row may speak against an earlier one."""
    for one in PFTFinding.objects.filter(pft__in=recorded):
        session = recorded[one.pft_id]
        session.finding(session.column(one.field), one.sentence)
    for session in recorded.values():
        result.findings.extend(session.findings)


def _same_facts(there: PulmonaryFunctionTest, facts: dict[str, Any]) -> bool:
    return all(getattr(there, name) == facts.get(name, absent) for name, absent in COMPARED.items())


def _patient(session: Session) -> Patient | None:
    """The patient of a row; what is wrong with its code or identifier becomes an error of the row."""
    by_code = Patient.objects.filter(code=session.code).first() if session.code else None
    by_identifier = services.find_patient(session.system, session.identifier) if session.identifier else None
    if session.code and by_code is None:
        session.error("code", "is no patient's code: create the patient first or correct it")
    elif by_code and by_identifier and by_code != by_identifier:
        session.error("code", "names another patient than the identifier of this row: correct one of the two")
    elif not by_code and not by_identifier:
        session.error("identifier", "is unknown in its identifier_system: create the patient first or correct it")
    return None if session.errors else by_code or by_identifier
