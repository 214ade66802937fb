"""What moves an extent puts it in doubt: faint disease more than dense, nothing that is not there, alike every time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage

from quant.engine import blocks, doubt, recognise, textured
from quant.engine.arrays import Doubt, Hu, Labels
from quant.engine.identity import DEFAULTS
from quant.engine.morphology import bounding_box
from quant.engine.patterns import CONSOLIDATION, GROUND_GLASS, HONEYCOMBING
from quant.engine.sampling import factors_for
from quant.training.patterns.scans import Clean

CPU = torch.device("cpu")
LOW, HIGH = slice(3, 11), slice(16, 24)


@pytest.fixture(scope="module")
def small(clean_chest: Clean) -> Clean:
    """The middle of the right lung."""
    lung = clean_chest.lung[12:38]
    z, y, x = bounding_box(lung, (0, 2, 2))
    box = (z, y, slice(x.start, (x.start + x.stop) // 2))
    cut = {name: getattr(clean_chest, name)[12:38][box] for name in ("hu", "lung", "depth")}
    return replace(clean_chest, **cut)


def filled(chest: Clean, hu: float, planes: slice, inner_mm: float = 6.0) -> Hu:
    """The chest with its inner lung as dense as `hu` in some planes, a little grain in it."""
    found = chest.hu.copy()
    grain = np.random.default_rng(1).normal(hu, 15, found.shape)
    inner = (chest.depth > inner_mm)[planes]
    found[planes][inner] = grain[planes][inner].astype(np.int16)
    return found


def measured(hu: Hu, chest: Clean) -> tuple[Labels, Doubt]:
    found = textured.find(hu, chest.lung, chest.voxel_mm, CPU)
    return found.labels, found.doubt


def test_faint_ground_glass_is_in_more_doubt_than_dense(small: Clean) -> None:
    faint, dense = (measured(filled(small, hu, LOW), small) for hu in (-690, -550))
    assert (faint[0] == GROUND_GLASS).any()
    assert (dense[0] == GROUND_GLASS).any()
    assert faint[1][GROUND_GLASS - 1].max() > 1.5 * dense[1][GROUND_GLASS - 1].max()


def test_what_was_not_found_is_not_in_doubt_and_limits_are_alike_twice(small: Clean) -> None:
    (labels, one), (_, other) = (measured(filled(small, -600, LOW), small) for _ in range(2))
    absent = [pattern for pattern in range(1, 6) if not (labels == pattern).any()]
    assert HONEYCOMBING in absent
    assert not one[np.array(absent) - 1].any()
    np.testing.assert_array_equal(one, other)


def test_what_no_sample_holds_is_in_doubt_as_a_whole(small: Clean, monkeypatch: pytest.MonkeyPatch) -> None:
    hu = filled(small, -600, LOW)
    hu[HIGH] = filled(small, 20, HIGH, 12.0)[HIGH]
    both = measured(hu, small)
    assert {GROUND_GLASS, CONSOLIDATION} <= set(np.unique(both[0]))
    assert both[1][[GROUND_GLASS - 1, CONSOLIDATION - 1]].max() < 0.8
    monkeypatch.setattr(doubt, "SAMPLES", 1)
    monkeypatch.setattr(doubt, "SLABS", 2)
    monkeypatch.setattr(doubt, "MARGIN_SLABS", 1)
    one = measured(hu, small)[1][[GROUND_GLASS - 1, CONSOLIDATION - 1]]
    assert (one == 1).all(axis=1).any()


def test_a_sample_is_measured_as_in_the_whole(small: Clean, monkeypatch: pytest.MonkeyPatch) -> None:
    """With thresholds, edge and noise where they are nothing moves: the slabs beside a sample are enough."""
    hu = filled(small, -600, slice(8, 18))
    view = blocks.View(hu, small.lung, small.voxel_mm, factors_for(small.voxel_mm, 1.4), CPU)
    net = recognise.trained("cpu")
    seen = blocks.look(view, net)
    labels = blocks.draw(view, seen)
    monkeypatch.setattr(doubt, "DEFAULTS", replace(DEFAULTS, doubt_hu=0.0, doubt_share=0.0))
    monkeypatch.setattr(doubt, "_noisier", lambda hu, _: hu)
    monkeypatch.setattr(ndimage, "binary_erosion", lambda lung, *_: lung)
    assert doubt.measure(view, seen, labels, net)[GROUND_GLASS - 1].max() < 0.01
