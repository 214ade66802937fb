from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from quant.engine.errors import UnusableInput


class Command(BaseCommand):
    help = "Let an engine of others fetch its weights by its own loader; says what and from where before it does."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("engine", choices=["lungmask"], help="the others keep their weights themselves")
        parser.add_argument("--model", default="R231", help="R231 (lungs), LTRCLobes (lobes)")
        parser.add_argument("--yes", action="store_true", help="fetch; without it only what would be fetched is said")

    def handle(self, *, model: str, yes: bool, **_: Any) -> None:
        from quant.engine.external import lungmask

        try:
            made = lungmask.make(model)
        except UnusableInput as error:
            raise CommandError(str(error)) from error
        if made.file.is_file():
            self.stdout.write(f"{made.name}: already here, {made.file}")
            return
        if not yes:
            raise CommandError(f"{made.name} would be fetched from {lungmask.address(made.model)}: add --yes")
        try:
            found = lungmask.fetch(made.model)
        except OSError as error:
            raise CommandError(f"{made.name} could not be fetched: {error}") from error
        self.stdout.write(f"{made.name}: {found}, sha256 {made.weights()[found.name]}")
