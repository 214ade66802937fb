"""Disease drawn into slices: what the scores count is what was drawn, and nothing else was."""

from __future__ import annotations

import numpy as np
import pytest

from quant.engine.arrays import Image
from quant.goh import synthesis
from quant.goh.slices import square
from quant.goh.synthesis import draw, ellipses, healthy, insert, scores_of
from quant.training.goh.pool import Pool
from quant.training.patterns.regions import Crop
from quant.training.patterns.scans import Clean

SEEN_HU = 0.5


def hard(rng: np.random.Generator, crop: Crop, pattern: int, height: float) -> Image:
    """Ellipses without a faded edge: a voxel is drawn whole or not at all."""
    return (ellipses(rng, crop, height) > 0.5).astype(np.float32)


def flat(crop: Crop) -> Crop:
    """The same lungs with one density, so that every change is seen."""
    return Crop(np.where(crop.lung, np.float32(-850), np.float32(40)), crop.lung, crop.depth, crop.voxel_mm)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", ["glass", "lines"])
def test_scores_equal_the_area_measured_again(
    chests: list[Clean], monkeypatch: pytest.MonkeyPatch, kind: str, seed: int
) -> None:
    """Measured on HU alone: every voxel that differs from the slice before is diseased, and no other."""
    monkeypatch.setattr(synthesis, "where", hard)
    monkeypatch.setattr(synthesis, "KIND_ODDS", [float(kind == one) for one in synthesis.KINDS])
    # Lines leave the lung between them as it was: here they are filled to be measured.
    monkeypatch.setitem(synthesis._LOOKS, 3, lambda _rng, crop, share: crop.hu + 300 * share)
    rng = np.random.default_rng(seed)
    crop, height = healthy(rng, chests[0])
    before = flat(crop)
    after, glass, lines = insert(rng, before, height)
    area = np.count_nonzero(crop.lung)
    changed = 100 * np.count_nonzero(np.abs(after.hu - before.hu) > SEEN_HU) / area
    found = scores_of(glass, lines, crop.lung)
    assert found.tot > 0
    assert found.tot == pytest.approx(changed, abs=0.1)
    assert (found.ret == 0.0) if kind == "glass" else (found.gg == 0.0)


@pytest.mark.parametrize("seed", range(30))
def test_scores_are_consistent_and_both_count_where_both_are_drawn(chests: list[Clean], seed: int) -> None:
    rng = np.random.default_rng([5, seed])
    crop, height = healthy(rng, chests[0])
    after, glass, lines = insert(rng, crop, height)
    found = scores_of(glass[0], lines[0], crop.lung[0])
    assert max(found.gg, found.ret) <= found.tot + 1e-9
    assert found.tot <= found.gg + found.ret + 1e-9
    both = 100 * np.count_nonzero(glass & lines) / np.count_nonzero(crop.lung)
    assert found.tot == pytest.approx(found.gg + found.ret - both, abs=1e-6)
    assert not (glass | lines)[~crop.lung].any()
    far = np.abs(after.hu - crop.hu)[~crop.lung]
    assert far.max(initial=0) < 1.0, "nothing is drawn beyond the lung"


def test_cysts_hide_glass_and_consolidation_hides_lines(chests: list[Clean], monkeypatch: pytest.MonkeyPatch) -> None:
    """All four on the whole lung, in their order: what is on top counts alone."""
    crop, height = healthy(np.random.default_rng(1), chests[0])
    everywhere = crop.lung.astype(np.float32)

    def shares(order: tuple[int, ...]) -> None:
        monkeypatch.setattr(synthesis, "_shares", lambda *_: iter([(one, everywhere) for one in order]))

    shares((1, 3))
    _, glass, lines = insert(np.random.default_rng(2), crop, height)
    assert scores_of(glass, lines, crop.lung) == synthesis.Scores(100, 100, 100)
    shares((1, 3, 2))
    _, glass, lines = insert(np.random.default_rng(2), crop, height)
    assert scores_of(glass, lines, crop.lung) == synthesis.Scores(100, 100, 0)
    shares((1, 4))
    _, glass, lines = insert(np.random.default_rng(2), crop, height)
    assert scores_of(glass, lines, crop.lung) == synthesis.Scores(100, 0, 100)


def test_glass_adds_150_to_350_hu_and_keeps_vessels(chests: list[Clean], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthesis, "VEIL_SHARE", 0.0)
    crop, _ = healthy(np.random.default_rng(1), chests[0])
    crop = flat(crop)
    crop.hu[0, 60:64, :] = 45.0
    rises = []
    for seed in range(8):
        hu = synthesis._glass(np.random.default_rng(seed), crop, crop.lung.astype(np.float32))
        vessel = crop.lung & (crop.hu == 45.0)
        rises.append(float((hu - crop.hu)[crop.lung & ~vessel].mean()))
        assert np.abs(hu - crop.hu)[vessel].max() < 10
    assert min(rises) > 130
    assert max(rises) < 380


def test_the_same_seed_is_the_same_slice_and_half_are_without_disease(chests: list[Clean]) -> None:
    one, other = (draw(np.random.default_rng(5), chests) for _ in range(2))
    assert np.array_equal(one.hu, other.hu)
    assert one.scores == other.scores
    found = [draw(np.random.default_rng([9, number]), chests).scores.tot for number in range(60)]
    assert 18 <= sum(tot == 0 for tot in found) <= 42


def test_the_grid_keeps_the_scores(chests: list[Clean]) -> None:
    """Areas on the network's grid are those of the slice."""
    for number in range(10):
        one = draw(np.random.default_rng([3, number]), chests)
        found = square(one.hu, one.lung, one.pixel_mm, 192)
        again = 100 * found.bring((one.glass | one.lines) & one.lung).sum() / found.lung.sum()
        assert again == pytest.approx(one.scores.tot, abs=0.1)


def test_a_pool_holds_every_chest_and_its_parts_add_up(pool: Pool) -> None:
    assert pool.names == ("one", "two")
    assert np.bincount(pool.owners).tolist() == [80, 80]
    whole = pool.parts.astype(np.float64).sum(axis=(2, 3))
    again = whole[:, 1:] / whole[:, :1]
    # Bytes round off what fades; scores count the half-drawn voxel whole.
    assert np.abs(again - pool.scores).max() < 0.02
