"""The pattern network: from the measures of texture at one place to what that place shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from quant.engine import texture
from quant.engine.arrays import Image, Mask

CLASSES = 6
HIDDEN = 64
CHUNK = 1 << 17


class PatternNet(nn.Module):
    """Logits (n, CLASSES) of normal lung and the five patterns from texture.COUNT measures (n, COUNT).

    `centre` and `spread` (COUNT) are those of the measures in training.
    """

    centre: torch.Tensor
    spread: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(texture.COUNT))
        self.register_buffer("spread", torch.ones(texture.COUNT))
        self.layers = nn.Sequential(
            nn.Linear(texture.COUNT, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, CLASSES),
        )

    def forward(self, measures: torch.Tensor) -> torch.Tensor:
        """See the class."""
        logits: torch.Tensor = self.layers((measures - self.centre) / self.spread)
        return logits


def from_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> PatternNet:
    """The network with these weights. Raises RuntimeError for weights of another network."""
    net = PatternNet()
    net.load_state_dict({name: torch.from_numpy(array.astype(np.float32)) for name, array in arrays.items()})
    return net.eval()


def probabilities(net: PatternNet, measures: Image, lung: Mask, device: torch.device) -> Image:
    """Probability (CLASSES, z, y, x) of each class in the lung, 0 outside, from measures (COUNT, z, y, x)."""
    rows: npt.NDArray[np.float32] = measures[:, lung].T
    seen = np.zeros((CLASSES, *lung.shape), np.float32)
    parts = []
    with torch.inference_mode():
        for start in range(0, len(rows), CHUNK):
            part = torch.from_numpy(np.ascontiguousarray(rows[start : start + CHUNK])).to(device)
            parts.append(net(part).softmax(1).cpu().numpy())
    if parts:
        seen[:, lung] = np.concatenate(parts).T
    return seen
