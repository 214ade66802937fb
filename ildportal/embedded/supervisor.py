"""Both servers of one home, kept by one process at a time."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from pathlib import Path
from types import TracebackType

from ildportal.embedded import places
from ildportal.embedded.places import EmbeddedError
from ildportal.embedded.postgres import Postgres
from ildportal.embedded.service import PAUSE, START_SECONDS, Service
from ildportal.embedded.valkey import Valkey

LEAST_FREE_BYTES = 200 * 1024**2


class Embedded:
    """PostgreSQL and Valkey of one home, as a context manager.

    home: None for `default_home()`. durable=False gives up safety against power loss (not against kill -9)
    for speed: for tests. If another process serves the home already, its servers are used and left running.
    """

    def __init__(self, home: Path | None = None, *, durable: bool = True) -> None:
        self.home = (home or places.default_home()).absolute()
        self.database_url = places.database_url(self.home)
        self.broker_url = places.broker_url(self.home)
        self.places = places.places(self.home)
        self._services: tuple[Service, ...] = (Postgres(self.places, durable), Valkey(self.places, durable))
        self._lock: int | None = None

    @property
    def reused(self) -> bool:
        """True when another process keeps the servers."""
        return self._lock is None

    def start(self) -> None:
        """Returns once both servers answer; EmbeddedError with one sentence when they cannot."""
        places.create(self.places)
        deadline = time.monotonic() + START_SECONDS
        while not self._take_lock():
            if all(service.answers() for service in self._services):
                return
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"another process holds {self.home}, its servers do not answer: end it first"
                )
            time.sleep(PAUSE)
        try:
            self._refuse_full_disk()
            self._start_all()
        except BaseException:
            self.stop()
            raise

    def revive(self) -> None:
        """Starts again what died; only the process that keeps the servers does it."""
        if self._lock is not None:
            for service in self._services:
                if service.fallen():
                    service.start()

    def stop(self) -> None:
        """Ends both servers if this process keeps them."""
        if self._lock is None:
            return
        try:
            for service in reversed(self._services):
                service.stop()
        finally:
            os.close(self._lock)
            self._lock = None

    def end_orphans(self) -> bool:
        """Ends servers whose keeper was killed; False when somebody keeps them."""
        if self.places.logs.is_dir():
            if not self._take_lock():
                return False
            self.stop()
        return True

    def __enter__(self) -> Embedded:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_all(self) -> None:
        for service in self._services:
            service.start()

    def _take_lock(self) -> bool:
        """The kernel lets go of this lock when its holder dies, however it dies."""
        descriptor = os.open(self.places.logs / "keeper.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._lock = descriptor
        return True

    def _refuse_full_disk(self) -> None:
        free = shutil.disk_usage(self.places.services).free
        if free < LEAST_FREE_BYTES:
            raise EmbeddedError(
                f"{self.places.services} has {free // 1024**2} MB free, the database needs "
                f"{LEAST_FREE_BYTES // 1024**2} MB: free space or set ILDPORTAL_HOME"
            )
