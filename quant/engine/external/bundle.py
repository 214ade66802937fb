"""A MONAI bundle (its inference config, its network, its weights) in this process: `bundle:/models/lobes`.

Its own preprocessing reads the scan from a NIfTI and its own postprocessing brings the prediction back onto the scan's
grid; what it would save is left out. `configs/ildportal.json` says what its labels mean.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quant.engine.arrays import Labels
from quant.engine.digest import sha256
from quant.engine.errors import UnusableInput
from quant.engine.external import labels, program
from quant.engine.external.interface import Segmented
from quant.engine.volume import Volume

if TYPE_CHECKING:
    import torch

CONFIGS = ("inference.json", "inference.yaml")
WEIGHTS = "models/model.pt"
KEPT_OUT = "Save"
# How many windows MONAI's sliding inferers take at once.
WINDOWS = "sw_batch_size"


@dataclass(frozen=True, slots=True)
class Bundle:
    folder: Path
    meaning: labels.Meaning

    @property
    def name(self) -> str:
        return f"bundle-{self.folder.name}"

    @property
    def version(self) -> str:
        try:
            told = json.loads((self.folder / "configs" / "metadata.json").read_text(encoding="utf-8"))
            return str(told["version"])
        except (OSError, ValueError, KeyError, TypeError):
            return "unversioned"

    def weights(self) -> dict[str, str]:
        return {WEIGHTS: sha256(self.folder / WEIGHTS)}

    def segment(self, volume: Volume, device: torch.device) -> Segmented:
        try:
            found = self._predict(volume, device)
        except UnusableInput:
            raise
        except Exception as error:
            # A config may name anything, and anything may fail in it.
            raise UnusableInput("engine_failed", f"the bundle {self.folder} failed: {error}") from error
        return self.meaning.apply(found)

    def _predict(self, volume: Volume, device: torch.device) -> Labels:
        import torch
        from monai.transforms.compose import Compose

        from quant.engine.external.batches import back_off
        from quant.engine.external.precision import where_equal

        parser = self._parser(device)
        network = parser.get_parsed_content("network_def").to(device).eval()
        network.load_state_dict(torch.load(self.folder / WEIGHTS, map_location=device, weights_only=True))
        before = parser.get_parsed_content("preprocessing")
        steps = _steps(parser, "postprocessing")
        after = Compose([one for one in steps if not type(one).__name__.startswith(KEPT_OUT)])
        with tempfile.TemporaryDirectory(prefix="bundle-") as scratch, torch.inference_mode():
            scan = Path(scratch) / "ct.nii.gz"
            program.give(volume, scan)
            item: Any = before({"image": str(scan)})
            inferer = parser.get_parsed_content("inferer")
            picture, runs = item["image"][None].to(device), where_equal(network, device)

            def run(size: int) -> Any:
                if hasattr(inferer, WINDOWS):
                    setattr(inferer, WINDOWS, size)
                return inferer(inputs=picture, network=runs)[0]

            predicted = back_off(run, getattr(inferer, WINDOWS, 1))
            item["pred"] = _like(item["image"], predicted)
            found = after(item)["pred"]
        return self._on_grid(np.asarray(found.cpu()), volume)

    def _parser(self, device: torch.device) -> Any:
        from monai.bundle.config_parser import ConfigParser

        parser = ConfigParser()
        config = next(path for name in CONFIGS if (path := self.folder / "configs" / name).is_file())
        parser.read_config(str(config))
        parser.update({"bundle_root": str(self.folder), "device": str(device)})
        return parser

    def _on_grid(self, found: Any, volume: Volume) -> Labels:
        values = found[0] if found.ndim == 4 and found.shape[0] == 1 else found
        if values.shape != volume.grid.shape:
            off = f"its prediction is of {found.shape}, not on the grid of the scan {volume.grid.shape}"
            words = f"the bundle {self.folder}: {off}; its postprocessing must bring it back"
            raise UnusableInput("engine_failed", words)
        return volume.from_source(np.rint(values).astype(np.uint8))


def _steps(parser: Any, key: str) -> list[Any]:
    return list(parser.get_parsed_content(key).transforms) if parser.get(key) else []


def _like(image: Any, predicted: Any) -> Any:
    """The prediction with the image's metadata, which lead it back onto its grid."""
    from monai.data.meta_tensor import MetaTensor

    return MetaTensor(predicted.cpu(), meta=dict(image.meta), applied_operations=list(image.applied_operations))


def make(rest: str) -> Bundle:
    folder = Path(rest)
    if not rest or not any((folder / "configs" / name).is_file() for name in CONFIGS):
        raise UnusableInput("engine", f"bundle needs the folder of a MONAI bundle after its colon; {rest!r} is none")
    if not (folder / WEIGHTS).is_file():
        raise UnusableInput("weights", f"{folder / WEIGHTS} is missing: fetch the bundle's weights as its maker says")
    return Bundle(folder, labels.read(folder / "configs"))
