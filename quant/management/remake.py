"""What the commands share that make something of stored measurements: of the named runs, or of all that lack it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from quant.engine.errors import UnusableInput
from quant.engine.identity import SIMULATED_ENGINE
from quant.models import Quantification


class Skipped(Exception):
    """Nothing is to be made; the words say why."""


class Remake(BaseCommand, ABC):
    """`done` is the word for what was made."""

    done: str

    @abstractmethod
    def lacks(self, quantification: Quantification) -> bool: ...

    @abstractmethod
    def make(self, quantification: Quantification) -> None:
        """Raises UnusableInput or OSError when it cannot be made, Skipped when it need not be."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("runs", nargs="*", type=int, metavar="RUN", help="number of a run; also if it has some")

    def handle(self, *, runs: list[int], verbosity: int, **_: Any) -> None:
        failed = 0
        for one in self._named(runs) if runs else self._without():
            try:
                self.make(one)
            except Skipped as why:
                self.stdout.write(f"run {one.run_id}: skipped, {why}")
            except (UnusableInput, OSError) as error:
                failed += 1
                self.stderr.write(f"run {one.run_id}: {error}")
            else:
                if verbosity:
                    self.stdout.write(f"run {one.run_id}: {self.done}")
        if failed:
            raise CommandError(f"{failed} could not be {self.done}")

    def _named(self, runs: list[int]) -> QuerySet[Quantification]:
        found = _real().filter(run__in=runs)
        missing = set(runs) - set(found.values_list("run_id", flat=True))
        if missing:
            raise CommandError(f"no stored measurement of a scan: run {', '.join(map(str, sorted(missing)))}")
        return found

    def _without(self) -> list[Quantification]:
        return [one for one in _real().filter(current=True) if self.lacks(one)]


def _real() -> QuerySet[Quantification]:
    """Simulated numbers have no scan behind them."""
    return Quantification.objects.exclude(engine=SIMULATED_ENGINE).select_related("series").order_by("pk")
