"""A real Celery worker process on the test database and broker, to be killed as tests please."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import psycopg.conninfo
import redis
from django.db import connection

from ildportal.celery import app
from ildportal.embedded import Embedded

REPOSITORY = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0
STOP_SECONDS = 30.0

StartWorker = Callable[..., "Worker"]


class Worker:
    """`python -m celery -A ildportal worker -Q QUEUE -P prefork -c 1`, started and answering ping."""

    def __init__(self, folder: Path, queue: str = "quantify", **environment: str) -> None:
        self.name = f"test-{uuid4().hex[:8]}@localhost"
        self.log_path = folder / f"{self.name}.log"
        flags = ["-Q", queue, "-P", "prefork", "-c", "1", "-n", self.name, "-l", "INFO"]
        with self.log_path.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "ildportal", "worker", *flags],
                cwd=REPOSITORY,
                env={**os.environ, "DATABASE_URL": address_of_test_database(), **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait_for_ping()

    @property
    def pid(self) -> int:
        return self._process.pid

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def child_pids(self) -> list[int]:
        """The processes that do the work, as the kernel lists them."""
        listed = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]

    def stop(self) -> None:
        """Lets the task at hand end; kills the worker when that takes longer than STOP_SECONDS."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """SIGKILL to the worker and its children at once, as when the power fails."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def _wait_for_ping(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not app.control.ping(destination=[self.name], timeout=0.5):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the worker did not start:\n{self.log()}")


def address_of_test_database() -> str:
    """The libpq URL of the database that Django made for this session."""
    parts = psycopg.conninfo.conninfo_to_dict(os.environ["DATABASE_URL"])
    parts["dbname"] = connection.settings_dict["NAME"]
    return f"postgresql:///?{urlencode(parts)}"


def empty_broker(own: Embedded | None) -> None:
    """Forgets every message of earlier tests; on our own broker also those a killed worker left unacknowledged."""
    app.control.purge()
    if own is not None:
        with redis.Redis(unix_socket_path=str(own.places.sockets / "valkey.sock")) as client:
            client.flushall()
