"""Training: the same seed gives the same weights, and what was learned is read back as it was saved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from quant.engine import pattern_net, recognise, texture
from quant.engine.fusion import EMPHYSEMA
from quant.engine.pattern_net import CLASSES, PatternNet, look
from quant.training.patterns import learn
from quant.training.patterns.learn import Places, Plan
from quant.training.patterns.scans import Clean

CPU = torch.device("cpu")
PLAN = Plan(rounds=4, seed=2, batch=256)


@pytest.fixture(scope="module")
def trained(clean_chest: Clean) -> PatternNet:
    return learn.fit([([clean_chest], 16)], PLAN, lambda _: None)


@pytest.fixture(scope="module")
def drawn(clean_chest: Clean, trained: PatternNet) -> Places:
    """Places that the second look was not fitted to."""
    return learn.draw(learn.samples([([clean_chest], 12)], 3)[0], 3, trained.first)


def test_places_have_measures_and_labels(drawn: Places) -> None:
    assert drawn.measures.shape == (len(drawn.labels), texture.COUNT + texture.FAR_COUNT)
    assert np.isfinite(drawn.measures).all()
    assert set(np.unique(drawn.labels)) <= set(range(CLASSES))
    constant = drawn.measures.astype(np.float32).std(axis=0) == 0
    assert constant.sum() <= 2 * len(texture.WIDTHS), "only the spread within a block, where each pixel is one"


def test_what_is_learned_is_better_than_guessing(drawn: Places, trained: PatternNet) -> None:
    guess = look(trained.second, [drawn.measures.T.astype(np.float32)], torch.device("cpu")).argmax(axis=0)
    recalls = [(guess[drawn.labels == v] == v).mean() for v in np.unique(drawn.labels)]
    assert np.mean(recalls) > 0.4


def test_the_same_seed_gives_the_same_weights(drawn: Places) -> None:
    one, again = (learn.train(drawn, PLAN, lambda _: None) for _ in range(2))
    for first, second in zip(one.state_dict().values(), again.state_dict().values(), strict=True):
        assert torch.equal(first, second)


def test_saved_weights_give_the_same_answers(drawn: Places, trained: PatternNet, tmp_path: Path) -> None:
    path = tmp_path / "sub" / "net.safetensors"
    learn.save(trained, path, {"seed": "2"})
    back = pattern_net.from_arrays(load_file(path))
    columns = drawn.measures[:500].T.astype(np.float32)
    one, other = (look(net.second, [columns], torch.device("cpu")) for net in (trained, back))
    assert np.allclose(one, other, atol=0.02)


def test_probabilities_lie_on_the_blocks_of_the_rules(clean_chest: Clean, trained: PatternNet) -> None:
    """Odd sizes, thin slices: as many planes as the rules have, zero outside the lung, 1 in all within."""
    cut = (slice(10, 17), slice(50, 151), slice(20, 131))
    hu, lung = clean_chest.hu[cut], clean_chest.lung[cut]
    for factors, spacing in (((1, 2, 2), 1.0), ((2, 2, 2), 0.625), ((1, 1, 1), 5.0)):
        seen = recognise.probabilities(trained, hu, lung, factors, spacing, torch.device("cpu"))
        assert seen.shape == (CLASSES, *(-(-n // f) for n, f in zip(hu.shape, factors, strict=True)))
        assert seen.min() >= 0
        assert seen.max() <= 1 + 1e-4
        total = seen.sum(axis=0)
        assert total[~(total > 0)].max(initial=0) == 0
        # Emphysema may be one small hole, so it is not averaged with what lies around: they add up to 1 in the mean.
        assert total[total > 0].mean() == pytest.approx(1, abs=0.05)
        planes = recognise.planes_of(spacing, factors)
        mean, top, bottom, inside = recognise.slabs(hu, lung, (planes * factors[0], *factors[1:]))
        one = pattern_net.probabilities(trained, recognise.columns(mean, top, bottom, inside), inside, CPU)
        np.testing.assert_allclose(one.sum(axis=0), inside, atol=1e-4)
        # A mean of what lies around, within the lung: never beyond what it is made of, and what is even stays so.
        settled = recognise.settle(one, inside)
        for pattern in range(EMPHYSEMA):
            there = one[pattern][inside]
            assert settled[pattern][inside].min() >= there.min() - 1e-4
            assert settled[pattern][inside].max() <= there.max() + 1e-4
        even = np.broadcast_to(0.2 * inside, one.shape).astype(np.float32)
        np.testing.assert_allclose(recognise.settle(even, inside), even, atol=1e-4)
        np.testing.assert_array_equal(settled[EMPHYSEMA:], one[EMPHYSEMA:])


def test_a_few_slabs_at_a_time_measure_the_same(clean_chest: Clean, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = (slice(10, 17), slice(50, 150), slice(20, 120))
    found = recognise.slabs(clean_chest.hu[cut], clean_chest.lung[cut], (1, 2, 2))
    whole = recognise.columns(*found)
    monkeypatch.setattr(recognise, "SLABS_AT_ONCE", 2)
    # Products of matrices of other sizes round elsewhere; a spread is the small difference of two of them (0.1 HU).
    np.testing.assert_allclose(recognise.columns(*found), whole, rtol=0, atol=1e-3)


def test_a_lung_of_no_voxels_is_no_error(clean_chest: Clean, trained: PatternNet) -> None:
    hu = clean_chest.hu[:4, :32, :32]
    seen = recognise.probabilities(trained, hu, np.zeros(hu.shape, bool), (1, 2, 2), 2.5, torch.device("cpu"))
    assert not seen.any()
