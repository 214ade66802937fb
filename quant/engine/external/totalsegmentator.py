"""TotalSegmentator (Wasserthal 2023): the five lobes of its task `total`, as a program in an environment of its own.

The portal never installs it: whoever wants it sets ILDPORTAL_TOTALSEGMENTATOR to its program. It would fetch missing
weights by itself and tell its makers of each run; so it is not started where weights are missing, and it is given a
home in which its own settings forbid the telling.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from quant.engine.digest import sha256
from quant.engine.errors import UnusableInput
from quant.engine.external import anatomy, program
from quant.engine.external.interface import Segmented
from quant.engine.volume import Volume

if TYPE_CHECKING:
    import torch

VARIABLE, USUAL = "ILDPORTAL_TOTALSEGMENTATOR", "TotalSegmentator"
HOME, WEIGHTS, USUAL_HOME = "TOTALSEG_HOME_DIR", "TOTALSEG_WEIGHTS_PATH", ".totalsegmentator"
# The task's five models, of which the first draws lobes, and the coarse one that finds them: all are fetched together.
DRAWS, NEEDED = ("291", "298"), ("291", "292", "293", "294", "295", "298")
LOBES = {
    "lung_upper_lobe_right": anatomy.RUL,
    "lung_middle_lobe_right": anatomy.RML,
    "lung_lower_lobe_right": anatomy.RLL,
    "lung_upper_lobe_left": anatomy.LUL,
    "lung_lower_lobe_left": anatomy.LLL,
}


@dataclass(frozen=True, slots=True)
class TotalSegmentator:
    """`version` in its own words, `folder` where its loader keeps weights."""

    program: str
    version: str
    folder: Path

    @property
    def name(self) -> str:
        return "totalsegmentator"

    def weights(self) -> dict[str, str]:
        """Of the two models that draw lobes."""
        self._require()
        files = [file for number in DRAWS for file in self._checkpoints(number)]
        return {str(file.relative_to(self.folder)): sha256(file) for file in files}

    def segment(self, volume: Volume, device: torch.device) -> Segmented:
        self._require()
        with tempfile.TemporaryDirectory(prefix="totalsegmentator-") as scratch:
            scan, out = Path(scratch) / "ct.nii.gz", Path(scratch) / "out"
            program.give(volume, scan)
            where = "gpu" if device.type == "cuda" else "cpu"
            wanted = ["--task", "total", "--roi_subset", *LOBES]
            command = [self.program, "-i", str(scan), "-o", str(out), "--device", where, *wanted]
            program.run(command, {HOME: str(_silent(Path(scratch))), WEIGHTS: str(self.folder)})
            lobes = np.zeros(volume.hu.shape, np.uint8)
            for name, value in LOBES.items():
                lobes[program.take(out / f"{name}.nii.gz", volume) > 0] = value
        if not lobes.any():
            raise UnusableInput("engine_failed", "TotalSegmentator found no lobe of a lung")
        return Segmented(lobes=lobes)

    def _require(self) -> None:
        missing = [number for number in NEEDED if not self._checkpoints(number)]
        if missing:
            way = "let its own loader fetch them: totalseg_download_weights -t total, then -t total_fastest"
            words = f"TotalSegmentator's weights {', '.join(missing)} are not in {self.folder}; {way}"
            raise UnusableInput("weights", words)

    def _checkpoints(self, number: str) -> list[Path]:
        return sorted(self.folder.glob(f"Dataset{number}_*/*/fold_0/checkpoint_final.pth"))


def make(rest: str) -> TotalSegmentator:
    if rest:
        raise UnusableInput("engine", f"totalsegmentator takes nothing after its name, not {rest!r}")
    home = Path(os.environ.get(HOME) or Path.home() / USUAL_HOME)
    folder = Path(os.environ.get(WEIGHTS) or home / "nnunet" / "results")
    found = program.located(VARIABLE, USUAL)
    return TotalSegmentator(found, program.says([found, "--version"]), folder)


def _silent(folder: Path) -> Path:
    """A home for one run, in which TotalSegmentator's own settings say that it sends nothing."""
    said = {"totalseg_id": "ildportal", "send_usage_stats": False, "prediction_counter": 0}
    home = folder / "home"
    home.mkdir()
    (home / "config.json").write_text(json.dumps({**said, "statistics_disclaimer_shown": True}), encoding="utf-8")
    return home
