"""One small person, healthy and at two stages of one disease."""

from __future__ import annotations

import pytest

from quant.training.phantom import Disease, Phantom, Scan, Subject, make

PERSON = Subject(seed=4, sex="F", age_years=58, height_cm=165)
SMALL = Scan(matrix=96, thickness=6.0, noise_hu=12.0)
EARLY = Disease(ground_glass=6.0, consolidation=1.0, reticulation=2.0, honeycombing=1.0, emphysema=1.5)
LATE = Disease(ground_glass=14.0, consolidation=2.0, reticulation=7.0, honeycombing=4.0, emphysema=1.5)


@pytest.fixture(scope="session")
def healthy() -> Phantom:
    """The person without disease."""
    return make(PERSON, SMALL)


@pytest.fixture(scope="session")
def early() -> Phantom:
    """The person with all five patterns."""
    return make(PERSON, SMALL, EARLY)


@pytest.fixture(scope="session")
def late() -> Phantom:
    """The same person when the disease has grown."""
    return make(PERSON, SMALL, LATE)
