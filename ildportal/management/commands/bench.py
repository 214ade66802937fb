from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from ildportal.bench import ct, lungfunction, pages
from ildportal.bench.line import Line, table

GROUPS: dict[str, Callable[[], Iterator[Line]]] = {
    "lungfunction": lungfunction.lines,
    "ct": ct.lines,
    "pages": pages.lines,
}


class Command(BaseCommand):
    help = "Time what people wait for, beside a peer in the same run where there is one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", choices=[*GROUPS], help="one group of jobs")
        parser.add_argument("--json", action="store_true", help="the lines as JSON, nothing else")

    def handle(self, *, only: str | None, json: bool, **_: Any) -> None:
        lines = [line for name, group in GROUPS.items() if only in (None, name) for line in group()]
        self.stdout.write(_json(lines) if json else "\n".join(table(lines)))


def _json(lines: list[Line]) -> str:
    return json.dumps([{**asdict(line), "ratio": line.ratio} for line in lines], indent=1)
