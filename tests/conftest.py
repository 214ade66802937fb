"""Fixtures for every room."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import OWN
from tests.workers import REPOSITORY, StartWorker, Worker, empty_broker

REAL_CT_DEFAULT = REPOSITORY.parent / "shared" / "data" / "ct"
REFERENCE_DEFAULT = REPOSITORY.parent / "shared" / "reference"


@pytest.fixture(scope="session")
def real_ct() -> Path:
    """The folder of the two given LIDC-IDRI series, from ILDPORTAL_REAL_CT or beside the repository."""
    folder = Path(os.environ.get("ILDPORTAL_REAL_CT") or REAL_CT_DEFAULT)
    missing = [name for name in ("LIDC-IDRI-0001.zip", "LIDC-IDRI-0003.zip") if not (folder / name).is_file()]
    if missing:
        pytest.skip(f"the given CT is missing ({', '.join(missing)}): set ILDPORTAL_REAL_CT to its folder")
    return folder


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of worked cases of the clinical rules, from ILDPORTAL_REFERENCE or beside the repository."""
    folder = Path(os.environ.get("ILDPORTAL_REFERENCE") or REFERENCE_DEFAULT)
    missing = [name for name in ("gli_cases.csv", "rule_cases.json") if not (folder / name).is_file()]
    if missing:
        pytest.skip(f"the worked cases are missing ({', '.join(missing)}): set ILDPORTAL_REFERENCE to their folder")
    return folder


@pytest.fixture
def start_worker(transactional_db: None, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StartWorker]:
    """start_worker(**environment) -> Worker: as many real workers as a test wants, all killed at its end."""
    own = request.config.stash.get(OWN, None)
    started: list[Worker] = []

    def start(**environment: str) -> Worker:
        started.append(Worker(tmp_path, **environment))
        return started[-1]

    empty_broker(own)
    yield start
    for worker in started:
        worker.kill()
    empty_broker(own)
