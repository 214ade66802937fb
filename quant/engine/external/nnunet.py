"""A model folder of nnU-Net v2 (Isensee 2021), run by its own program in an environment of its own.

`nnunet:/models/Dataset501/nnUNetTrainer__nnUNetPlans__3d_fullres`; an `ildportal.json` in the folder says what its
labels mean. ILDPORTAL_NNUNET names the program `nnUNetv2_predict_from_modelfolder` where it is not on the path.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quant.engine.digest import sha256
from quant.engine.errors import UnusableInput
from quant.engine.external import labels, program
from quant.engine.external.interface import Segmented
from quant.engine.volume import Volume

if TYPE_CHECKING:
    import torch

VARIABLE, USUAL = "ILDPORTAL_NNUNET", "nnUNetv2_predict_from_modelfolder"
CHECKPOINT = "checkpoint_final.pth"


@dataclass(frozen=True, slots=True)
class NnUNet:
    program: str
    folder: Path
    meaning: labels.Meaning

    @property
    def name(self) -> str:
        return f"nnunet-{self.folder.parent.name or self.folder.name}"

    @property
    def version(self) -> str:
        return self.folder.name

    def weights(self) -> dict[str, str]:
        return {f"{one.parent.name}/{one.name}": sha256(one) for one in self._checkpoints()}

    def segment(self, volume: Volume, device: torch.device) -> Segmented:
        folds = [one.parent.name.removeprefix("fold_") for one in self._checkpoints()]
        with tempfile.TemporaryDirectory(prefix="nnunet-") as scratch:
            given, out = Path(scratch) / "in", Path(scratch) / "out"
            given.mkdir()
            out.mkdir()
            program.give(volume, given / "ct_0000.nii.gz")
            where = ["-i", str(given), "-o", str(out), "-m", str(self.folder)]
            program.run([self.program, *where, "-f", *folds, "-device", device.type, "-chk", CHECKPOINT])
            return self.meaning.apply(program.take(out / "ct.nii.gz", volume))

    def _checkpoints(self) -> list[Path]:
        return sorted(self.folder.glob(f"fold_*/{CHECKPOINT}"))


def make(rest: str) -> NnUNet:
    folder = Path(rest)
    if not rest or not folder.is_dir():
        raise UnusableInput("engine", f"nnunet needs a model folder after its colon; {rest!r} is none")
    made = NnUNet(program.located(VARIABLE, USUAL), folder, labels.read(folder))
    if not made.weights():
        raise UnusableInput("weights", f"{folder} holds no fold_*/{CHECKPOINT}")
    return made
