"""Training of the level network: seeded, resumable, with early stop; on a GPU in bf16."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from quant.goh.level_net import FORMS, HeatMaps, Positions
from quant.goh.level_seek import place
from quant.goh.level_view import GRID_MM
from quant.training.goh.level_cases import Case
from quant.training.goh.level_vary import Sample, plain, vary

Network = HeatMaps | Positions
Say = Callable[[str], None]
SIGMA_PLANES, PLACE_WEIGHT, PLACE_PLANES = 1.2, 0.3, 3.0
GRADIENT_LIMIT, WARM_STEPS = 1.0, 30
# Each scan that is no phantom is kept for judging as it is and in this many variations.
VARIED = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps of `batch` crops each; `real_share` of them from scans, the others from phantoms."""

    form: str = "heat_maps"
    steps: int = 600
    batch: int = 4
    rate: float = 2e-3
    real_share: float = 0.4
    average: float = 0.98
    seed: int = 1
    check_every: int = 50
    patience: int = 6


@dataclass(slots=True)
class State:
    """What a training goes on from."""

    network: Network
    mean: Network
    optimiser: torch.optim.Optimizer
    step: int = 0
    best: float = math.inf
    best_step: int = 0
    kept: dict[str, Tensor] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)


def start(plan: Plan, device: torch.device) -> State:
    """A network with random weights by the plan's seed."""
    torch.manual_seed(plan.seed)
    network = FORMS[plan.form]().to(device)
    return State(network, copy.deepcopy(network), torch.optim.AdamW(network.parameters(), plan.rate, weight_decay=1e-3))


def train(state: State, cases: Sequence[Case], checks: Sequence[Case], plan: Plan, say: Say, resume: Path) -> Network:
    """The mean network of the best check. `resume` is written at each check, and removed at the end.

    `checks` are looked at in variations that are not learned from: people of their own, and scans, of which there
    are too few to leave one out. Raises ValueError without cases.
    """
    device = next(state.network.parameters()).device
    judged = [one for case in checks for one in _fixed(case)]
    losses: list[float] = []
    while state.step < plan.steps:
        state.step += 1
        losses.append(_step(state, cases, plan, device))
        if state.step % plan.check_every and state.step < plan.steps:
            continue
        error = check(state.mean, judged, device) if judged else float(np.mean(losses))
        if error < state.best:
            state.best, state.best_step = error, state.step
            state.kept = {name: value.clone() for name, value in state.mean.state_dict().items()}
        state.history.append({"step": state.step, "loss": float(np.mean(losses)), "error_mm": error})
        say(f"step {state.step}/{plan.steps}: loss {np.mean(losses):.3f}, checks {error:.1f} mm")
        losses.clear()
        save_state(state, plan, resume)
        if state.step - state.best_step >= plan.patience * plan.check_every:
            say(f"no better for {plan.patience} checks: stopped, the network of step {state.best_step} is kept")
            break
    state.mean.load_state_dict(state.kept)
    resume.unlink(missing_ok=True)
    return state.mean.eval()


def _step(state: State, cases: Sequence[Case], plan: Plan, device: torch.device) -> float:
    """One step on crops of their own lengths, one after the other."""
    state.network.train()
    torch.manual_seed(plan.seed * 1_000_003 + state.step)
    random = np.random.default_rng([plan.seed, state.step])
    for group in state.optimiser.param_groups:
        group["lr"] = plan.rate * _pace(state.step, plan.steps)
    state.optimiser.zero_grad()
    total = 0.0
    for _ in range(plan.batch):
        sample = vary(_pick(cases, plan, random), random)
        with torch.autocast("cuda", torch.bfloat16) if device.type == "cuda" else nullcontext():
            logs = state.network(torch.from_numpy(sample.image)[None].to(device))[0].float()
        part = loss(logs, sample.planes) / plan.batch
        part.backward()  # type: ignore[no-untyped-call]
        total += float(part.detach())
    torch.nn.utils.clip_grad_norm_(state.network.parameters(), GRADIENT_LIMIT)
    state.optimiser.step()
    keep = min(plan.average, state.step / (state.step + 10))
    with torch.no_grad():
        for old, new in zip(state.mean.parameters(), state.network.parameters(), strict=True):
            old.lerp_(new, 1 - keep)
    return total


def _pace(step: int, steps: int) -> float:
    return min(1.0, step / WARM_STEPS) * (0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * step / steps)))


def _pick(cases: Sequence[Case], plan: Plan, random: np.random.Generator) -> Case:
    real = [case for case in cases if not case.blood.any()]
    made = [case for case in cases if case.blood.any()]
    group = real if real and (not made or random.random() < plan.real_share) else made
    if not group:
        raise ValueError("nothing to train on")
    return group[int(random.integers(len(group)))]


def loss(logs: Tensor, planes: np.ndarray) -> Tensor:
    """Cross entropy with a narrow bell about the true plane, or with the end beyond which it lies; mm beside it."""
    count = logs.shape[1] - 2
    parts = []
    for found, plane in zip(logs, planes.tolist(), strict=True):
        if math.isnan(plane):
            continue
        target = torch.zeros(count + 2, device=logs.device)
        if plane < -0.5 or plane > count - 0.5:
            target[0 if plane < 0 else -1] = 1.0
            parts.append(-(target * found).sum())
            continue
        index = torch.arange(count, device=logs.device)
        target[1:-1] = torch.softmax(-0.5 * ((index - plane) / SIGMA_PLANES) ** 2, 0)
        mean = (found[1:-1].softmax(0) * index).sum()
        away = torch.nn.functional.smooth_l1_loss(mean / PLACE_PLANES, mean.new_tensor(plane / PLACE_PLANES))
        parts.append(-(target * found).sum() + PLACE_WEIGHT * away)
    return torch.stack(parts).mean() if parts else logs.sum() * 0


def _fixed(case: Case) -> list[Sample]:
    """A case as it is and varied, the same for every check."""
    return [plain(case), *(vary(case, np.random.default_rng([7, index])) for index in range(VARIED))]


def check(network: Network, samples: Sequence[Sample], device: torch.device) -> float:
    """Mean error in mm of landmarks in the crop; one that is there and not seen, or the reverse, counts as 30 mm."""
    network.eval()
    found = []
    for sample in samples:
        with torch.inference_mode():
            shares = network(torch.from_numpy(sample.image)[None].to(device))[0].float().exp().cpu().numpy()
        for one, plane in zip(shares, sample.planes.tolist(), strict=True):
            inside = -0.5 <= plane <= shares.shape[1] - 2.5
            if math.isnan(plane) or (not inside and one[1:-1].sum() < 0.5):
                continue
            there = inside and one[1:-1].sum() >= 0.5
            found.append(min(30.0, abs(place(one) - plane) * GRID_MM[0]) if there else 30.0)
    return float(np.mean(found)) if found else math.inf


def save(network: Network, path: Path, about: dict[str, str]) -> None:
    """Weights at half precision, and what they were made by."""
    path.parent.mkdir(parents=True, exist_ok=True)
    halves = {name: value.detach().cpu().half().contiguous() for name, value in network.state_dict().items()}
    save_file(halves, path, about)


def save_state(state: State, plan: Plan, path: Path) -> None:
    """Everything that a training goes on from."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept: dict[str, Any] = {
        "plan": repr(plan),
        "network": state.network.state_dict(),
        "mean": state.mean.state_dict(),
        "optimiser": state.optimiser.state_dict(),
        **{name: getattr(state, name) for name in ("step", "best", "best_step", "kept", "history")},
    }
    partial = path.with_suffix(".partial")
    torch.save(kept, partial)
    partial.replace(path)


def load_state(state: State, plan: Plan, path: Path) -> State:
    """Go on where a file stopped. Raises ValueError for the file of another plan."""
    kept = torch.load(path, weights_only=True)
    if kept["plan"] != repr(plan):
        raise ValueError(f"{path.name} is of another plan: {kept['plan']}")
    for part in (state.network, state.mean, state.optimiser):
        part.load_state_dict(
            kept["network" if part is state.network else "mean" if part is state.mean else "optimiser"]
        )
    for name in ("step", "best", "best_step", "kept", "history"):
        setattr(state, name, kept[name])
    return state
