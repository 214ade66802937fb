"""TotalSegmentator (Wasserthal 2023): the five lobes of its task `total`, as a program in an environment of its own.

The portal never installs it nor fetches its weights: whoever wants it sets ILDPORTAL_TOTALSEGMENTATOR to its program.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from quant.engine.errors import UnusableInput
from quant.engine.external import anatomy, program
from quant.engine.external.interface import Segmented
from quant.engine.volume import Volume

if TYPE_CHECKING:
    import torch

VARIABLE, USUAL = "ILDPORTAL_TOTALSEGMENTATOR", "TotalSegmentator"
LOBES = {
    "lung_upper_lobe_right": anatomy.RUL,
    "lung_middle_lobe_right": anatomy.RML,
    "lung_lower_lobe_right": anatomy.RLL,
    "lung_upper_lobe_left": anatomy.LUL,
    "lung_lower_lobe_left": anatomy.LLL,
}


@dataclass(frozen=True, slots=True)
class TotalSegmentator:
    program: str

    @property
    def name(self) -> str:
        return "totalsegmentator"

    @property
    def version(self) -> str:
        return "external"

    def weights(self) -> dict[str, str]:
        """It keeps its weights to itself."""
        return {}

    def segment(self, volume: Volume, device: torch.device) -> Segmented:
        with tempfile.TemporaryDirectory(prefix="totalsegmentator-") as scratch:
            scan, out = Path(scratch) / "ct.nii.gz", Path(scratch) / "out"
            program.give(volume, scan)
            where = "gpu" if device.type == "cuda" else "cpu"
            wanted = ["--task", "total", "--roi_subset", *LOBES]
            program.run([self.program, "-i", str(scan), "-o", str(out), "--device", where, *wanted])
            lobes = np.zeros(volume.hu.shape, np.uint8)
            for name, value in LOBES.items():
                lobes[program.take(out / f"{name}.nii.gz", volume) > 0] = value
        if not lobes.any():
            raise UnusableInput("engine_failed", "TotalSegmentator found no lobe of a lung")
        return Segmented(lobes=lobes)


def make(rest: str) -> TotalSegmentator:
    if rest:
        raise UnusableInput("engine", f"totalsegmentator takes nothing after its name, not {rest!r}")
    return TotalSegmentator(program.located(VARIABLE, USUAL))
