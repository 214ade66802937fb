"""Rules and network joined: the network names textures, rules the rest."""

from __future__ import annotations

import numpy as np
import pytest

from quant.engine import fusion
from quant.engine.arrays import Box, Image
from quant.engine.pattern_net import CLASSES
from quant.engine.patterns import EMPHYSEMA, GROUND_GLASS, HONEYCOMBING, RETICULATION

SHAPE = (6, 20, 20)
VOXEL = (2.5, 1.4, 1.4)
LUNG = np.ones(SHAPE, bool)
NORMAL = np.full(SHAPE, -870, np.float32)
HOLE = np.full((1, SHAPE[1], 1), -935, np.float32)


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
    found = fusion.join(ruled, sure_of(label, HERE), NORMAL, LUNG, VOXEL, HOLE).labels
    assert (found[HERE] == label).all()
    assert (found[0] == GROUND_GLASS).all()


def test_a_speck_of_fibrosis_is_none() -> None:
    speck = (slice(2, 3), slice(4, 6), slice(4, 6))
    assert not fusion.join(NONE, sure_of(RETICULATION, speck), NORMAL, LUNG, VOXEL, HOLE).labels.any()


def test_emphysema_must_be_dark() -> None:
    seen = sure_of(EMPHYSEMA, HERE)
    assert not fusion.join(NONE, seen, NORMAL, LUNG, VOXEL, HOLE).labels.any()
    assert (fusion.join(NONE, seen, NORMAL - 90, LUNG, VOXEL, HOLE).labels[HERE] == EMPHYSEMA).all()


def test_nothing_lies_outside_the_lung() -> None:
    lung = LUNG.copy()
    lung[:, :, 10:] = False
    found = fusion.join(np.ones(SHAPE, np.uint8), sure_of(RETICULATION, HERE), NORMAL, lung, VOXEL, HOLE)
    for map_ in found:
        assert not map_[~lung].any()
