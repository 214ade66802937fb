"""The demonstration's own processes: started together, ended together, their words kept in log files."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

STOP_SECONDS = 20.0
LOOK_SECONDS = 1.0
PR_SET_PDEATHSIG = 1
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(Exception):
    """A process ended that should run on."""

    def __init__(self, name: str, log: Path) -> None:
        super().__init__(name)
        self.name, self.log = name, log


class Processes:
    """Python modules as child processes, as a context manager that leaves none behind."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, module: str, *arguments: str) -> None:
        """In a session of its own: Ctrl-C is ours to handle, and its own children can be ended with it."""
        self._logs.mkdir(parents=True, exist_ok=True)
        with self._log(name).open("ab") as log:
            self._running[name] = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def pids(self) -> dict[str, int]:
        """Their process ids by name."""
        return {name: process.pid for name, process in self._running.items()}

    def look(self) -> None:
        """Raises Ended when one of them has ended."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise Ended(name, self._log(name))

    def watch(self) -> None:
        """For ever, or until one has ended."""
        while True:
            self.look()
            time.sleep(LOOK_SECONDS)

    def __enter__(self) -> Processes:
        for number in SIGNALS:
            signal.signal(number, _interrupt)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        _deaf()
        for process in self._running.values():
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(deadline - time.monotonic(), 0.1))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _log(self, name: str) -> Path:
        return self._logs / f"demo-{name}.log"


def die_with_parent() -> None:
    """Linux ends this process with the one that started it, also after kill -9; elsewhere nothing happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _interrupt(_number: int, _frame: object) -> None:
    _deaf()
    raise KeyboardInterrupt


def _deaf() -> None:
    """A second Ctrl-C would cut the ending short and leave the rest running."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
