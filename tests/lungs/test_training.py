"""The lung network: what is put in stays in the lungs, and the same seed trains the same network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from django.core.management import call_command
from safetensors import safe_open

from quant.engine import seeing
from quant.engine.arrays import LEFT, RIGHT
from quant.training.lungs import disease, keep, vary
from quant.training.lungs.cases import Case
from quant.training.lungs.train import Plan, train
from quant.training.lungs.vary import Sample


def small(case: Case) -> Case:
    """Every third voxel, so that a step costs little."""
    cut = (slice(None, None, 3),) * 3
    lobes = None if case.lobes is None else case.lobes[cut]
    return Case(case.name, case.hu[cut], case.lungs[cut], lobes)


def test_disease_stays_within_the_lungs(person: Case) -> None:
    changed = 0
    for seed in range(6):
        found = disease.insert(person, np.random.default_rng(seed))
        outside = person.lungs == 0
        assert np.array_equal(found.hu[outside], person.hu[outside])
        changed += int(found.dense.any())
    assert changed >= 3


def test_a_mirrored_body_exchanges_right_and_left(person: Case) -> None:
    labels = torch.from_numpy(person.lungs.astype(np.int64))[None]
    hu = torch.from_numpy(person.hu)[None, None]
    sample = Sample(hu, labels, labels, torch.zeros_like(labels))
    seen = {bool((vary.mirror(sample, np.random.default_rng(seed)).hu == hu).all()) for seed in range(8)}
    assert seen == {True, False}
    for seed in range(8):
        one = vary.mirror(sample, np.random.default_rng(seed))
        columns = one.lungs.shape[-1]
        right, left = ((one.lungs == side).nonzero()[:, -1].float().mean() / columns for side in (RIGHT, LEFT))
        assert right < left


def test_the_same_seed_gives_the_same_network_and_it_learns(person: Case, tmp_path: Path) -> None:
    losses: list[float] = []

    def once() -> dict[str, torch.Tensor]:
        torch.manual_seed(3)
        torch.set_num_threads(1)
        told: list[float] = []
        network = train(
            seeing.untrained(), [small(person)], Plan(50, real_share=0.0, seed=3), lambda _, __, loss: told.append(loss)
        )
        losses.extend(told)
        keep.save(network, tmp_path / "w.safetensors", {"about": "test"})
        return dict(keep.load(tmp_path / "w.safetensors").state_dict())

    first, second = once(), once()
    assert losses[1] < losses[0]
    assert losses[:2] == losses[2:]
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_command_writes_weights_that_say_how_they_were_made(tmp_path: Path) -> None:
    out = tmp_path / "lungs.safetensors"
    call_command("train_lungs", out=out, phantoms=1, steps=2, seed=4)
    with safe_open(out, "pt") as file:
        about = file.metadata()
    assert about["steps"] == "2"
    assert about["seed"] == "4"
    assert about["phantoms"] == "1"
    network = seeing.trained(out, "cpu")
    share = seeing.shares(network, np.full((32, 32, 32), -800, np.float32), torch.device("cpu"))
    assert share.shape == (2, 32, 32, 32)
    assert np.isfinite(share).all()
