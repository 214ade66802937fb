"""import_pft: lung function from a CSV or XLSX file into the records."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from patients.intake.command import IntakeCommand
from patients.intake.pft_files import PftImport, import_file
from patients.intake.pft_table import BadTable


class Command(IntakeCommand):
    help = "Store the lung-function sessions of a CSV or XLSX file: all rows, or none. docs/intake.md has the columns."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, metavar="FILE", help="CSV or XLSX with a heading row")
        parser.add_argument("--dry-run", action="store_true", help="check and print everything, store nothing")

    def take(self, options: dict[str, Any]) -> None:
        path: Path = options["file"]
        try:
            result = import_file(path, dry_run=options["dry_run"])
        except BadTable as error:
            self.fail("bad_table", f"{path}: {error}; nothing was stored")
        if not self.as_json:
            self._print(result)
        if result.errors:
            detail = f"{path}: {len(result.errors)} errors in {result.rows} rows; nothing was stored"
            self.fail("bad_rows", detail, result.as_json())
        if self.as_json:
            self.document(result.as_json())

    def _print(self, result: PftImport) -> None:
        kinds = (("ERROR", result.errors), ("finding", result.findings), ("skipped", result.skipped))
        for kind, remarks in kinds:
            for remark in sorted(remarks):
                self.stdout.write(f"{kind} {remark}")
        self.stdout.write(
            f"rows: {result.rows}; {result.accepted} good, {len(result.skipped)} already there, "
            f"{len(result.findings)} findings, {len(result.errors)} errors"
        )
        if result.dry_run:
            self.stdout.write("dry run: nothing was stored")
