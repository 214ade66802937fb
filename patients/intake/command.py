"""What the import commands share: --json, one line for a fault, exit code 2."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

NOTHING: Mapping[str, Any] = {}


class IntakeCommand(BaseCommand, ABC):
    """A command that prints lines for a person, or with --json one document for a program."""

    as_json = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, **options: Any) -> None:
        self.as_json = options["json"]
        try:
            self.take(options)
        except OperationalError as error:
            self.fail("database", f"the database cannot be used: {str(error).strip().splitlines()[0]}")

    @abstractmethod
    def take(self, options: dict[str, Any]) -> None:
        """The work of the command."""

    def fail(self, code: str, detail: str, document: Mapping[str, Any] = NOTHING) -> NoReturn:
        """One line on standard error, with --json the document on standard output, exit code 2."""
        if self.as_json:
            self.document(document, {"code": code, "detail": detail})
        raise CommandError(detail, returncode=2)

    def document(self, document: Mapping[str, Any], error: dict[str, str] | None = None) -> None:
        self.stdout.write(json.dumps({**document, "error": error}, indent=1))
