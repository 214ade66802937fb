"""A training of the score network from its request to its files: weights, figures, curve, register."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from quant.engine.digest import sha256
from quant.goh import register
from quant.goh.planes import PLANES
from quant.goh.scores import RESEARCH_USE
from quant.training.goh import curves, keep
from quant.training.goh.fit import Fit, Plan, Say, predict
from quant.training.goh.judge import figures
from quant.training.goh.pool import Pool, drawn, joined, kept
from quant.training.patterns.scans import Clean

NAME = "goh_scores"
JUDGED_SHARE = 0.12
Chests = Callable[[], Sequence[Clean]]


@dataclass(frozen=True, slots=True)
class Request:
    """What is trained and where it goes. `samples` are drawn into the `sources`; `folds` 0 or 1 is none."""

    out: Path
    plan: Plan
    samples: int
    size: int
    sources: tuple[str, ...]
    folds: int = 0
    version: str = "1"


def train(request: Request, chests: Chests, read: Pool | None, say: Say) -> Path:
    """Train, and write `out`, its figures (.json), its curve (.svg) and its line in register.json beside it.

    `chests` gives those to draw into, and is asked only where they were not drawn into before; `read` holds slices
    that readers scored. Returns the path of the weights.
    """
    began = time.monotonic()
    register.free(request.out, NAME, request.version)
    pool = _pool(request, chests, read, say)
    folds = list(_folds(request, pool, say))
    learn, judged = parted(pool, request.plan.seed)
    say(f"{len(learn)} slices to learn from, {len(judged)} to judge by")
    fit = Fit(request.plan, learn, judged)
    net = fit.run(say, request.out.with_suffix(".checkpoint"))
    device = torch.device(request.plan.device)
    values, limits, spread = keep.calibrated(net, judged, device)
    about = {**asdict(request.plan), "size": request.size, "samples": request.samples, "version": request.version}
    keep.save(net, request.out, limits, spread, {**about, "chests": " ".join(pool.names)})
    digest = sha256(request.out)
    found = {
        "use": RESEARCH_USE,
        "settings": about,
        "chests": list(pool.names),
        "slices": {"learned": len(learn), "judged": len(judged), "read": int((~pool.known).sum())},
        "held_out": asdict(figures((values / 100).astype(np.float32), judged.scores)),
        "folds": folds,
        "limits": limits.round(2).tolist(),
        "curve": fit.progress.curve,
        "sha256": digest,
        "hours": round((time.monotonic() - began) / 3600, 2),
        "machine": f"{platform.machine()}, {request.plan.device}, torch {torch.__version__}",
    }
    request.out.with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    curves.draw(fit.progress.curve, request.out.with_suffix(".svg"), f"goh scores {request.version}, held-out slices")
    register.add(request.out.parent, register.Trained(NAME, request.version, request.out.name, digest))
    return request.out


def parted(pool: Pool, seed: int) -> tuple[Pool, Pool]:
    """Most slices to learn from, some to judge by; the same slice is never in both."""
    order = np.random.default_rng([seed, 7]).permutation(len(pool))
    count = max(1, round(JUDGED_SHARE * len(pool)))
    if count >= len(pool):
        raise ValueError(f"{len(pool)} slice to learn from and to judge by: give more")
    return pool.some(np.sort(order[count:])), pool.some(np.sort(order[:count]))


def _pool(request: Request, chests: Chests, read: Pool | None, say: Say) -> Pool:
    pools = [read] if read is not None else []
    if request.sources and request.samples:
        key = json.dumps([PLANES, request.samples, request.plan.seed, request.size, request.sources])

        def make() -> Pool:
            return drawn(chests(), request.samples, request.plan.seed, request.size, say)

        pools.append(kept(request.out.with_suffix(".drawn.npz"), key, make))
    return joined(pools)


def _folds(request: Request, pool: Pool, say: Say) -> Iterator[dict[str, Any]]:
    """Trained without some people, judged on them: figures of each fold. No person is on both sides."""
    if request.folds < 2:
        return
    if len(pool.names) < request.folds:
        raise ValueError(f"{request.folds} folds of {len(pool.names)} people: no fold may be empty")
    whose = np.random.default_rng([request.plan.seed, 11]).permutation(len(pool.names)) % request.folds
    for number in range(request.folds):
        out = whose[pool.owners] == number
        learn, judged = pool.some(_where(~out)), pool.some(_where(out))
        say(f"fold {number + 1} of {request.folds}: {len(learn)} slices to learn from, {len(judged)} to judge by")
        # The held-out people end nothing and choose nothing: the last epoch counts.
        fit = Fit(replace(request.plan, patience=0), learn, judged)
        path = request.out.with_suffix(f".fold{number + 1}.checkpoint")
        fit.run(say, path)
        fit.mean.load_state_dict(fit.last)
        found = figures(predict(fit.mean, judged, fit.device), judged.scores)
        names = [name for index, name in enumerate(pool.names) if whose[index] == number]
        yield {"fold": number + 1, "people": names, "slices": len(judged), **asdict(found)}


def _where(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    return np.flatnonzero(mask)
