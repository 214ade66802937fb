"""Both servers of one home: one process keeps them at a time, the last to leave stops them."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from types import TracebackType

from ildportal.embedded import places
from ildportal.embedded.locks import Lock
from ildportal.embedded.places import EmbeddedError
from ildportal.embedded.postgres import Postgres
from ildportal.embedded.service import PAUSE, START_SECONDS, Service
from ildportal.embedded.valkey import Valkey

LEAST_FREE_BYTES = 200 * 1024**2


class Embedded:
    """PostgreSQL and Valkey of one home, as a context manager.

    home: None for `default_home()`. durable=False gives up safety against power loss (not against kill -9)
    for speed: for tests. If another process keeps the servers of this home, they are used and left running.
    """

    def __init__(self, home: Path | None = None, *, durable: bool = True) -> None:
        self.home = (home or places.default_home()).absolute()
        self.database_url = places.database_url(self.home)
        self.broker_url = places.broker_url(self.home)
        self.places = places.places(self.home)
        self._services: tuple[Service, ...] = (Postgres(self.places, durable), Valkey(self.places, durable))
        self._keeper = Lock(self.places.logs / "keeper.lock")
        self._users = Lock(self.places.logs / "users.lock")

    @property
    def reused(self) -> bool:
        """True when another process keeps the servers."""
        return not self._keeper.held

    def start(self) -> None:
        """Returns once both servers answer; EmbeddedError with one sentence when they cannot."""
        places.create(self.places)
        self._users.share()
        try:
            if self._become_keeper():
                self._refuse_full_disk()
                for service in self._services:
                    service.start()
        except BaseException:
            self.stop()
            raise

    def revive(self) -> None:
        """Starts again what died; when the keeper has left, this process becomes it."""
        if self._keeper.held or self._keeper.take():
            for service in self._services:
                if service.fallen():
                    service.start()

    def stop(self) -> None:
        """Leaves the servers; the last process to leave ends them."""
        self._users.release()
        try:
            if self._users.take() and (self._keeper.held or self._keeper.take()):
                for service in reversed(self._services):
                    service.stop()
        finally:
            self._keeper.release()
            self._users.release()

    def end_orphans(self) -> bool:
        """Ends servers whose keeper was killed; False when somebody uses them."""
        if self.places.logs.is_dir():
            if not self._users.take():
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

    def _become_keeper(self) -> bool:
        """False when another process keeps servers that answer."""
        deadline = time.monotonic() + START_SECONDS
        while not self._keeper.take():
            if all(service.answers() for service in self._services):
                return False
            if time.monotonic() > deadline:
                raise EmbeddedError(f"another process holds {self.home}, its servers do not answer: end it first")
            time.sleep(PAUSE)
        return True

    def _refuse_full_disk(self) -> None:
        free = shutil.disk_usage(self.places.services).free
        if free < LEAST_FREE_BYTES:
            raise EmbeddedError(
                f"{self.places.services} has {free // 1024**2} MB free, the database needs "
                f"{LEAST_FREE_BYTES // 1024**2} MB: free space or set ILDPORTAL_HOME"
            )
