"""The networks that come with the portal for Goh levels and scores, by name and version; other files are refused."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from quant.engine.digest import checked
from quant.engine.identity import WEIGHTS
from quant.engine.shipped import FOLDER


@dataclass(frozen=True, slots=True)
class GohModel:
    """One network. `file` lies in quant/weights, `sha256` is its digest, `card` is its page in docs/models."""

    name: str
    version: str
    file: str
    sha256: str
    card: str

    @property
    def path(self) -> Path:
        return FOLDER / self.file


MODELS: dict[str, GohModel] = {
    "goh_scores": GohModel(
        "goh_scores",
        "2",
        "goh_scores.safetensors",
        "9ba75ab35861e9f053b79d9ab67ceaedffd557cb7e2a17cd132d05da1cf9b812",
        "docs/models/goh_scores.md",
    ),
    "levels": GohModel(
        "levels",
        "1",
        "levels.safetensors",
        WEIGHTS["levels"],
        "docs/models/goh_levels.md",
    ),
}


def weights(name: str) -> Path:
    """The file of a model.

    Raises:
        UnusableInput: it is not there, or not the one that was measured.
    """
    model = MODELS[name]
    return checked(model.path, model.sha256, f"{model.name} {model.version} came with")
