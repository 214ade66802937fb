"""Training of the lung network on one CPU thread: the same seed and machine give the same weights."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from quant.engine import seeing
from quant.engine.arrays import Labels, Mask
from quant.engine.unet import UNet
from quant.training.lungs import disease, vary
from quant.training.lungs.cases import Case
from quant.training.lungs.vary import Sample

Random = np.random.Generator
Watch = Callable[[int, UNet, float], None]
DENSE_WEIGHT = 3.0
LOBES_WEIGHT = 0.3
WARM_STEPS = 20
USES = 2
TOLD_EVERY = 25
GRADIENT_LIMIT = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps of one chest each; `real_share` of them from scans, the others from phantoms."""

    steps: int
    rate: float = 2e-3
    real_share: float = 0.6
    average: float = 0.98
    seed: int = 0


def train(network: UNet, cases: Sequence[Case], plan: Plan, watch: Watch) -> UNet:
    """The network after the plan: the running mean of its weights over the last steps.

    `watch` is told the step, that mean and the mean loss every 25 steps.
    """
    network = network.train()
    mean = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), plan.rate, weight_decay=1e-4)
    rates = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, plan.steps))
    recent: list[float] = []
    for step, seen in enumerate(_samples(cases, plan), 1):
        loss = _loss(network(seeing.inputs(seen.hu)), seen)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), GRADIENT_LIMIT)
        optimiser.step()
        rates.step()
        _average(mean, network, min(plan.average, step / (step + 10)))
        recent.append(loss.item())
        if step % TOLD_EVERY == 0:
            watch(step, mean, float(np.mean(recent)))
            recent.clear()
    return mean.eval()


def _rate(step: int, steps: int) -> float:
    """Warm up, then half a cosine down to a hundredth."""
    warm = min(1.0, (step + 1) / WARM_STEPS)
    return warm * (0.01 + 0.99 * (0.5 + 0.5 * math.cos(math.pi * step / steps)))


def _samples(cases: Sequence[Case], plan: Plan) -> Iterator[Sample]:
    """What each step learns from. A disease is used twice, in two bodies: it costs more to insert than to bend."""
    for step in range(1, plan.steps + 1):
        random = np.random.default_rng([plan.seed, step])
        if step % USES == 1:
            sample = _sample(_pick(cases, plan, random), random)
        yield _vary(sample, random)


def _pick(cases: Sequence[Case], plan: Plan, random: Random) -> Case:
    real = [case for case in cases if case.lobes is None]
    made = [case for case in cases if case.lobes is not None]
    group = real if real and (not made or random.random() < plan.real_share) else made
    return group[int(random.integers(len(group)))]


def _sample(case: Case, random: Random) -> Sample:
    hu, dense = disease.insert(case, random)
    lobes = None if case.lobes is None else _tensor(case.lobes)
    return Sample(torch.from_numpy(hu)[None, None], _tensor(case.lungs), lobes, _tensor(dense))


def _vary(sample: Sample, random: Random) -> Sample:
    bent = vary.bend(vary.crop(vary.mirror(sample, random), random), random)
    return bent._replace(hu=vary.rescan(bent.hu, random))


def _tensor(labels: Labels | Mask) -> Tensor:
    return torch.from_numpy(labels.astype(np.int64))[None]


def _loss(logits: Tensor, sample: Sample) -> Tensor:
    """Cross entropy, dense disease weighing more, and one minus Dice of the lungs; that of the lobes where known."""
    sides = seeing.sides(logits)
    weight = 1.0 + DENSE_WEIGHT * sample.dense
    loss = (cross_entropy(sides, sample.lungs, reduction="none") * weight).mean() + 1.0 - _dice(sides, sample.lungs)
    if sample.lobes is not None:
        inside = sample.lobes > 0
        loss = (
            loss + LOBES_WEIGHT * (cross_entropy(logits, sample.lobes, reduction="none") * inside).sum() / inside.sum()
        )
    return loss


def _dice(logits: Tensor, labels: Tensor) -> Tensor:
    """The mean Dice of both lungs, soft."""
    shares = logits.softmax(1)[:, 1:]
    truth = one_hot(labels, 3).movedim(-1, 1)[:, 1:]
    both = (shares * truth).sum((0, 2, 3, 4))
    whole = (shares + truth).sum((0, 2, 3, 4))
    found: Tensor = ((2 * both + 1) / (whole + 1)).mean()
    return found


def _average(mean: UNet, network: UNet, keep: float) -> None:
    with torch.no_grad():
        for old, new in zip(mean.parameters(), network.parameters(), strict=True):
            old.lerp_(new, 1 - keep)
