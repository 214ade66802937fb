"""A small chest without disease, as the training draws into it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from quant.engine.morphology import depth
from quant.training.patterns import judge, tiles
from quant.training.patterns.scans import Clean
from tests.phantom import Chest, chest


@pytest.fixture(scope="session")
def body() -> Chest:
    """300 pixels of 1.2 mm, vessels in the lungs."""
    return chest(slices=50, size=300, seed=3, vessels=25)


@pytest.fixture(scope="session")
def clean_chest(body: Chest) -> Clean:
    """The same with lungs whose border is known."""
    lung = (body.lung("right") | body.lung("left")) & (body.hu < 200)
    areas = lung.sum(axis=(1, 2), dtype=np.float64)
    return Clean("small", body.hu, lung, depth(lung, body.voxel_mm), body.voxel_mm, areas / areas.sum())


@pytest.fixture(scope="session", autouse=True)
def small_textures() -> Iterator[None]:
    """Cubes an eighth as large: the same structures, sooner."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiles, "SIDE", 64)
        patch.setattr(tiles, "PERIOD_MM", 64 * tiles.PITCH_MM)
        patch.setattr(judge, "CUBE", 64)
        patch.setattr(judge, "WIDE_MM", 64 * judge.STEP_MM)
        yield
