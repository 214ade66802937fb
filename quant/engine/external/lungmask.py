"""lungmask (Hofmanninger 2020, Apache-2.0): lungs by U-net R231, lobes by LTRCLobes, in this process.

Its own loader fetches its weights, and only when somebody asks: `manage.py engine_weights lungmask --yes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quant.engine.digest import sha256
from quant.engine.errors import UnusableInput
from quant.engine.external import anatomy
from quant.engine.external.interface import Segmented
from quant.engine.volume import Volume

if TYPE_CHECKING:
    import torch

MODELS = ("R231", "LTRCLobes", "R231CovidWeb")
SLICES_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Lungmask:
    """One of lungmask's models."""

    model: str
    file: Path

    @property
    def name(self) -> str:
        return f"lungmask-{self.model}"

    @property
    def version(self) -> str:
        return version("lungmask")

    def weights(self) -> dict[str, str]:
        return {self.file.name: sha256(self._there())}

    def segment(self, volume: Volume, device: torch.device) -> Segmented:
        from lungmask import LMInferer

        from quant.engine.external.batches import back_off
        from quant.engine.external.precision import where_equal

        def run(size: int) -> Any:
            inferer = LMInferer(
                modelpath=str(self._there()), batch_size=size, force_cpu=device.type == "cpu", tqdm_disable=True
            )
            inferer.model = where_equal(inferer.model, device)
            return inferer.apply(volume.hu)

        found = back_off(run, SLICES_AT_ONCE)
        if self.model == "LTRCLobes":
            return Segmented(lobes=anatomy.lobes(found, (1, 2, 3, 4, 5)))
        return Segmented(lungs=anatomy.lungs(found, (1, 2)))

    def _there(self) -> Path:
        if not self.file.is_file():
            way = "fetch them: manage.py engine_weights lungmask --yes"
            raise UnusableInput("weights", f"the weights {self.file.name} of {self.name} are not here; {way}")
        return self.file


def make(rest: str) -> Lungmask:
    """`rest`: a model's name; R231 where it is empty."""
    model = rest or "R231"
    if model not in MODELS:
        raise UnusableInput("engine", f"lungmask has no model {model!r}; it has {', '.join(MODELS)}")
    try:
        version("lungmask")
    except PackageNotFoundError as error:
        raise UnusableInput("engine", "lungmask is not installed: pip install lungmask") from error
    return Lungmask(model, _file(model))


def fetch(model: str) -> Path:
    """Let lungmask's own loader fetch a model's weights into torch's cache; returns where they lie."""
    from lungmask.mask import get_model

    get_model(model)
    return _file(model)


def address(model: str) -> str:
    """Where its maker keeps a model's weights."""
    from lungmask.mask import MODEL_URLS

    return str(MODEL_URLS[model][0])


def _file(model: str) -> Path:
    """Where torch's loader keeps what it fetched from the model's address."""
    import torch

    return Path(torch.hub.get_dir()) / "checkpoints" / address(model).rsplit("/", 1)[1]
