"""`train_patterns SCAN... --out FILE`: train the pattern network on patterns drawn into chests without disease."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from quant.engine.errors import UnusableInput

UNUSABLE = 2


class Command(BaseCommand):
    """Needs no database. Prints the loss as it goes, and how well a scan given to --judge is read."""

    help = "Train the pattern network: synthetic patterns in clean scans and phantoms. Research use."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to train on, how long, and what to judge by."""
        parser.add_argument("scans", type=Path, nargs="*", help="chest CTs without ILD: DICOM folders or zips")
        parser.add_argument("--out", type=Path, required=True, help="weights file (safetensors)")
        parser.add_argument(
            "--judge", type=Path, action="append", default=[], help="a scan to judge by, not trained on"
        )
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--samples", type=int, default=600, help="samples drawn for each scan (default 600)")
        parser.add_argument("--phantoms", type=int, default=100, help="samples drawn in phantoms (default 100)")
        parser.add_argument("--diseased", type=int, default=0, help="samples of phantoms with disease (default 0)")
        parser.add_argument("--rounds", type=int, default=8, help="times each place is looked at (default 8)")
        parser.add_argument("--rate", type=float, default=4e-3, help="highest learning rate (default 0.004)")
        parser.add_argument("--threads", type=int, default=1, help="of torch (default 1)")

    def handle(self, *_: Any, **options: Any) -> None:
        """Draw, train, judge."""
        if not options["scans"] and not options["phantoms"] and not options["diseased"]:
            raise CommandError("nothing to train on: name scans, or draw --phantoms", returncode=UNUSABLE)
        try:
            self._train(options)
        except (UnusableInput, ValueError, OSError) as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error

    def _train(self, options: dict[str, Any]) -> None:
        # Torch takes a second to import; --help needs none of it.
        import torch

        from quant.training.patterns import learn, scans

        torch.set_num_threads(options["threads"])
        began = time.monotonic()
        chests = [scans.from_path(path) for path in options["scans"]]
        groups = [([chest], options["samples"]) for chest in chests]
        if options["phantoms"]:
            groups.append((scans.phantoms(), options["phantoms"]))
        if options["diseased"]:
            groups.append((scans.diseased(), options["diseased"]))
        net = learn.fit(groups, learn.Plan(options["rounds"], options["seed"], options["rate"]), self.stdout.write)
        about = {name: str(options[name]) for name in ("seed", "samples", "phantoms", "diseased", "rounds", "rate")}
        learn.save(net, options["out"], {**about, "scans": " ".join(chest.name for chest in chests)})
        self.stdout.write(f"{options['out']}: {time.monotonic() - began:.0f} s")
        for path in options["judge"]:
            self._judge(net, scans.from_path(path))

    def _judge(self, net: Any, chest: Any) -> None:
        import torch

        from quant.engine import textured
        from quant.training.patterns.judge import judge

        def find(hu: Any, lung: Any, voxel_mm: Any) -> Any:
            return textured.find(hu, lung, voxel_mm, torch.device("cpu"), net).labels

        for one in judge(chest, find):
            if one.dice is not None or one.found >= 0.05:
                dice = "   -" if one.dice is None else f"{one.dice:.2f}"
                extents = f"{one.truth:5.1f} -> {one.found:5.1f} %"
                self.stdout.write(f"{chest.name} {one.case:<14}{one.pattern:<14} Dice {dice}  {extents}")
