"""Fixtures for every room."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from ildportal.models import User
from patients.models import Site
from quant import services
from quant.models import Run
from tests.factories import make_site, make_user
from tests.phantom import write_series
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
def quick_passwords(settings: Settings) -> None:
    """A real hash takes a third of a second on purpose; tests that make many users ask for this."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.fixture
def bern(db: None) -> Site:
    return make_site("bern", "Bern")


@pytest.fixture
def geneva(db: None) -> Site:
    return make_site("geneva", "Geneva")


@pytest.fixture
def member(bern: Site) -> User:
    return make_user("owner", bern)


@pytest.fixture
def start_worker(transactional_db: None, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StartWorker]:
    """start_worker(queue, **environment) -> Worker: as many real workers as a test wants, all killed at its end."""
    own = request.config.stash.get(OWN, None)
    started: list[Worker] = []

    def start(queue: str = "quantify", **environment: str) -> Worker:
        started.append(Worker(tmp_path, queue, **environment))
        return started[-1]

    empty_broker(own)
    yield start
    for worker in started:
        worker.kill()
    empty_broker(own)


@pytest.fixture
def run(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Of an imported phantom series, waiting for a worker that no message wakes."""
    settings.STORAGE = tmp_path / "storage"
    monkeypatch.setattr(services, "send", lambda _pk: True)
    write_series(tmp_path / "ct")
    call_command("import_dicom", str(tmp_path / "ct"), verbosity=0)
    return Run.objects.get()
