"""Rules and network joined: the network names textures, rules the rest; limits always hold the extent."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as drawn

from quant.engine import fusion, measures
from quant.engine.arrays import Box, Image, Labels
from quant.engine.pattern_net import CLASSES
from quant.engine.patterns import EMPHYSEMA, GROUND_GLASS, HONEYCOMBING, NAMES, RETICULATION, Patterns

SHAPE = (6, 20, 20)
VOXEL = (2.5, 1.4, 1.4)
LUNG = np.ones(SHAPE, bool)
NORMAL = np.full(SHAPE, -870, np.float32)


def sure_of(label: int, where: Box, share: float = 0.9) -> Image:
    """Probabilities: normal lung, but `label` in one place."""
    seen = np.zeros((CLASSES, *SHAPE), np.float32)
    seen[0] = 1
    seen[0][where], seen[label][where] = 1 - share, share
    return seen


HERE = (slice(1, 5), slice(4, 16), slice(4, 16))
NONE = np.zeros(SHAPE, np.uint8)


@pytest.mark.parametrize("label", [RETICULATION, HONEYCOMBING])
def test_the_network_names_fibrosis_where_rules_see_ground_glass(label: int) -> None:
    ruled = np.where(LUNG, np.uint8(GROUND_GLASS), np.uint8(0))
    found = fusion.join(ruled, sure_of(label, HERE), NORMAL, LUNG, VOXEL).labels
    assert (found[HERE] == label).all()
    assert (found[0] == GROUND_GLASS).all()


def test_a_speck_of_fibrosis_is_none() -> None:
    speck = (slice(2, 3), slice(4, 6), slice(4, 6))
    assert not fusion.join(NONE, sure_of(RETICULATION, speck), NORMAL, LUNG, VOXEL).labels.any()


def test_emphysema_must_be_dark() -> None:
    seen = sure_of(EMPHYSEMA, HERE)
    assert not fusion.join(NONE, seen, NORMAL, LUNG, VOXEL).labels.any()
    assert (fusion.join(NONE, seen, NORMAL - 90, LUNG, VOXEL).labels[HERE] == EMPHYSEMA).all()


def test_nothing_lies_outside_the_lung() -> None:
    lung = LUNG.copy()
    lung[:, :, 10:] = False
    found = fusion.join(np.ones(SHAPE, np.uint8), sure_of(RETICULATION, HERE), NORMAL, lung, VOXEL)
    for map_ in found:
        assert not map_[~lung].any()


def test_doubt_widens_the_limits() -> None:
    def width(share: float) -> float:
        found = fusion.join(NONE, sure_of(RETICULATION, HERE, share), NORMAL, LUNG, VOXEL)
        limits = limits_of(found, np.ones(SHAPE, np.uint8))
        return float(limits.high[RETICULATION - 1] - limits.low[RETICULATION - 1])

    assert width(0.55) > width(0.98)


@given(
    drawn.arrays(np.uint8, SHAPE, elements=st.integers(0, 5)),
    drawn.arrays(np.float32, (CLASSES, *SHAPE), elements=st.floats(0, 1, width=32)),
)
def test_limits_hold_the_extent(ruled: Labels, raw: Image) -> None:
    seen = (raw + 1e-3) / (raw + 1e-3).sum(axis=0)
    found = fusion.join(ruled, seen.astype(np.float32), NORMAL, LUNG, VOXEL)
    counts = np.bincount(found.labels.ravel(), minlength=6)
    table = measures.pattern_table(counts, LUNG.size, 0.001, limits_of(found, np.ones(SHAPE, np.uint8)))
    for name in NAMES:
        one = table[name]
        assert 0 <= one["low"] <= one["percent"] <= one["high"] <= 100


def limits_of(found: fusion.Joined, regions: Labels) -> measures.Limits:
    textures = Patterns(found.labels, LUNG & False, found.surely, found.possibly, (1, 1, 1))
    return measures.limits(textures, regions)[0]


def test_limits_of_each_lobe_are_its_own() -> None:
    """Odd sizes: the last block of two voxels has but one."""
    regions = np.ones((5, 7, 7), np.uint8)
    regions[:, :, 4:] = 2
    bits = np.zeros((3, 4, 4), np.uint8)
    bits[:, :, :2] = 1 << (RETICULATION - 1)
    textures = Patterns(np.zeros((5, 7, 7), np.uint8), regions > 9, bits, bits, (2, 2, 2))
    whole, first, second = measures.limits(textures, regions)[:3]
    assert first.low[RETICULATION - 1] == 100
    assert second.high[RETICULATION - 1] == 0
    assert whole.low[RETICULATION - 1] == 50
