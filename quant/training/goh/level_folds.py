"""Cross-validation of the level network by patient: trained without some people, judged on their scans."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from quant.training.goh import level_judge, level_train
from quant.training.goh.level_cases import Case
from quant.training.goh.level_judge import Error
from quant.training.goh.level_scans import Chest
from quant.training.goh.level_train import Plan, Say

Judge = Callable[[Chest, Path], Iterator[Error]]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What all folds share: marked scans, phantoms to learn from, phantoms to stop by."""

    chests: Sequence[Chest]
    phantoms: Sequence[Case]
    checks: Sequence[Case]


def parts(people: Sequence[str], count: int, seed: int) -> list[set[str]]:
    """The people of each fold. Raises ValueError for fewer people than folds, or for one fold."""
    names = sorted(set(people))
    if count < 2 or len(names) < count:
        raise ValueError(f"{count} folds of {len(names)} people with marked scans: from 2 folds up, and none empty")
    whose = np.random.default_rng([seed, 11]).permutation(len(names)) % count
    return [{name for name, own in zip(names, whose, strict=True) if own == number} for number in range(count)]


def run(
    material: Material,
    plan: Plan,
    count: int,
    device: torch.device,
    out: Path,
    say: Say,
    judge: Judge = level_judge.scan,
) -> Iterator[dict[str, Any]]:
    """Of each fold its people and the errors on their scans; a fold that was stopped goes on.

    Raises:
        ValueError: fewer people than folds.
    """
    cases = [chest.case() for chest in material.chests]
    for number, left_out in enumerate(parts([chest.person for chest in material.chests], count, plan.seed), 1):
        learned = [case for case, chest in zip(cases, material.chests, strict=True) if chest.person not in left_out]
        held = [chest for chest in material.chests if chest.person in left_out]
        say(f"fold {number} of {count}: {len(learned)} scans to learn from, {len(held)} left out")
        state, resume = level_train.start(plan, device), out.with_suffix(f".fold{number}.resume")
        if resume.is_file():
            state = level_train.load_state(state, plan, resume)
        # The people left out choose no step: only phantoms and scans that are learned from do.
        every = [*learned, *material.phantoms]
        network = level_train.train(state, every, [*material.checks, *learned], plan, say, resume)
        weights = out.with_suffix(f".fold{number}.safetensors")
        level_train.save(network, weights, {"form": plan.form})
        errors = [one for chest in held for one in judge(chest, weights)]
        weights.unlink()
        for line in level_judge.table(errors):
            say(line)
        yield {"fold": number, "people": sorted(left_out), "errors": [one._asdict() for one in errors]}
