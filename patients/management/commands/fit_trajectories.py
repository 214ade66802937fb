"""fit_trajectories: the cohorts behind shrunk slopes and forecasts, from what is on record now."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from patients.services import fit_trajectories
from patients.services.trajectories import Fitting


class Command(BaseCommand):
    help = (
        "Fit the courses of all patients as one cohort, quantity by quantity: pages and API shrink single slopes to it "
        "and forecast from it. Run it every night or after an import. docs/trajectory.md says how."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, **options: Any) -> None:
        found = fit_trajectories()
        if options["json"]:
            import json

            self.stdout.write(json.dumps({"fitted": [asdict(one) for one in found]}, indent=1))
            return
        for one in found:
            self.stdout.write(_line(one))
        if not found:
            self.stdout.write("no patients on record: nothing to fit")


def _line(one: Fitting) -> str:
    whose = "invented patients" if one.invented else "patients"
    if one.refused:
        return f"{one.quantity}, {whose}: not fitted, {one.refused}"
    return f"{one.quantity}: {one.patients} {whose}, {one.visits} visits"
