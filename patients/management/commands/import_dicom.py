"""import_dicom: chest CT into the records, from folders, files and zips."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from patients.intake.command import IntakeCommand
from patients.intake.outcome import Delivery, SeriesOutcome, StudyOutcome
from patients.intake.receive import receive_paths
from patients.models import CTStudy, Patient


class Command(IntakeCommand):
    help = "Store chest CT from folders, files and zips, find whose it is, and choose the series to measure."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a folder, a DICOM file or a zip")
        parser.add_argument("--patient", metavar="CODE", help="whose scans these are, where PatientID is missing")

    def take(self, options: dict[str, Any]) -> None:
        told = self._told(options["patient"])
        for path in options["paths"]:
            if not path.exists():
                self.fail("absent", f"{path}: no such file or folder; nothing was imported")
        try:
            delivery = receive_paths(options["paths"], told=told)
        except OSError as error:
            self.fail("storage", f"cannot be stored: {error}; import it again when that is mended")
        if not self.as_json:
            self._print(delivery)
        if not delivery.usable:
            where = ", ".join(str(path) for path in options["paths"])
            self.fail("nothing_usable", f"{where}: no CT slice that can be used", delivery.as_json())
        if self.as_json:
            self.document(delivery.as_json())

    def _told(self, code: str | None) -> Patient | None:
        patient = Patient.objects.filter(code=code).first() if code else None
        if code and patient is None:
            self.fail("unknown_patient", f"--patient {code}: no patient has this code; nothing was imported")
        return patient

    def _print(self, delivery: Delivery) -> None:
        for outcome in delivery.studies:
            if outcome.study:
                self.stdout.write(_study_line(outcome, outcome.study))
            for series in outcome.series:
                self.stdout.write(_series_line(series))
        for refusal in delivery.refused:
            self.stdout.write(f"{'left aside' if refusal.aside else 'REFUSED'} {refusal}")
        total = delivery.as_json()["summary"]
        self.stdout.write(
            f"studies: {total['studies']}; slices: {total['new']} new, {total['known']} already there; "
            f"files: {total['refused']} refused, {total['aside']} left aside"
        )


def _study_line(outcome: StudyOutcome, study: CTStudy) -> str:
    state = "new" if outcome.new_study else "more slices" if outcome.new else "already there"
    if study.patient:
        whose = f"{study.patient.code}{' (new patient)' if outcome.new_patient else ''}"
    else:
        whose = f"HELD, in nobody's record: {study.hold_reason}"
    return f"study {study.study_uid} of {study.date or 'no date'}: {state}; {whose}"


def _series_line(outcome: SeriesOutcome) -> str:
    row = outcome.row
    flags = f" [{', '.join(row.quality_codes)}]" if row.quality_codes else ""
    verdict = "to be measured" if row.chosen else "not measured"
    return f"  {outcome.new} new, {outcome.known} known slices; {verdict}: {row.choice_reason}{flags}"
