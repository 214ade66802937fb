"""pytest plugin: a real PostgreSQL and a real broker for the whole session, before Django reads its settings."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from ildportal.embedded import Embedded, EmbeddedError

pytest_plugins = ["tests.skips"]
PREFIX = "ildportal-test-"
ABANDONED_AFTER_SECONDS = 120  # a session that just made its folder has not locked it yet
OWN = pytest.StashKey[Embedded]()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    if not os.environ.get("DATABASE_URL"):
        _start(early_config)
    elif not os.environ.get("CELERY_BROKER_URL"):
        raise pytest.UsageError("DATABASE_URL is set, CELERY_BROKER_URL is not: set both or neither")
    return (yield)


def pytest_report_header(config: pytest.Config) -> str:
    own = config.stash.get(OWN, None)
    return "services: embedded, for this session" if own else "services: the servers named in DATABASE_URL"


def _start(config: pytest.Config) -> None:
    _end_abandoned()
    home = Path(tempfile.mkdtemp(prefix=PREFIX))
    home.chmod(0o711)  # root's servers run as another user and must pass through
    services = Embedded(home, durable=False)
    try:
        services.start()
    except EmbeddedError as error:
        shutil.rmtree(home, ignore_errors=True)
        raise pytest.UsageError(str(error)) from None
    config.stash[OWN] = services
    config.add_cleanup(lambda: _end(services))
    os.environ["ILDPORTAL_HOME"] = str(home)
    os.environ["DATABASE_URL"] = services.database_url
    os.environ["CELERY_BROKER_URL"] = services.broker_url


def _end(services: Embedded) -> None:
    services.stop()
    shutil.rmtree(services.home, ignore_errors=True)


def _end_abandoned() -> None:
    """Earlier sessions that were killed have left servers running: theirs is a lock that nobody holds."""
    for home in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        state = home.stat()
        if state.st_uid != os.geteuid() or time.time() - state.st_mtime < ABANDONED_AFTER_SECONDS:
            continue
        if Embedded(home).end_orphans():
            shutil.rmtree(home, ignore_errors=True)
