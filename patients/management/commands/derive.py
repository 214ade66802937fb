"""derive: findings and reference values of stored sessions looked for again, with a report of what that changes."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from patients import services
from patients.intake.command import IntakeCommand
from patients.models import PulmonaryFunctionTest, Site, SpirometrySet
from patients.services.rederive import Report, Side


class Command(IntakeCommand):
    help = (
        "Compute the reference values of lung function again and say what changed. docs/lungfunction.md has the sets."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--site", metavar="CODE", help="this site's patients only")
        parser.add_argument("--patient", metavar="CODE", help="this patient only")
        parser.add_argument("--set", choices=SpirometrySet.values, help="compute this spirometry set beside the others")
        parser.add_argument(
            "--default", choices=SpirometrySet.values, help="what spirometry at --site is compared with from now on"
        )
        parser.add_argument("--dry-run", action="store_true", help="report the same, change nothing")

    def take(self, options: dict[str, Any]) -> None:
        pfts = PulmonaryFunctionTest.objects.all()
        site = Site.objects.filter(code=options["site"]).first() if options["site"] else None
        if options["site"] and site is None:
            self.fail("no_site", f"{options['site']!r} is no site's code")
        if options["default"] and (site is None or options["patient"]):
            self.fail("no_site", "--default is a choice of a whole site: give --site CODE, and no --patient")
        if site:
            pfts = pfts.filter(patient__site=site)
        if options["patient"]:
            pfts = pfts.filter(patient__code=options["patient"])
            if not pfts.exists():
                self.fail("no_patient", f"{options['patient']!r} has no lung function on record")
        report = services.rederive(
            pfts,
            also=[options["set"]] if options["set"] else [],
            default=(site, options["default"]) if site and options["default"] else None,
            dry_run=options["dry_run"],
        )
        if self.as_json:
            self.document({**report.as_json(), "dry_run": options["dry_run"]})
        else:
            self._print(report, options["dry_run"])

    def _print(self, report: Report, dry_run: bool) -> None:
        say = self.stdout.write
        say(
            f"{report.sessions} sessions; values: {report.new} new, {report.changed} changed, {report.gone} gone, "
            f"{report.same} as before"
        )
        say(f"{'what counts':12}{'values':>16}{'mean % predicted':>20}{'below the LLN':>18}")
        for name, before in report.before.items():
            after = report.after[name]
            if before.count or after.count:
                values, below = f"{before.count} -> {after.count}", f"{before.below_lln} -> {after.below_lln}"
                say(f"{name:12}{values:>16}{f'{_mean(before)} -> {_mean(after)}':>20}{below:>18}")
        for one in report.largest:
            was, now = (f"{value:.1f} %" if value is not None else "nothing" for value in (one.before, one.after))
            say(f"{one.patient} {one.date} {one.measure}: {was} -> {now}")
        say(f"open findings: {report.findings_before} -> {report.findings_after}")
        for reason, count in report.without.most_common():
            say(f"no reference value, {reason}: {count}")
        if dry_run:
            say("dry run: nothing was changed")


def _mean(side: Side) -> str:
    return "-" if side.mean_percent is None else f"{side.mean_percent:.1f}"
