"""Locks that the kernel lets go of when their holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class Lock:
    """One lock file; taken alone or shared with others."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        return self._descriptor is not None

    def take(self) -> bool:
        """Alone, at once or not at all; False when anybody else holds it."""
        return self._take(fcntl.LOCK_EX | fcntl.LOCK_NB)

    def share(self) -> None:
        """With others; waits while somebody holds it alone."""
        self._take(fcntl.LOCK_SH)

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _take(self, operation: int) -> bool:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, operation)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True
