"""Training: learns, repeats itself, goes on where it was stopped, stops when it is time; files read back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from quant.engine.digest import sha256
from quant.engine.errors import UnusableInput
from quant.goh import register
from quant.goh.constraint import consistent
from quant.goh.planes import PLANES
from quant.goh.scores import RESEARCH_USE, load
from quant.goh.slices import square
from quant.goh.synthesis import draw
from quant.training.goh import session
from quant.training.goh.fit import Fit, Plan, predict, varied
from quant.training.goh.judge import figures
from quant.training.goh.pool import Pool
from quant.training.patterns.scans import Clean
from tests.scores.conftest import SIZE

PLAN = Plan(arch="mini", epochs=6, batch=16, rate=1e-2, average=0.9, seed=3)


def quiet(_: str) -> None:
    return None


@pytest.fixture(scope="module")
def halves(pool: Pool) -> tuple[Pool, Pool]:
    return session.parted(pool, 1)


@pytest.fixture(scope="module")
def fitted(halves: tuple[Pool, Pool]) -> Fit:
    fit = Fit(PLAN, *halves)
    fit.run(quiet)
    return fit


def test_what_is_learned_is_better_than_a_guess(fitted: Fit, halves: tuple[Pool, Pool]) -> None:
    learn, judged = halves
    longer = Fit(replace(PLAN, epochs=16, batch=8), *halves)
    longer.run(quiet)
    found = figures(predict(longer.mean, judged, torch.device("cpu")), judged.scores)
    guess = figures(np.broadcast_to(np.median(learn.scores, axis=0), judged.scores.shape), judged.scores)
    assert found.mae_tot < 0.8 * guess.mae_tot
    assert [one["epoch"] for one in fitted.progress.curve] == [1, 2, 3, 4, 5, 6]


def test_slices_are_parted_without_overlap(pool: Pool) -> None:
    learn, judged = session.parted(pool, 1)
    assert len(learn) + len(judged) == len(pool)
    seen = {one.tobytes() for one in learn.images}
    assert not any(one.tobytes() in seen for one in judged.images)


def test_stopped_and_resumed_gives_the_same_network(
    fitted: Fit, halves: tuple[Pool, Pool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.checkpoint"

    class Stopped(Exception):
        pass

    def stop(line: str) -> None:
        if "epoch 4/" in line:
            raise Stopped

    with pytest.raises(Stopped):
        Fit(PLAN, *halves).run(stop, path)
    lines: list[str] = []
    again = Fit(PLAN, *halves)
    again.run(lines.append, path)
    assert "resumed after epoch 3" in lines[0]
    for name, value in fitted.mean.state_dict().items():
        assert torch.equal(value, again.mean.state_dict()[name]), name
    with pytest.raises(ValueError, match="other settings"):
        Fit(replace(PLAN, rate=1e-3), *halves).resume(path)


def test_it_stops_when_it_learns_no_more(halves: tuple[Pool, Pool]) -> None:
    fit = Fit(replace(PLAN, rate=0.0, patience=2), *halves)
    fit.run(quiet)
    assert fit.progress.epoch == 3


def test_balanced_shows_rare_scores_more_often(halves: tuple[Pool, Pool]) -> None:
    from quant.training.goh.fit import _batches

    learn = halves[0]
    healthy = [
        np.mean([(learn.scores[index, 0] == 0).mean() for index in _batches(np.random.default_rng(1), learn, plan)])
        for plan in (PLAN, replace(PLAN, balanced=True))
    ]
    assert healthy[1] < healthy[0] / 2


def test_changes_move_image_and_patterns_together(pool: Pool) -> None:
    """What is bright stays where its share is, however the slice is turned."""
    torch.manual_seed(2)
    image = torch.zeros(8, PLANES, 64, 64)
    image[:, :, 20:44, 8:24] = 0.8
    parts = torch.nn.functional.avg_pool2d((image[:, :1] > 0).float(), 4).repeat(1, 4, 1, 1)
    turned, shares = varied(image, parts)
    seen = torch.nn.functional.avg_pool2d((turned > 0.4).float(), 4)
    assert seen.shape[1] == PLANES
    assert (seen - shares[:, :1]).abs().mean() < 0.04
    assert (turned - image).abs().mean() > 0.02


def test_a_training_writes_what_the_portal_reads(pool: Pool, chests: list[Clean], tmp_path: Path) -> None:
    request = session.Request(tmp_path / "net.safetensors", replace(PLAN, epochs=2), 48, SIZE, ("a", "b"), 2, "7")
    lines: list[str] = []
    session.train(request, lambda: chests, None, lines.append)
    assert sum(line.startswith("fold") for line in lines) == 2
    told = json.loads((tmp_path / "net.json").read_text())
    assert told["sha256"] == sha256(request.out)
    assert told["use"] == RESEARCH_USE
    assert [one["people"] for one in told["folds"]] in ([["one"], ["two"]], [["two"], ["one"]])
    assert len(told["curve"]) == 2
    assert (tmp_path / "net.svg").read_text().count("<polyline") == 4
    with safe_open(request.out, "pt") as file:
        assert {str(file.get_tensor(name).dtype) for name in file.keys()} == {"torch.float16"}  # noqa: SIM118
        assert file.metadata()["seed"] == "3"
    assert register.weights(tmp_path, "goh_scores", "7") == request.out
    scorer = load(request.out)
    one = draw(np.random.default_rng(4), chests)
    found = scorer.of_squares([square(one.hu, one.lung, one.pixel_mm, SIZE)])[0]
    values = [each.value / 100 for each in (found.tot, found.gg, found.ret)]
    np.testing.assert_allclose(consistent(values), values, atol=1e-9)
    for each in (found.tot, found.gg, found.ret):
        assert 0 <= each.low <= each.value <= each.high <= 100
    assert 0 <= found.confidence <= 1


def test_a_version_never_becomes_another_file(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    path.write_bytes(b"one")
    first = register.Trained("goh_scores", "1", path.name, sha256(path))
    register.add(tmp_path, first)
    register.add(tmp_path, first)
    assert register.read(tmp_path) == (first,)
    with pytest.raises(ValueError, match="another version"):
        register.add(tmp_path, replace(first, sha256="0" * 64))
    path.write_bytes(b"other")
    with pytest.raises(UnusableInput, match="not the file"):
        register.weights(tmp_path, "goh_scores", "1")
    with pytest.raises(UnusableInput, match="no goh_scores 2"):
        register.weights(tmp_path, "goh_scores", "2")


def test_other_weights_are_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors", {"kind": "patterns"})
    with pytest.raises(ValueError, match="no network of Goh scores"):
        load(tmp_path / "other.safetensors")
