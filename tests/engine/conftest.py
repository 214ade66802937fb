"""Chests and measured chests that several tests look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from quant.engine.run import Measured, quantify
from quant.engine.volume import load_dicom
from tests.engine import files
from tests.phantom import Chest, Lesion, chest

GLASS = Lesion((-20.0, 20.0, -80.0), (24.0, 24.0, 24.0), -520.0)
DENSE = Lesion((0.0, -20.0, 82.0), (20.0, 20.0, 20.0), 30.0)


@pytest.fixture(scope="session")
def small() -> Chest:
    """Few voxels, nothing symmetric: enough for the reader."""
    return chest(slices=24, size=64, spacing_z_mm=8.0, lesions=[Lesion((20, 10, -70), (30, 20, 20), 0)], vessels=5)


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[Chest, Measured]:
    """A chest without disease and without vessels, whose lungs are two ellipsoids."""
    return _measured(chest(size=192, vessels=0), tmp_path_factory.mktemp("clean"))


@pytest.fixture(scope="session")
def diseased(tmp_path_factory: pytest.TempPathFactory) -> tuple[Chest, Measured]:
    """Ground glass in the right lung, consolidation in the left, vessels in both."""
    return _measured(chest(size=192, lesions=[GLASS, DENSE]), tmp_path_factory.mktemp("diseased"))


def _measured(body: Chest, folder: Path) -> tuple[Chest, Measured]:
    return body, quantify(load_dicom(files.write(folder, body)), device="cpu")
