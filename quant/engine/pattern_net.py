"""The pattern network: from the measures of texture at one place, and what its surroundings show, to what it shows."""

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
HIDDEN = 96
CHUNK = 1 << 17
Rows = npt.NDArray[np.floating[Any]]


class Perceptron(nn.Module):
    """Logits (n, CLASSES) of normal lung and the five patterns from measures (n, count).

    `centre` and `spread` (count) are those of the measures in training.
    """

    centre: torch.Tensor
    spread: torch.Tensor

    def __init__(self, count: int) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(count))
        self.register_buffer("spread", torch.ones(count))
        self.layers = nn.Sequential(
            nn.Linear(count, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES)
        )

    def forward(self, measures: torch.Tensor) -> torch.Tensor:
        """See the class."""
        logits: torch.Tensor = self.layers((measures - self.centre) / self.spread)
        return logits


class PatternNet(nn.Module):
    """Two looks: the first by texture alone, the second also by what the first made of the places around."""

    def __init__(self) -> None:
        super().__init__()
        self.first = Perceptron(texture.COUNT)
        self.second = Perceptron(texture.COUNT + texture.FAR_COUNT)


def from_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> PatternNet:
    """The network with these weights. Raises RuntimeError for weights of another network."""
    net = PatternNet()
    net.load_state_dict({name: torch.from_numpy(array.astype(np.float32)) for name, array in arrays.items()})
    return net.eval()


def probabilities(net: PatternNet, rows: Rows, lung: Mask, device: torch.device) -> Image:
    """Probability (CLASSES, z, y, x) of each class in the lung, 0 outside, from measures (n, texture.COUNT) there."""
    seen = _spread(look(net.first, rows, device), lung)
    around: Rows = texture.surroundings(seen, lung)[:, lung].T.astype(np.float16)
    return _spread(look(net.second, np.concatenate((rows, around), axis=1), device), lung)


def look(perceptron: Perceptron, rows: Rows, device: torch.device) -> npt.NDArray[np.float32]:
    """Probabilities (n, CLASSES) of places with measures (n, count)."""
    parts = [np.zeros((0, CLASSES), np.float32)]
    with torch.inference_mode():
        for start in range(0, len(rows), CHUNK):
            part = torch.from_numpy(np.ascontiguousarray(rows[start : start + CHUNK])).to(device).float()
            parts.append(perceptron(part).softmax(1).cpu().numpy())
    return np.concatenate(parts)


def _spread(rows: npt.NDArray[np.float32], lung: Mask) -> Image:
    seen = np.zeros((CLASSES, *lung.shape), np.float32)
    seen[:, lung] = rows.T
    return seen
