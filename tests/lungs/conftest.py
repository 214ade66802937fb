"""A phantom small enough to train on within a test."""

from __future__ import annotations

import pytest

from quant.training.lungs.cases import Case, phantoms


@pytest.fixture(scope="session")
def person() -> Case:
    return next(phantoms(seed=5, count=1))
