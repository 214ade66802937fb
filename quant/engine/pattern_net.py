"""The pattern network: from the measures of texture at one place, and what its surroundings show, to what it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from quant.engine import texture
from quant.engine.arrays import Image, Mask
from quant.engine.morphology import THREADS

CLASSES = 6
HIDDEN = 128
CHUNK = 1 << 13


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


def probabilities(net: PatternNet, columns: Image, lung: Mask, device: torch.device) -> Image:
    """Probability (CLASSES, z, y, x) of each class in the lung, 0 outside, from measures (texture.COUNT, n) there."""
    seen = _spread(look(net.first, (columns,), device), lung)
    around = texture.surroundings(seen, lung)
    return _spread(look(net.second, (columns, around), device), lung)


def look(perceptron: Perceptron, groups: Sequence[Image], device: torch.device) -> Image:
    """Probabilities (CLASSES, n) of places with groups of measures (count, n), a cache full of them on each core."""
    places = groups[0].shape[1]
    found = np.empty((CLASSES, places), np.float32)
    layers = _layers(perceptron)

    def some(start: int) -> None:
        with torch.inference_mode():
            part = torch.cat([torch.from_numpy(one[:, start : start + CHUNK]) for one in groups]).to(device)
            for weight, bias in layers[:-1]:
                part = torch.addmm(bias, weight, part).relu_()
            weight, bias = layers[-1]
            found[:, start : start + CHUNK] = torch.addmm(bias, weight, part).softmax(0).cpu().numpy()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(some, range(0, places, CHUNK)))
    return found


def _layers(perceptron: Perceptron) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Weights and biases as columns, centre and spread folded into the first."""
    found = [
        (one.weight.detach(), one.bias.detach()[:, None]) for one in perceptron.layers if isinstance(one, nn.Linear)
    ]
    weight, bias = found[0]
    weight = weight / perceptron.spread
    return [(weight, bias - weight @ perceptron.centre[:, None]), *found[1:]]


def _spread(columns: Image, lung: Mask) -> Image:
    seen = np.zeros((CLASSES, *lung.shape), np.float32)
    seen[:, lung] = columns
    return seen
