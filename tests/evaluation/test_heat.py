"""The check of heat maps: a map that gives back the score is told so, and thresholds come from other slices."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from quant.engine.digest import sha256
from quant.evaluation import heat
from quant.evaluation.heat import CUTS, Mapped, r2
from quant.goh import heat_known

BEST = CUTS.index(-0.4)


def mapped(score: float, off: float = 0.0) -> Mapped:
    """A slice whose map gives back the score at -0.4, and more the nearer the cut is to 0."""
    told = np.array([score, score / 2, score / 2])
    beyond = np.array([[100.0 * (cut + 0.4)] for cut in CUTS])
    hits = np.tile([1.0, 2.0, 2.0], (len(CUTS), 3, 1))
    return Mapped(told, told, told, told + beyond + off, hits, 1.0)


def test_the_threshold_comes_from_validation_and_the_rest_from_other_slices() -> None:
    held, other = [mapped(score) for score in (0, 10, 40)], [mapped(score, 3.0) for score in (0, 20, 30, 60)]
    found = heat.document(held, other, 14, 53, "cpu")
    assert found["thresholds"] == dict.fromkeys(("tot", "gg", "ret"), -0.4)
    assert found["validation"]["tot"]["r2"] == 1.0
    told = found["consistency"]
    assert (told["seed"], told["slices"], told["tot"]["apart"], told["tot"]["dice"]) == (53, 4, 3.0, 0.5)
    assert 0.95 < told["tot"]["r2"] < 1.0 == told["tot"]["r2_line"]


def test_r2_without_spread_is_unknown_and_may_be_below_0() -> None:
    assert r2(np.full(3, 5.0), np.arange(3.0)) is None
    worse = r2(np.array([0.0, 1.0]), np.array([5.0, 5.0]))
    assert worse is not None
    assert worse < 0


def test_thresholds_hold_for_the_weights_they_were_chosen_for(tmp_path: Path) -> None:
    weights = tmp_path / "net.safetensors"
    weights.write_bytes(b"one")
    assert heat_known.thresholds(weights) is None
    chosen = {"tot": -0.4, "gg": -0.5, "ret": -0.6}
    heat_known.beside(weights).write_text(json.dumps({"weights": sha256(weights), "thresholds": chosen}))
    assert heat_known.thresholds(weights) == chosen
    weights.write_bytes(b"two")
    assert heat_known.thresholds(weights) is None


@pytest.mark.parametrize("flags", [("--heat",), ("--heat", "1", "--goh", "net.safetensors")])
def test_what_it_needs_is_said(flags: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="--heat goes with --goh"):
        call_command("evaluate", "--phantoms", "1", *flags)
