"""A phantom with its levels, and a case small enough to train on within a test."""

from __future__ import annotations

import numpy as np
import pytest

from quant.training.goh.level_cases import SYSTEMIC, Case
from quant.training.phantom import Phantom, Scan, Subject, make


@pytest.fixture(scope="session")
def phantom() -> Phantom:
    """A person that no network learned from, drawn coarsely."""
    return make(Subject(seed=61, sex="M", age_years=64, height_cm=174), Scan(matrix=96, thickness=4.0, noise_hu=8.0))


@pytest.fixture(scope="session")
def block() -> Case:
    """Two boxes of lung beside each other with the four landmarks between them."""
    hu = np.full((48, 70, 90), 40.0, np.float16)
    side = np.zeros(hu.shape, np.int8)
    side[6:42, 15:55, 10:40], side[6:42, 15:55, 50:80] = 1, -1
    hu[side != 0] = -850
    blood = np.zeros(hu.shape, np.uint8)
    blood[10:30, 30:40, 42:48] = SYSTEMIC
    points = np.array([[34.0, 35, 45], [27.0, 33, 44], [19.0, 36, 46], [11.0, 30, 26]])
    return Case("block", hu, side, blood, points)
