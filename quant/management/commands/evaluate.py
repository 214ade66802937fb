"""`evaluate [SCAN ...]`: the engine against scans whose lungs and disease are known; needs no database.

`evaluate --readings CSV|portal`: readers against what counts in the portal, or against each other.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from quant.engine.errors import UnusableInput

if TYPE_CHECKING:
    from quant.evaluation.plan import Plan
    from quant.reader_study import Study

UNUSABLE, SLICES = 2, 40
STDOUT = Path("-")
PARTS = ("clean", "lungs", "patterns", "pairs", "cost")


class Command(BaseCommand):
    """Prints the table of targets; exit 2 with one line for what it cannot use."""

    help = "Evaluate the engine: clean scans and phantoms with disease of exactly known extent, against the targets."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which scans, which parts, which seed, and what is written."""
        parser.add_argument("scans", type=Path, nargs="*", metavar="SCAN", help="clean chest CT: folder, zip or NIfTI")
        parser.add_argument("--phantoms", type=int, default=0, metavar="N", help="healthy phantoms beside the scans")
        parser.add_argument("--thickness", type=float, default=2.5, help="mm between phantom slices (default 2.5)")
        parser.add_argument("--matrix", type=int, default=320, help="rows and columns of phantoms (default 320)")
        parser.add_argument("--only", action="append", choices=PARTS, help="one part; may be given again")
        parser.add_argument("--cases", help="names of cases, parted by commas; part of a name is enough")
        parser.add_argument("--seed", type=int, default=1, help="1-49 to tune by, 50-99 to report (default 1)")
        parser.add_argument("--engine", help="engine name (default: the portal's own)")
        parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
        parser.add_argument(
            "--repeatability", type=Path, metavar="FILE", help="measure repeatability instead, into FILE"
        )
        parser.add_argument(
            "--goh", type=Path, metavar="FILE", help="measure a network of Goh scores instead: its weights"
        )
        parser.add_argument(
            "--heat",
            type=int,
            nargs="?",
            const=SLICES,
            metavar="N",
            help=f"with --goh: its heat maps instead, on N slices of each scan (default {SLICES})",
        )
        parser.add_argument(
            "--measured", action="store_true", help="with --goh: the engine's own count of the same slices beside it"
        )
        parser.add_argument("--read", type=Path, nargs="+", metavar="FILE", help="one table of earlier --json files")
        parser.add_argument("--pictures", type=Path, metavar="DIR", help="a picture of each case: drawn and found")
        form = parser.add_mutually_exclusive_group()
        form.add_argument(
            "--json", type=Path, nargs="?", const=STDOUT, metavar="FILE",
            help="everything as JSON on stdout, nothing else; with --readings also into FILE",
        )  # fmt: skip
        form.add_argument("--markdown", action="store_true", help="the table as markdown")
        _add_readings(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        """Evaluate, or say in one line why not."""
        if options["readings"]:
            self._agree(options)
            return
        _without_readings(options)
        # The numeric libraries take seconds to import; --help needs none of them.
        from quant.evaluation.plan import evaluate, goh_scores, joined, repeat

        if not options["scans"] and not options["phantoms"] and not options["read"]:
            raise CommandError("name a SCAN, or ask for --phantoms N", returncode=UNUSABLE)
        if options["heat"] is not None and (not options["goh"] or options["heat"] < 2):
            raise CommandError("--heat goes with --goh FILE, and takes two slices or more", returncode=UNUSABLE)
        for path in (*options["scans"], *(options["read"] or ())):
            if not path.exists():
                raise CommandError(f"{path}: no such file or folder", returncode=UNUSABLE)
        try:
            plan = _plan(options)
            if options["read"]:
                self.stdout.write(joined(options["read"], plan.form))
            elif options["goh"] and options["heat"]:
                self._heat(plan, options)
            elif options["goh"]:
                found = goh_scores(plan, options["goh"], self._told, measured=options["measured"])
                self.stdout.write(json.dumps(found, indent=1))
            elif options["repeatability"]:
                limits = repeat(plan, self._told)
                options["repeatability"].write_text(json.dumps(limits, indent=1) + "\n", encoding="utf-8")
                self.stdout.write(
                    f"{options['repeatability']}: {len(limits['limits'])} limits of {limits['scans']} scans"
                )
            else:
                self.stdout.write(evaluate(plan, self._told))
        except (UnusableInput, ValueError, OSError) as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error

    def _heat(self, plan: Plan, options: dict[str, Any]) -> None:
        """The checker knows nothing of the training: the slices to choose thresholds by are handed to it here."""
        from quant.evaluation.plan import goh_maps
        from quant.training.goh import heat_slices

        found = goh_maps(plan, options["goh"], options["heat"], heat_slices.slices, heat_slices.SEED, self._told)
        self.stdout.write(json.dumps(found, indent=1))

    def _agree(self, options: dict[str, Any]) -> None:
        """Readers against engine, network or each other; every bad row of the CSV on a line of its own."""
        from django.db import DatabaseError

        from quant import reader_study
        from quant.evaluation.agreement.document import written
        from quant.goh.readings import BadRows

        try:
            told, pairs = reader_study.compare(_study(options), timezone.localdate())
            if options["html"]:
                options["html"].write_text(reader_study.html(told, pairs), encoding="utf-8")
            if options["json"] and options["json"] != STDOUT:
                options["json"].write_text(written(told), encoding="utf-8")
        except BadRows as error:
            for number, why in error.bad:
                self._told(f"row {number}: {why}")
            raise CommandError(f"{len(error.bad)} unusable rows, {reader_study.UNDONE}", returncode=UNUSABLE) from error
        except DatabaseError as error:
            raise CommandError(f"the portal's database: {error}".splitlines()[0], returncode=UNUSABLE) from error
        except (ValueError, OSError) as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        self.stdout.write(written(told) if options["json"] == STDOUT else reader_study.text(told))

    def _told(self, line: str) -> None:
        """Progress goes to standard error: the table alone is on standard output."""
        self.stderr.write(line)


def _add_readings(parser: ArgumentParser) -> None:
    """The readers' part."""
    of = parser.add_argument_group("agreement with readers (docs/goh.md)")
    of.add_argument("--readings", metavar="CSV|portal", help="readers' Goh scores: a CSV, or those in the portal")
    of.add_argument("--source", choices=("measured", "network"), help="against what counts of it in the portal now")
    of.add_argument("--against", metavar="READER", help="against this reader instead")
    of.add_argument("--reader", action="append", metavar="READER", help="of this reader alone; may be given again")
    of.add_argument("--html", type=Path, metavar="FILE", help="the report as a page that needs nothing but itself")


def _study(options: dict[str, Any]) -> Study:
    """Raises CommandError for what does not go together."""
    from quant.reader_study import Study

    if bool(options["source"]) == bool(options["against"]):
        raise CommandError("--readings needs one of --source and --against", returncode=UNUSABLE)
    if options["scans"] or options["phantoms"] or options["markdown"]:
        raise CommandError("--readings goes with no SCAN, --phantoms or --markdown", returncode=UNUSABLE)
    source, against = options["source"] or "", options["against"] or ""
    return Study(options["readings"], source, against, tuple(options["reader"] or ()))


def _without_readings(options: dict[str, Any]) -> None:
    """`--json SCAN` names a scan here: JSON goes to standard output."""
    if any(options[name] for name in ("source", "against", "reader", "html")):
        raise CommandError("--source, --against, --reader and --html go with --readings", returncode=UNUSABLE)
    if options["json"] and options["json"] != STDOUT:
        options["scans"] = [options["json"], *options["scans"]]


def _plan(options: dict[str, Any]) -> Plan:
    from quant.evaluation.plan import Plan

    return Plan(
        scans=tuple(options["scans"]),
        phantoms=options["phantoms"],
        thickness_mm=options["thickness"],
        matrix=options["matrix"],
        parts=tuple(options["only"] or PARTS[:-1]),
        cases=tuple(part.strip() for part in (options["cases"] or "").split(",") if part.strip()),
        seed=options["seed"],
        engine=options["engine"],
        device=options["device"],
        pictures=options["pictures"],
        form="json" if options["json"] else "markdown" if options["markdown"] else "text",
    )
