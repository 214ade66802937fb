"""`train_lungs SCAN... --out FILE`: the weights of the lung network again, from phantoms and clean scans."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

if TYPE_CHECKING:
    from quant.engine.unet import UNet
    from quant.engine.volume import Volume

UNUSABLE = 2


class Command(BaseCommand):
    """Trains on phantoms and the given scans; a scan given with --judge is left out and shows what was learned."""

    help = "Train the lung network on phantoms and clean chest CTs (no dense disease); needs no database."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What it learns from, for how long, and where it goes."""
        parser.add_argument("scans", nargs="*", type=Path, metavar="SCAN", help="folder or zip of one clean chest CT")
        parser.add_argument("--out", type=Path, required=True, help="file of the weights")
        parser.add_argument("--start", type=Path, help="weights to go on from, instead of random ones")
        parser.add_argument("--judge", action="append", type=Path, default=[], metavar="SCAN", help="a scan left out")
        parser.add_argument("--phantoms", type=int, default=30, help="how many people (default 30)")
        parser.add_argument("--steps", type=int, default=1600, help="one chest each (default 1600)")
        parser.add_argument("--rate", type=float, default=2e-3, help="the highest of the steps (default 0.002)")
        parser.add_argument("--real-share", type=float, default=0.6, help="of steps on scans (default 0.6)")
        parser.add_argument("--seed", type=int, default=1, help="of the steps (default 1)")
        parser.add_argument("--threads", type=int, default=1, help="of the CPU (default 1)")

    def handle(self, *_: Any, **options: Any) -> None:
        """Train, write, judge."""
        import torch

        from quant.training.lungs import keep

        torch.set_num_threads(options["threads"])
        torch.manual_seed(options["seed"])
        start = time.perf_counter()
        network = self._learn(options)
        keep.save(network, options["out"], _about(options))
        self.stdout.write(f"{options['out']}: {time.perf_counter() - start:.0f} s")
        for path in options["judge"]:
            self._judge(path, options["out"])

    def _learn(self, options: dict[str, Any]) -> UNet:
        from quant.engine import seeing
        from quant.training.lungs import cases, keep
        from quant.training.lungs.train import Plan, train

        def watch(step: int, mean: UNet, loss: float) -> None:
            self.stdout.write(f"step {step}: loss {loss:.3f}")
            self.stdout.flush()
            keep.save(mean, options["out"], {**_about(options), "step": str(step)})

        people = list(cases.phantoms(cases.SEED, options["phantoms"]))
        scans = [cases.clean_scan(path.stem, _read(path)) for path in options["scans"]]
        network = keep.load(options["start"]) if options["start"] else seeing.untrained()
        plan = Plan(options["steps"], options["rate"], options["real_share"], seed=options["seed"])
        return train(network, [*people, *scans], plan, watch)

    def _judge(self, path: Path, weights: Path) -> None:
        """One line a case: what of the inserted disease lies inside the lungs, and what else does."""
        from quant.training.lungs import judge

        for row in judge.judge(judge.clean(path.stem, _read(path)), weights):
            inside = "" if row.inside is None else f" {100 * row.inside:.1f} % inside"
            self.stdout.write(
                f"{row.scan} {row.case}: {row.disease_ml:.0f} mL{inside}, {row.outside_ml:.1f} mL outside"
            )


def _about(options: dict[str, Any]) -> dict[str, str]:
    """What the file says of itself."""
    scans = " ".join(path.stem for path in options["scans"])
    return {
        "scans": scans,
        **{name: str(options[name]) for name in ("phantoms", "steps", "rate", "real_share", "seed")},
    }


def _read(path: Path) -> Volume:
    """The CT of a folder or zip."""
    from patients.intake.assemble import gather
    from patients.intake.quality import choose
    from quant.engine.volume import load_dicom

    with TemporaryDirectory() as folder:
        studies = gather([path], Path(folder)).studies
        series = choose([one for study in studies for one in study.series]).series
        if series is None:
            raise CommandError(f"{path}: no chest CT there", returncode=UNUSABLE)
        return load_dicom([header.path for header in series.headers])
