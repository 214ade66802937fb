"""Training of the level network: what it learns, that it repeats, and that it goes on where it stopped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from quant.goh import level_seek
from quant.goh.level_net import FORMS
from quant.goh.level_view import CHANNELS, WINDOW
from quant.training.goh import level_curve, level_train
from quant.training.goh.level_cases import Case
from quant.training.goh.level_train import Plan

CPU = torch.device("cpu")


def quiet(line: str) -> None:
    """Nobody listens."""


def weights(plan: Plan, case: Case, folder: Path) -> dict[str, torch.Tensor]:
    state = level_train.start(plan, CPU)
    return level_train.train(state, [case], [], plan, quiet, folder / "resume").state_dict()


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


def test_a_seed_gives_one_network_and_another_seed_another(block: Case, tmp_path: Path) -> None:
    first, again = (weights(Plan(steps=2, batch=1), block, tmp_path) for _ in range(2))
    assert same(first, again)
    assert not same(first, weights(Plan(steps=2, batch=1, seed=2), block, tmp_path))
    assert not (tmp_path / "resume").exists()


def test_a_stopped_training_goes_on_to_the_same_network(block: Case, tmp_path: Path) -> None:
    plan = Plan(steps=4, batch=1, check_every=2)
    whole = weights(plan, block, tmp_path)

    class Stop(Exception):
        pass

    def stop(line: str) -> None:
        raise Stop

    state = level_train.start(plan, CPU)
    resume = tmp_path / "stopped"
    with pytest.raises(Stop):
        # The state is written after the word is said: the second check stops the run.
        level_train.train(state, [block], [], plan, lambda line: stop(line) if "4/4" in line else None, resume)
    assert resume.is_file()
    again = level_train.load_state(level_train.start(plan, CPU), plan, resume)
    assert again.step == 2
    assert same(whole, level_train.train(again, [block], [], plan, quiet, resume).state_dict())


def test_a_state_of_another_plan_is_refused(block: Case, tmp_path: Path) -> None:
    plan = Plan(steps=2, batch=1)
    state = level_train.start(plan, CPU)
    level_train.save_state(state, plan, tmp_path / "resume")
    with pytest.raises(ValueError, match="another plan"):
        level_train.load_state(state, Plan(steps=3, batch=1), tmp_path / "resume")


def test_nothing_to_learn_from_is_said() -> None:
    plan = Plan(steps=1)
    with pytest.raises(ValueError, match="nothing to train on"):
        level_train.train(level_train.start(plan, CPU), [], [], plan, quiet, Path("unused"))


def logs(planes: int, at: int) -> torch.Tensor:
    found = torch.full((1, planes + 2), -12.0)
    found[0, at] = 0.0
    return found.log_softmax(1)


def test_the_loss_is_least_where_the_landmark_lies() -> None:
    for plane, at in ((10.0, 11), (-4.0, 0), (33.0, 31)):
        right, wrong = (
            level_train.loss(logs(30, at), np.array([plane])),
            level_train.loss(logs(30, 20), np.array([plane])),
        )
        assert right < wrong
    assert level_train.loss(logs(30, 5), np.array([np.nan])) == 0


@pytest.mark.parametrize("form", FORMS)
def test_both_forms_give_probabilities_that_a_file_keeps(form: str, tmp_path: Path) -> None:
    torch.manual_seed(3)
    network = FORMS[form]().eval()
    image = np.random.default_rng(1).uniform(-1, 1, (CHANNELS, 20, *WINDOW)).astype(np.float32)
    found = level_seek.probabilities(network, image, "cpu")
    assert found.shape == (4, 22)
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-4)
    level_train.save(network, tmp_path / "net.safetensors", {"form": form})
    kept = level_seek.probabilities(level_seek.trained(tmp_path / "net.safetensors", "cpu"), image, "cpu")
    assert np.allclose(found, kept, atol=0.01)


def test_the_curve_shows_every_check() -> None:
    history = [{"step": 50.0, "loss": 2.0, "error_mm": 9.0}, {"step": 100.0, "loss": 1.0, "error_mm": 3.0}]
    picture = level_curve.svg(history)
    assert picture.startswith("<svg")
    assert picture.count("<polyline") == 2
    assert "at the end 3.00" in picture
