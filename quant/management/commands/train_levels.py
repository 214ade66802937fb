"""`train_levels [SCAN...] --out FILE`: the network that finds the Goh levels, from phantoms and marked scans."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from quant.engine.errors import UnusableInput

if TYPE_CHECKING:
    from quant.training.goh.level_scans import Chest
    from quant.training.goh.level_train import Plan, State

NAME, UNUSABLE = "goh_levels", 2
FIRST_SEED, FIRST_CHECK = 1000, 1


class Command(BaseCommand):
    """Needs no database. Trained on synthetic bodies and few scans: research use, not clinically validated."""

    help = "Train the network that finds the five Goh levels. Research use, not clinically validated."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to learn from, how long, and where it goes."""
        parser.add_argument("scans", nargs="*", type=Path, metavar="SCAN", help="scan in levels_by_hand.json")
        parser.add_argument("--out", type=Path, required=True, help="weights (safetensors); .json and .svg beside it")
        parser.add_argument("--data", type=Path, metavar="DIR", help="folder of DICOM with marks of your own")
        parser.add_argument("--levels", type=Path, metavar="CSV", help="the marks: series_uid, level, position_mm")
        parser.add_argument("--judge", action="append", type=Path, default=[], metavar="SCAN", help="a scan left out")
        parser.add_argument("--judge-phantoms", type=int, default=0, metavar="N", help="judge on seeds 50 and on")
        parser.add_argument("--judge-only", action="store_true", help="judge the weights of --out, train nothing")
        parser.add_argument("--start", type=Path, help="weights to go on from, instead of random ones")
        parser.add_argument("--form", choices=("heat_maps", "positions"), default="heat_maps")
        parser.add_argument("--phantoms", type=int, default=24, help="people to learn from (default 24)")
        parser.add_argument("--checks", type=int, default=4, help="people to stop by (default 4)")
        parser.add_argument("--cache", type=Path, metavar="DIR", help="where drawn phantoms are kept")
        parser.add_argument("--steps", type=int, default=600, help="four crops each (default 600)")
        parser.add_argument("--rate", type=float, default=2e-3, help="the highest of the steps (default 0.002)")
        parser.add_argument("--real-share", type=float, default=0.4, help="of crops from scans (default 0.4)")
        parser.add_argument("--patience", type=int, default=6, help="checks without a better one (default 6)")
        parser.add_argument("--folds", type=int, default=0, help="cross-validate by patient in so many folds first")
        parser.add_argument("--model-version", default="1", help="how the register names it (default 1)")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
        parser.add_argument("--threads", type=int, default=1, help="of the CPU (default 1)")
        parser.add_argument("--resume", action="store_true", help="go on where this training was stopped")

    def handle(self, *_: Any, **options: Any) -> None:
        """Train, write, judge."""
        if (options["data"] is None) != (options["levels"] is None):
            raise CommandError("--data and --levels belong together", returncode=UNUSABLE)
        try:
            if options["judge_only"]:
                self._judge(options)
            else:
                self._train(options)
        except (UnusableInput, ValueError, OSError) as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error

    def _train(self, options: dict[str, Any]) -> None:
        import torch

        from quant.engine.device import resolve
        from quant.goh import register
        from quant.training.goh import level_cases, level_curve, level_folds, level_train

        register.free(options["out"], NAME, options["model_version"])
        device = resolve(options["device"])
        torch.set_num_threads(options["threads"])
        begun = time.monotonic()
        out: Path = options["out"]
        chests = self._chests(options)
        scans = [chest.case() for chest in chests]
        cache = options["cache"]
        made = list(level_cases.phantoms(range(FIRST_SEED, FIRST_SEED + options["phantoms"]), cache))
        checks = list(level_cases.phantoms(range(FIRST_CHECK, FIRST_CHECK + options["checks"]), cache))
        self._say(f"{len(scans)} scans, {len(made)} phantoms, {len(checks)} to stop by, {device}")
        plan, resume = self._plan(options), out.with_suffix(".resume")
        shared = level_folds.Material(chests, made, checks)
        folds = (
            list(level_folds.run(shared, plan, options["folds"], device, out, self._say)) if options["folds"] else []
        )
        state = self._state(plan, options, device, resume)
        network = level_train.train(state, [*scans, *made], [*checks, *scans], plan, self._say, resume)
        about = {**_about(options), "form": plan.form, "step": str(state.best_step)}
        level_train.save(network, out, about)
        seconds = round(time.monotonic() - begun)
        metrics = {**about, "device": str(device), "seconds": seconds, "history": state.history, "folds": folds}
        metrics |= {"sha256": self._register(out, options["model_version"])}
        metrics["errors"] = self._judge(options)
        out.with_suffix(".json").write_text(json.dumps(metrics, indent=1) + "\n")
        out.with_suffix(".svg").write_text(level_curve.svg(state.history))
        self._say(f"{out}: {seconds} s")

    def _plan(self, options: dict[str, Any]) -> Plan:
        from quant.training.goh.level_train import Plan

        names = ("form", "steps", "rate", "real_share", "seed", "patience")
        return Plan(**{name: options[name] for name in names})

    def _state(self, plan: Plan, options: dict[str, Any], device: Any, resume: Path) -> State:
        from quant.goh import level_seek
        from quant.training.goh import level_train

        state = level_train.start(plan, device)
        if options["start"]:
            weights = level_seek.trained(options["start"], str(device)).state_dict()
            state.network.load_state_dict(weights)
            state.mean.load_state_dict(weights)
        if options["resume"] and resume.is_file():
            state = level_train.load_state(state, plan, resume)
            self._say(f"goes on after step {state.step}")
        return state

    def _chests(self, options: dict[str, Any]) -> list[Chest]:
        from quant.training.goh import level_marks, level_scans

        found = [one for path in options["scans"] for one in level_scans.chests(path, level_marks.by_hand())]
        if options["data"]:
            scans = level_scans.read(options["data"])
            marks = level_marks.read(options["levels"], {uid: one.volume for uid, one in scans.items()})
            found += level_scans.marked(options["data"].name, scans, marks)
        return found

    def _register(self, out: Path, version: str) -> str:
        """Another file under a version that is registered is refused."""
        from quant.engine.digest import sha256
        from quant.goh import register

        digest = sha256(out)
        register.add(out.parent, register.Trained(NAME, version, out.name, digest))
        return digest

    def _judge(self, options: dict[str, Any]) -> list[dict[str, Any]]:
        """Of each scan left out a line a level; of phantoms a table."""
        from quant.training.goh import level_judge, level_marks, level_scans

        found = []
        for path in options["judge"]:
            for chest in level_scans.chests(path, level_marks.by_hand()):
                for one in level_judge.scan(chest, options["out"]):
                    found.append(one)
                    mm = "not found" if one.mm is None else f"{one.mm:+.1f} mm"
                    self._say(f"{one.scan} level {one.level} by {one.way}: {mm}")
        if options["judge_phantoms"]:
            seeds = range(50, 50 + options["judge_phantoms"])
            some = list(level_judge.phantoms(seeds, options["out"]))
            for line in level_judge.table(some):
                self._say(line)
            found += some
        return [one._asdict() for one in found]

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _about(options: dict[str, Any]) -> dict[str, str]:
    """What the file says of itself."""
    scans = [path.stem for path in options["scans"]]
    names = ("phantoms", "checks", "steps", "rate", "real_share", "patience", "seed")
    return {
        "trained_on": "synthetic bodies and few scans; research use, not clinically validated",
        "scans": " ".join(scans),
        "start": options["start"].stem if options["start"] else "",
        **{name: str(options[name]) for name in names},
    }
