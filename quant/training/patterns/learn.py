"""Training: samples drawn beforehand, their texture measured, a network fitted to places of every label."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.numpy import save_file
from torch import nn

from quant.engine import texture
from quant.engine.pattern_net import CLASSES, PatternNet
from quant.training.patterns.samples import Sample, sample
from quant.training.patterns.scans import Clean

OUTSIDE = 255
# Places taken of each sample and label: all of a small region, some of a large one.
MOST_PLACES = 700
JITTER = 0.05
SMOOTHING = 0.02
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast."""

    rounds: int = 8
    seed: int = 1
    rate: float = 4e-3
    batch: int = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Measures (n, texture.COUNT) float16 and labels (n,) 0..5 of places in the lung."""

    measures: npt.NDArray[np.float16]
    labels: npt.NDArray[np.uint8]


def draw(chests: Sequence[Clean], bodies: Sequence[Clean], each: int, among_bodies: int, seed: int) -> Places:
    """Places out of `each` samples of every chest and some among the phantoms, the same for the same seed."""
    groups = [*(([chest], each) for chest in chests), *([(bodies, among_bodies)] if bodies else [])]
    found = []
    for number, (group, count) in enumerate(groups):
        rng = np.random.default_rng([seed, number])
        found += [places(rng, sample(rng, group)) for _ in range(count)]
    measures, labels = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return Places(measures, labels)


def places(rng: np.random.Generator, one: Sample) -> tuple[npt.NDArray[np.float16], npt.NDArray[np.uint8]]:
    """Measures and labels of some places of each label of a sample."""
    mean, top, bottom = one.hu.astype(np.float32)
    lung = np.repeat(one.lung[None], len(mean), axis=0)
    measures = texture.measures(mean, top, bottom, lung)[:, 1].reshape(texture.COUNT, -1)
    labels = np.where(one.lung, one.labels, OUTSIDE).ravel()
    chosen: list[npt.NDArray[np.intp]] = []
    for value in range(CLASSES):
        there = np.flatnonzero(labels == value)
        chosen.append(rng.choice(there, min(len(there), MOST_PLACES), replace=False))
    index = np.concatenate(chosen)
    return measures[:, index].T.astype(np.float16), labels[index]


def train(pool: Places, plan: Plan, say: Say) -> PatternNet:
    """Fit a network. The same places and plan give the same weights on the same machine."""
    torch.manual_seed(plan.seed)
    measures, labels = torch.from_numpy(pool.measures).float(), torch.from_numpy(pool.labels).long()
    net = PatternNet()
    net.centre.copy_(measures.mean(0))
    net.spread.copy_(measures.std(0) + 1e-3)
    counts = torch.bincount(labels, minlength=CLASSES).clamp(min=1).float()
    criterion = nn.CrossEntropyLoss((counts.sum() / counts / CLASSES).sqrt(), label_smoothing=SMOOTHING)
    optimiser = torch.optim.AdamW(net.parameters(), lr=plan.rate, weight_decay=1e-3)
    batches = max(1, len(labels) // plan.batch)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, plan.rate, plan.rounds * batches)
    began = time.perf_counter()
    for turn in range(plan.rounds):
        order, total = torch.randperm(len(labels)), 0.0
        for index in order[: batches * plan.batch].chunk(batches):
            some = measures[index] + JITTER * net.spread * torch.randn(len(index), texture.COUNT)
            loss = criterion(net(some), labels[index])
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            pace.step()
            total += float(loss.detach())
        say(f"round {turn + 1} loss {total / batches:.4f} {time.perf_counter() - began:.0f} s")
    return net.eval()


def save(net: PatternNet, path: Path, about: dict[str, str]) -> None:
    """Weights at half precision, the scale of the measures at single."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {name: value.numpy() for name, value in net.state_dict().items()}
    halves = {name: v.astype(np.float16) if name.startswith("layers") else v for name, v in arrays.items()}
    save_file(halves, path, about)
