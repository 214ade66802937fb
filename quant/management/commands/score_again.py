"""`score_again RUN... --model NAME --version V`: the levels of measured scans by a network, beside what is there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from quant.engine.errors import UnusableInput
from quant.engine.identity import SIMULATED_ENGINE
from quant.goh import shelf
from quant.models import Quantification, Scoring, State
from quant.scoring import ask


class Command(BaseCommand):
    help = "Score the Goh levels of measured scans by a network (research use); older scores stay, measured ones count."

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        # Django's own --version gives way to that of the network.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **options)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("runs", nargs="*", type=int, metavar="RUN", help="number of a run that measured a scan")
        parser.add_argument("--all", action="store_true", help="all numbers that count, without scores by this network")
        parser.add_argument("--model", default=shelf.NAME, help=f"name of the network (default: {shelf.NAME})")
        parser.add_argument("--version", required=True, help="its version")
        parser.add_argument("--folder", type=Path, help="its register (default: ILDPORTAL_SCORE_MODELS)")
        parser.add_argument("--now", action="store_true", help="score here, one after the other, without a worker")

    def handle(self, *, runs: list[int], model: str, version: str, **options: Any) -> None:
        if bool(runs) == options["all"]:
            raise CommandError("name runs, or --all")
        folder = options["folder"].resolve() if options["folder"] else settings.SCORE_MODELS
        try:
            chosen = shelf.find(model, version, str(folder))
        except UnusableInput as error:
            raise CommandError(error.detail) from error
        found = self._all(chosen) if options["all"] else self._named(runs)
        asked, refused = _asked(found, chosen)
        if options["now"]:
            asked = [_worked(job) for job in asked]
        for job in asked if options["verbosity"] else ():
            self.stdout.write(_told(job))
        if options["verbosity"]:
            self.stdout.write(f"{len(asked)} scans asked for by {chosen.by}; the older scores stay")
        if refused:
            raise CommandError("; ".join(refused))

    def _named(self, runs: list[int]) -> list[Quantification]:
        found = Quantification.objects.filter(run__in=runs).order_by("run")
        missing = set(runs) - set(found.values_list("run", flat=True))
        if missing:
            raise CommandError(f"no run that measured a scan: {', '.join(map(str, sorted(missing)))}")
        return list(found)

    def _all(self, chosen: shelf.Known) -> QuerySet[Quantification]:
        done = Scoring.objects.filter(model=chosen.name, model_version=chosen.version, state=State.DONE)
        found = Quantification.objects.filter(current=True, series__chosen=True).exclude(engine=SIMULATED_ENGINE)
        return found.exclude(scorings__in=done).order_by("run")


def _asked(found: Iterable[Quantification], chosen: shelf.Known) -> tuple[list[Scoring], list[str]]:
    """The jobs, and why there is none of the others: one that is refused stops no other."""
    asked, refused = [], []
    for one in found:
        try:
            asked.append(ask.request(one, chosen)[0])
        except ValidationError as error:
            refused.append(f"run {one.run_id}: {' '.join(error.messages)}")
    return asked, refused


def _worked(job: Scoring) -> Scoring:
    """The network computes in this process; a job that a worker has taken meanwhile is left to it."""
    from quant.scoring.work import work

    if job.state == State.QUEUED:
        # A name of its own: what another command holds is not taken for a lost child of this one.
        work(job.pk, f"command line/{os.getpid()}")
    return Scoring.objects.select_related("quantification").get(pk=job.pk)


def _told(job: Scoring) -> str:
    why = f": {job.reason}" if job.reason else ""
    return f"run {job.quantification.run_id}: {job.by} {job.get_state_display()}{why}"
