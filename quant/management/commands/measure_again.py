"""`measure_again RUN...`: the scans of these runs once more, by the engine named, through the queue."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from patients.models import CTSeries
from quant import services
from quant.engine.errors import UnusableInput
from quant.engine.identity import ENGINE_VERSION, SIMULATED_ENGINE, whole_name


class Command(BaseCommand):
    help = "Measure scans again, by another engine or by the same; the older numbers stay in the history."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("runs", nargs="*", type=int, metavar="RUN", help="number of a run of the scan")
        parser.add_argument(
            "--all", action="store_true", help="every scan whose numbers are not by this engine and version"
        )
        parser.add_argument("--engine", default=settings.ENGINE, help=f"(default: {settings.ENGINE})")

    def handle(self, *, runs: list[int], engine: str, verbosity: int, **options: Any) -> None:
        from quant.engine.external import takeover

        if bool(runs) == options["all"]:
            raise CommandError("name runs, or --all")
        try:
            takeover.check(engine)
        except UnusableInput as error:
            raise CommandError(str(error)) from error
        found = self._all(engine) if options["all"] else self._named(runs)
        asked = [services.measure_again(series, engine) for series in found]
        if verbosity:
            numbers = ": " + ", ".join(f"run {run.pk}" for run in asked) if asked else ""
            self.stdout.write(f"{len(asked)} scans to be measured by {whole_name(engine)}{numbers}")

    def _named(self, runs: list[int]) -> list[CTSeries]:
        found = CTSeries.objects.filter(runs__in=runs).exclude(runs__engine=SIMULATED_ENGINE).distinct().order_by("pk")
        missing = set(runs) - set(found.values_list("runs", flat=True))
        if missing:
            raise CommandError(f"no run of a scan: {', '.join(map(str, sorted(missing)))}")
        return list(found)

    def _all(self, engine: str) -> list[CTSeries]:
        """Chosen series whose numbers that count are by another engine or version."""
        measured = CTSeries.objects.filter(chosen=True, quantifications__current=True)
        others = measured.exclude(runs__engine__in=[SIMULATED_ENGINE])
        return [one for one in others.order_by("pk") if not _by(one, engine)]


def _by(series: CTSeries, engine: str) -> bool:
    """The run behind the numbers that count asked for this engine, and ours was of this version."""
    asked = {"run__engine": whole_name(engine), "run__engine_version": ENGINE_VERSION}
    return series.quantifications.filter(current=True, **asked).exists()
