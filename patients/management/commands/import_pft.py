"""import_pft: lung function from a CSV or XLSX file into the records."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError

from patients.intake.pft_files import PftImport, import_file
from patients.intake.pft_table import BadTable


class Command(BaseCommand):
    help = "Store the lung-function sessions of a CSV or XLSX file: all rows, or none. docs/intake.md has the columns."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="CSV or XLSX with a heading row")
        parser.add_argument("--dry-run", action="store_true", help="check and print everything, store nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, **options: Any) -> None:
        path: Path = options["file"]
        self.as_json: bool = options["json"]
        try:
            result = import_file(path, dry_run=options["dry_run"])
        except BadTable as error:
            self._fail("bad_table", f"{path}: {error}; nothing was stored", {})
        if not self.as_json:
            self._print(result)
        if result.errors:
            detail = f"{path}: {len(result.errors)} errors in {result.rows} rows; nothing was stored"
            self._fail("bad_rows", detail, result.as_json())
        if self.as_json:
            self.stdout.write(json.dumps({**result.as_json(), "error": None}, indent=1))

    def _fail(self, code: str, detail: str, document: dict[str, Any]) -> NoReturn:
        """One line on standard error, with --json the document on standard output, exit code 2."""
        if self.as_json:
            self.stdout.write(json.dumps({**document, "error": {"code": code, "detail": detail}}, indent=1))
        raise CommandError(detail, returncode=2)

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
