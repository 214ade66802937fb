"""A small chest without disease, and slices drawn from it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from quant.engine.device import one_thread
from quant.engine.morphology import depth
from quant.training.goh.pool import Pool, drawn
from quant.training.patterns import tiles
from quant.training.patterns.scans import Clean
from tests.phantom import chest

SIZE = 64


@pytest.fixture(scope="session", autouse=True)
def alone() -> Iterator[None]:
    """Threads of small networks only wait for each other."""
    with one_thread():
        yield


@pytest.fixture(scope="session", autouse=True)
def small_textures() -> Iterator[None]:
    """Cubes an eighth as large: the same structures, sooner."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiles, "SIDE", 64)
        patch.setattr(tiles, "PERIOD_MM", 64 * tiles.PITCH_MM)
        yield


def clean(name: str, seed: int) -> Clean:
    body = chest(slices=40, size=220, seed=seed, vessels=25)
    lung = (body.lung("right") | body.lung("left")) & (body.hu < 200)
    areas = np.sqrt(lung.sum(axis=(1, 2), dtype=np.float64))
    return Clean(name, body.hu, lung, depth(lung, body.voxel_mm), body.voxel_mm, areas / areas.sum())


@pytest.fixture(scope="session")
def chests() -> list[Clean]:
    return [clean("one", 3), clean("two", 4)]


@pytest.fixture(scope="session")
def pool(chests: list[Clean]) -> Pool:
    """160 slices of two people."""
    return drawn(chests, 160, 1, SIZE, lambda _: None)
