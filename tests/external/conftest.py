"""A scan whose right lung is lighter than its left one, so that a network can tell them apart by density alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from quant.engine.arrays import Labels
from quant.engine.volume import Volume, load_nifti
from tests.engine import files
from tests.external import scan as chest

RIGHT_HU, LEFT_HU, TISSUE_HU = -860, -700, 40
SHAPE = (8, 96, 96)
# Four millimetres across, head first and patient's left first in the file, so that nothing fits by chance.
AFFINE = np.array([[4.0, 0, 0, -190], [0, -4.0, 0, 190], [0, 0, -5.0, 40], [0, 0, 0, 1]])


@pytest.fixture(scope="session")
def drawn() -> Labels:
    """What is in the scan, on the volume's axes: 1 the right lung, 2 the left."""
    labels = np.zeros(SHAPE, np.uint8)
    labels[:, 30:70, 14:40], labels[:, 30:70, 56:82] = 1, 2
    return labels


@pytest.fixture(scope="session")
def volume(drawn: Labels, tmp_path_factory: pytest.TempPathFactory) -> Volume:
    hu = np.full(SHAPE, -1000, np.int16)
    y, x = np.ogrid[: SHAPE[1], : SHAPE[2]]
    hu[:, ((y - 48) / 34) ** 2 + ((x - 48) / 44) ** 2 < 1] = TISSUE_HU
    hu[drawn == 1], hu[drawn == 2] = RIGHT_HU, LEFT_HU
    # (z, y, x) with x to the patient's left is (i, j, k) in LPS; the file turns all three axes round.
    array = hu.transpose(2, 1, 0)[::-1, :, ::-1]
    folder: Path = tmp_path_factory.mktemp("scan")
    return load_nifti(files.nifti(folder / "ct.nii.gz", array, AFFINE))


@pytest.fixture(scope="session")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole chest."""
    return chest.write(tmp_path_factory.mktemp("chest") / "ct")
