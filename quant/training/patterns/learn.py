"""Training: samples drawn beforehand, their texture measured, each look fitted to places of every label."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.numpy import save_file
from torch import nn

from quant.engine import texture
from quant.engine.arrays import Image
from quant.engine.device import one_thread
from quant.engine.pattern_net import CLASSES, PatternNet, Perceptron, look
from quant.training.patterns.samples import Sample, sample
from quant.training.patterns.scans import Clean

OUTSIDE = 255
# Places taken of each sample and label: all of a small region, some of a large one.
MOST_PLACES = 700
JITTER = 0.05
SMOOTHING = 0.02
APART = 1
CPU = torch.device("cpu")
Say = Callable[[str], None]
Groups = Sequence[tuple[Sequence[Clean], int]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast."""

    rounds: int = 8
    seed: int = 1
    rate: float = 4e-3
    batch: int = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Measures (n, count) float16 and labels (n,) 0..5 of places in the lung."""

    measures: npt.NDArray[np.float16]
    labels: npt.NDArray[np.uint8]


def samples(groups: Groups, seed: int) -> list[list[Sample]]:
    """As many samples of each group of chests as it says, the same for the same seed whatever groups are left out."""
    found = []
    for group, count in groups:
        rng = np.random.default_rng([seed + APART, zlib.crc32(group[0].name.encode())])
        found.append([sample(rng, group) for _ in range(count)])
    return found


def draw(some: Iterable[Sample], seed: int, first: Perceptron | None = None) -> Places:
    """Places out of samples, with what the `first` look makes of their surroundings where one is given."""
    rng = np.random.default_rng(seed)
    with one_thread():
        measures, labels = zip(*(places(rng, one, first) for one in some), strict=True)
    return Places(np.concatenate(measures), np.concatenate(labels))


def places(
    rng: np.random.Generator, one: Sample, first: Perceptron | None = None
) -> tuple[npt.NDArray[np.float16], npt.NDArray[np.uint8]]:
    """Measures and labels of some places of each label of a sample."""
    measures = _measured(one, first).reshape(-1, one.lung.size)
    labels = np.where(one.lung, one.labels, OUTSIDE).ravel()
    chosen: list[npt.NDArray[np.intp]] = []
    for value in range(CLASSES):
        there = np.flatnonzero(labels == value)
        chosen.append(rng.choice(there, min(len(there), MOST_PLACES), replace=False))
    index = np.concatenate(chosen)
    return measures[:, index].T.astype(np.float16), labels[index]


def _measured(one: Sample, first: Perceptron | None) -> Image:
    """The measures (count, y, x) of the middle slab."""
    mean, top, bottom = one.hu.astype(np.float32)
    lung = np.repeat(one.lung[None], len(mean), axis=0)
    measures = texture.measures(mean, top, bottom, lung)
    middle = len(mean) // 2
    if first is None:
        return measures[:, middle]
    seen = np.zeros((CLASSES, *lung.shape), np.float32)
    seen[:, lung] = look(first, [measures[:, lung]], CPU)
    around = np.zeros((texture.FAR_COUNT, *lung.shape), np.float32)
    around[:, lung] = texture.surroundings(seen, lung)
    found: Image = np.concatenate((measures[:, middle], around[:, middle]))
    return found


def fit(groups: Groups, plan: Plan, say: Say) -> PatternNet:
    """The first look on a third of the samples, the second on the others, which the first was not fitted to."""
    net = PatternNet()
    began = time.perf_counter()
    drawn = samples(groups, plan.seed)
    say(f"{sum(map(len, drawn))} samples, {time.perf_counter() - began:.0f} s")
    pool = draw((one for group in drawn for one in group[: len(group) // 3]), plan.seed)
    say(f"first look: {len(pool.labels)} places, {time.perf_counter() - began:.0f} s")
    net.first = train(pool, plan, say)
    pool = draw((one for group in drawn for one in group[len(group) // 3 :]), plan.seed, net.first)
    say(f"second look: {len(pool.labels)} places, {time.perf_counter() - began:.0f} s")
    net.second = train(pool, plan, say)
    return net.eval()


def train(pool: Places, plan: Plan, say: Say) -> Perceptron:
    """Fit one look. The same places and plan give the same weights on the same machine."""
    torch.manual_seed(plan.seed)
    measures, labels = torch.from_numpy(pool.measures), torch.from_numpy(pool.labels).long()
    net = Perceptron(measures.shape[1])
    net.centre.copy_(measures.float().mean(0))
    net.spread.copy_(measures.float().std(0) + 1e-3)
    counts = torch.bincount(labels, minlength=CLASSES).clamp(min=1).float()
    criterion = nn.CrossEntropyLoss((counts.sum() / counts / CLASSES).sqrt(), label_smoothing=SMOOTHING)
    optimiser = torch.optim.AdamW(net.parameters(), lr=plan.rate, weight_decay=1e-3)
    batches = max(1, len(labels) // plan.batch)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, plan.rate, plan.rounds * batches)
    began = time.perf_counter()
    for turn in range(plan.rounds):
        total = 0.0
        for index in _batches(len(labels), batches, plan.batch):
            some = measures[index].float()
            loss = criterion(net(some + JITTER * net.spread * torch.randn(some.shape)), labels[index])
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            pace.step()
            total += float(loss.detach())
        say(f"round {turn + 1} loss {total / batches:.4f} {time.perf_counter() - began:.0f} s")
    return net.eval()


def _batches(count: int, batches: int, size: int) -> Iterator[torch.Tensor]:
    yield from torch.randperm(count)[: batches * size].chunk(batches)


def save(net: PatternNet, path: Path, about: dict[str, str]) -> None:
    """Weights at half precision, the scale of the measures at single."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {name: value.numpy() for name, value in net.state_dict().items()}
    halves = {name: v.astype(np.float16) if ".layers." in name else v for name, v in arrays.items()}
    save_file(halves, path, about)
