"""Fitting the score network: seeded, resumed from its last epoch, stopped when it learns no more."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, smooth_l1_loss

from quant.goh.networks import ScoreNet, mean
from quant.goh.views import maps, moved
from quant.training.goh.judge import figures
from quant.training.goh.pool import FULL, Pool

TURN_DEGREES, SCALE, SHIFT = 30.0, 0.07, 0.08
SHADE_SD, GAIN_SD, NOISE_SD, NOISE_SPREAD = 0.008, 0.02, 0.015, 0.08
# What even noise of spread 1 looks like in the planes of lines and of holes, measured.
NOISE_BENT = (0.17, 0.10)
BETA = 0.2
GRADIENT_LIMIT = 1.0
WARM_SHARE = 0.05
BALANCE_STEP = 0.05
Index = npt.NDArray[np.intp]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How the network is fitted; `patience` epochs without a better judgement end it, 0 never."""

    arch: str = "small"
    epochs: int = 20
    batch: int = 16
    rate: float = 2e-3
    decay: float = 0.02
    places: float = 1.0
    average: float = 0.995
    patience: int = 0
    balanced: bool = False
    seed: int = 1
    device: str = "cpu"


@dataclass(slots=True)
class Progress:
    """What is kept between epochs."""

    epoch: int
    best: float
    best_epoch: int
    curve: list[dict[str, float]]


class Fit:
    """A network on its way through a plan."""

    def __init__(self, plan: Plan, learn: Pool, judge: Pool) -> None:
        torch.manual_seed(plan.seed)
        self.plan, self.learn, self.judge = plan, learn, judge
        self.device = torch.device(plan.device)
        self.net = ScoreNet(plan.arch).to(self.device)
        self.mean: ScoreNet = copy.deepcopy(self.net).eval()
        self.best = self.last = copy.deepcopy(self.mean.state_dict())
        self.optimiser = torch.optim.AdamW(self.net.parameters(), plan.rate, weight_decay=plan.decay)
        self.steps = plan.epochs * max(1, len(learn) // plan.batch)
        self.pace = torch.optim.lr_scheduler.LambdaLR(self.optimiser, lambda step: _rate(step, self.steps))
        self.taken = 0
        self.progress = Progress(0, math.inf, 0, [])

    def run(self, say: Say, checkpoint: Path | None = None) -> ScoreNet:
        """Epoch by epoch to the end of the plan, or until it learns no more; the best of the running means."""
        if checkpoint is not None and checkpoint.is_file():
            self.resume(checkpoint)
            say(f"resumed after epoch {self.progress.epoch} from {checkpoint.name}")
        while self.progress.epoch < self.plan.epochs and not self._tired():
            loss = self._epoch()
            say(self._judged(loss))
            if checkpoint is not None:
                self.keep(checkpoint)
        self.last = copy.deepcopy(self.mean.state_dict())
        self.mean.load_state_dict(self.best)
        return self.mean

    def keep(self, path: Path) -> None:
        """Everything needed to go on, at once or not at all."""
        partial = path.with_name(path.name + ".partial")
        torch.save(self._state(), partial)
        partial.replace(path)

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint. Raises ValueError for one of another plan."""
        state = torch.load(path, map_location=self.device, weights_only=True)
        if state["plan"] != self._key():
            raise ValueError(f"{path} is of a training with other settings: remove it, or train elsewhere")
        self.net.load_state_dict(state["net"])
        self.mean.load_state_dict(state["mean"])
        self.best = state["best"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.pace.load_state_dict(state["pace"])
        self.taken, self.progress = state["taken"], Progress(**state["progress"])

    def _state(self) -> dict[str, Any]:
        return {
            "plan": self._key(),
            "net": self.net.state_dict(),
            "mean": self.mean.state_dict(),
            "best": self.best,
            "optimiser": self.optimiser.state_dict(),
            "pace": self.pace.state_dict(),
            "taken": self.taken,
            "progress": asdict(self.progress),
        }

    def _key(self) -> dict[str, Any]:
        return {**asdict(self.plan), "learn": len(self.learn), "judge": len(self.judge)}

    def _tired(self) -> bool:
        waited = self.progress.epoch - self.progress.best_epoch
        return bool(self.plan.patience) and waited >= self.plan.patience

    def _epoch(self) -> float:
        """One pass; its order and its changes of the slices follow from the seed and the epoch alone."""
        seed = self.plan.seed * 1000 + self.progress.epoch
        torch.manual_seed(seed)
        total, count = 0.0, 0
        for index in _batches(np.random.default_rng(seed), self.learn, self.plan):
            total += self._step(index)
            count += 1
        self.progress.epoch += 1
        return total / count

    def _step(self, index: Index) -> float:
        some = self.learn.some(index)
        image, parts = varied(*tensors(some, self.device))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            places = self.net.places(image.contiguous(memory_format=torch.channels_last)).float()
        scores = torch.from_numpy(some.scores).to(self.device)
        known = torch.from_numpy(some.known).to(self.device)
        loss = smooth_l1_loss(mean(places, parts[:, :1]), scores, beta=BETA)
        if self.plan.places and bool(known.any()):
            loss = loss + self.plan.places * _place_loss(places[known], parts[known])
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), GRADIENT_LIMIT)
        self.optimiser.step()
        self.pace.step()
        self.taken += 1
        self._average(min(self.plan.average, self.taken / (self.taken + 10)))
        return float(loss.detach())

    def _average(self, keep: float) -> None:
        with torch.no_grad():
            for old, new in zip(self.mean.parameters(), self.net.parameters(), strict=True):
                old.lerp_(new, 1 - keep)

    def _judged(self, loss: float) -> str:
        found = figures(predict(self.mean, self.judge, self.device), self.judge.scores)
        progress = self.progress
        progress.curve.append({"epoch": progress.epoch, "loss": loss, **asdict(found)})
        if found.worth < progress.best:
            progress.best, progress.best_epoch = found.worth, progress.epoch
            self.best = copy.deepcopy(self.mean.state_dict())
        share = round(20 * progress.epoch / self.plan.epochs)
        bar = "#" * share + "." * (20 - share)
        return f"[{bar}] epoch {progress.epoch}/{self.plan.epochs} loss {loss:.4f} {found}"


def tensors(some: Pool, device: torch.device) -> tuple[Tensor, Tensor]:
    """Images (n, PLANES, size, size) and parts (n, 4, ...) as shares 0..1."""
    images = torch.from_numpy(some.images).to(device).float() / FULL
    return images, torch.from_numpy(some.parts).to(device).float() / FULL


def varied(image: Tensor, parts: Tensor) -> tuple[Tensor, Tensor]:
    """Turned, scaled, shifted, mirrored; a little darker or brighter, with more noise within the lung.

    Noise of the grid's pixels goes to their density; noise of the scan's own pixels to the other planes.
    """
    count, device = len(image), image.device

    def about(width: float, *shape: int) -> Tensor:
        return width * (2 * torch.rand(count, *shape, device=device) - 1)

    side = torch.where(torch.rand(count, device=device) < 0.5, -1.0, 1.0)
    theta = maps(side, about(math.radians(TURN_DEGREES)), 1 + about(SCALE), about(SHIFT, 2))
    turned = [moved(one, theta) for one in (image, parts)]
    gain = 1 + GAIN_SD * torch.randn(count, 1, 1, 1, device=device)
    shade = SHADE_SD * torch.randn(count, 1, 1, 1, device=device)
    density, spread, bends = (turned[0][:, planes] * gain for planes in (slice(0, 1), slice(1, 2), slice(2, None)))
    noise = NOISE_SD * torch.rand(count, 1, 1, 1, device=device) * torch.randn_like(density)
    wider = NOISE_SPREAD * torch.rand(count, 1, 1, 1, device=device)
    inside = (density > 0).float()
    bent = inside * wider * torch.tensor(NOISE_BENT, device=device)[None, :, None, None]
    seen = (density + inside * (shade + noise), (spread**2 + inside * wider**2).sqrt(), bends + bent)
    changed = torch.cat(seen, 1)
    return changed.clamp(0, 1), turned[1]


def predict(net: ScoreNet, some: Pool, device: torch.device, batch: int = 32) -> npt.NDArray[np.float32]:
    """Scores (n, 3) as shares, as the network gives them."""
    net.eval()
    found = []
    with torch.inference_mode():
        for start in range(0, len(some), batch):
            image, parts = tensors(some.some(np.arange(start, min(start + batch, len(some)))), device)
            found.append(net(image.contiguous(memory_format=torch.channels_last), parts[:, :1]).float().cpu().numpy())
    return np.concatenate(found)


def _place_loss(places: Tensor, parts: Tensor) -> Tensor:
    """How far each place is off the share of its lung that is diseased, by how much lung there is."""
    coarse = adaptive_avg_pool2d(parts, places.shape[-1])
    lung = coarse[:, :1]
    truth = coarse[:, 1:] / lung.clamp(min=1e-3)
    off = smooth_l1_loss(places, truth.clamp(0, 1), beta=BETA, reduction="none") * lung
    found: Tensor = off.sum() / (3 * lung.sum()).clamp(min=1e-3)
    return found


def _batches(rng: np.random.Generator, learn: Pool, plan: Plan) -> Iterator[Index]:
    """Every slice once, or as often as its TOT is rare where that is balanced."""
    count = max(1, len(learn) // plan.batch) * plan.batch
    order = rng.permutation(len(learn))
    if plan.balanced:
        rounded = np.rint(learn.scores[:, 0] / BALANCE_STEP).astype(int)
        odds = 1.0 / np.bincount(rounded)[rounded]
        order = rng.choice(len(learn), count, p=odds / odds.sum())
    order = np.resize(order, count)
    for start in range(0, count, plan.batch):
        yield np.asarray(order[start : start + plan.batch], np.intp)


def _rate(step: int, steps: int) -> float:
    """Warm up, then half a cosine down to a hundredth."""
    warm = min(1.0, (step + 1) / max(1.0, WARM_SHARE * steps))
    return warm * (0.01 + 0.99 * (0.5 + 0.5 * math.cos(math.pi * step / steps)))
