"""`train_scores SCAN... --out FILE`: train the network of Goh scores on drawn disease, and on a hospital's readings."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from quant.engine.errors import UnusableInput

if TYPE_CHECKING:
    from quant.training.goh.session import Request
    from quant.training.patterns.scans import Clean

UNUSABLE = 2


class Command(BaseCommand):
    """Needs no database. Stopped, it goes on from its last epoch when it is called again with the same settings."""

    help = "Train the network of Goh scores: synthetic patterns in clean scans and phantoms. Research use."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to learn from, with which network, for how long."""
        parser.add_argument("scans", type=Path, nargs="*", metavar="SCAN", help="chest CTs without ILD, to draw into")
        parser.add_argument("--out", type=Path, required=True, help="weights file (safetensors)")
        parser.add_argument("--phantoms", type=int, default=4, help="phantoms to draw into, 0 to 4 (default 4)")
        parser.add_argument("--data", type=Path, metavar="DIR", help="DICOM of scans that were scored by readers")
        parser.add_argument("--scores", type=Path, metavar="CSV", help="those scores (docs/goh.md)")
        parser.add_argument("--samples", type=int, default=3000, help="slices drawn (default 3000)")
        parser.add_argument("--size", type=int, default=192, help="pixels of a side, 336 mm (default 192)")
        parser.add_argument("--arch", choices=("mini", "small", "atto", "tiny"), default="small")
        parser.add_argument("--epochs", type=int, default=20)
        parser.add_argument("--batch", type=int, default=16)
        parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate (default 0.002)")
        parser.add_argument("--patience", type=int, default=0, help="epochs without progress before it stops; 0 never")
        parser.add_argument("--balanced", action="store_true", help="draw slices of rare TOT more often")
        parser.add_argument("--folds", type=int, default=0, help="cross-validate by patient in so many folds first")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
        parser.add_argument("--threads", type=int, default=1, help="of torch on the CPU (default 1)")
        parser.add_argument("--model-version", default="1", help="how the register names it (default 1)")

    def handle(self, *_: Any, **options: Any) -> None:
        """Read, draw, fit, write."""
        if (options["data"] is None) != (options["scores"] is None):
            raise CommandError("--data and --scores go together", returncode=UNUSABLE)
        if not options["scans"] and not options["phantoms"] and options["data"] is None:
            raise CommandError(
                "nothing to train on: name scans, --phantoms, or --data and --scores", returncode=UNUSABLE
            )
        if options["size"] < 64 or options["size"] % 32:
            raise CommandError("--size must be a multiple of 32, at least 64", returncode=UNUSABLE)
        try:
            self._train(options)
        except (UnusableInput, ValueError, OSError) as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error

    def _train(self, options: dict[str, Any]) -> None:
        # Torch takes a second to import; --help needs none of it.
        import torch

        from quant.engine.device import one_thread, resolve
        from quant.training.goh import readings, session
        from quant.training.patterns import scans

        device = resolve(options["device"]).type
        began = time.monotonic()

        def say(line: str) -> None:
            self.stdout.write(f"{time.monotonic() - began:6.0f} s  {line}")
            self.stdout.flush()

        with one_thread():
            torch.set_num_threads(options["threads"])
            read = None
            if options["data"] is not None:
                read = readings.pool(options["data"], options["scores"], options["size"], say)

            def chests() -> list[Clean]:
                return [scans.from_path(path) for path in options["scans"]] + scans.phantoms(options["phantoms"])

            path = session.train(_request(options, device), chests, read, say)
        say(f"{path} {path.stat().st_size / 1e6:.1f} MB; figures and curve beside it")


def _request(options: dict[str, Any], device: str) -> Request:
    from quant.training.goh.fit import Plan
    from quant.training.goh.session import Request

    names = ("arch", "epochs", "batch", "rate", "patience", "balanced", "seed")
    plan = Plan(**{name: options[name] for name in names}, device=device)
    sources = [path.stem for path in options["scans"]] + [f"phantom {n + 1}" for n in range(options["phantoms"])]
    return Request(
        options["out"],
        plan,
        options["samples"],
        options["size"],
        tuple(sources),
        options["folds"],
        options["model_version"],
    )
