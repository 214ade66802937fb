"""repeatability: limits of an engine taken from a file, and shown."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from quant import repeatability
from quant.models import RepeatabilityLimit, RepeatedMeasure


class Command(BaseCommand):
    help = "Register the repeatability limits of an engine from its file, or show those known."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help=f"schema {repeatability.SCHEMA}")
        parser.add_argument("--shipped", action="store_true", help="register those that came with the engine, if new")
        parser.add_argument("--show", action="store_true", help="list every limit that is known")

    def handle(self, *, file: Path | None, shipped: bool, show: bool, **_: Any) -> None:
        if file is None and not (shipped or show):
            raise CommandError("name a FILE to register, or --shipped, or --show")
        if file is not None:
            self.tell(self.register(file))
        if shipped:
            new = repeatability.register_shipped()
            self.stdout.write(f"{len(new)} limits that came with the engine are new.")
        if show:
            self.tell(RepeatabilityLimit.objects.all())

    def register(self, file: Path) -> list[RepeatabilityLimit]:
        try:
            return repeatability.register(json.loads(file.read_text()))
        except (OSError, ValueError) as error:  # JSONDecodeError and UnicodeDecodeError are ValueErrors
            raise CommandError(f"{file}: {error}") from error
        except ValidationError as error:
            raise CommandError(f"{file}: {' '.join(error.messages)}") from error

    def tell(self, limits: Iterable[RepeatabilityLimit]) -> None:
        """A line a limit, below the engine that it is of."""
        head = ""
        for one in limits:
            about = f"{one.engine} {one.engine_version}, {one.scans} scans, {one.date}: {one.method}"
            if about != head:
                self.stdout.write(about + _weights(one))
                head = about
            self.stdout.write(f"  {one.measure:24} {one.limit:g} {RepeatedMeasure(one.measure).unit}")
        if not head:
            self.stdout.write("No repeatability limit is known.")


def _weights(one: RepeatabilityLimit) -> str:
    named = ", ".join(f"{name} {digest[:12]}" for name, digest in one.weights.items())
    return f" (weights {named})" if named else ""
