"""Weights of the lung network in a file: half precision, safetensors."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import save_file

from quant.engine import seeing
from quant.engine.unet import UNet


def save(network: UNet, path: Path, about: dict[str, str]) -> None:
    """Write the weights and text about them."""
    halves = {name: value.detach().cpu().half().contiguous() for name, value in network.state_dict().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(halves, path, about)


def load(path: Path) -> UNet:
    """A copy of the network of a file, to be trained further."""
    network = seeing.untrained()
    network.load_state_dict(seeing.trained(path, "cpu").state_dict())
    return network
