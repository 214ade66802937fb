"""One server as a direct child: started, adopted when an earlier supervisor was killed, stopped, revived."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path

from ildportal.embedded.places import EmbeddedError, Places

START_SECONDS = 60.0  # covers crash recovery of a small database
STOP_SECONDS = 30.0
PAUSE = 0.02
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}  # the user's PG* variables must not reach the servers


class Service(ABC):
    """Liveness is a connection, never "the process exists": process 1 in a container may leave the dead."""

    name: str
    stop_signal: signal.Signals
    hard_signal: signal.Signals

    def __init__(self, places: Places, folder: str, socket_name: str, durable: bool) -> None:
        self.places = places
        self.data = places.services / folder
        self.socket = places.sockets / socket_name
        self.log = places.logs / f"{folder}.log"
        self.durable = durable
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def pid_file(self) -> Path:
        """Holds the server's process id on its first line; the server removes it as its last act."""

    @abstractmethod
    def prepare(self) -> None:
        """Creates what the first start needs."""

    @abstractmethod
    def command(self) -> list[str]:
        """The server's command line."""

    @abstractmethod
    def answers(self) -> bool:
        """True when the server takes work."""

    def start(self) -> None:
        """Returns once the server answers; adopts one that runs already; EmbeddedError when it cannot be."""
        self.prepare()
        deadline = time.monotonic() + START_SECONDS
        self._process = None
        while not self.answers():
            # Something that listens without answering is starting or stopping: it settles by itself.
            if not self.listens() and (self._process is None or self._process.poll() is not None):
                self._give_up_if(self._process is not None and not self._may_retry())
                self._process = self._launch()
            self._give_up_if(time.monotonic() > deadline)
            time.sleep(PAUSE)

    def listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    def fallen(self) -> bool:
        """True when this server died; asks our own child first, which costs nothing."""
        if self._process is not None:
            return self._process.poll() is not None
        return not self.listens()

    def stop(self) -> None:
        """Asks the server to end, waits, and insists when it does not."""
        if self._process is None:
            self._stop_orphan()
            return
        for wish in (self.stop_signal, self.hard_signal, signal.SIGKILL):
            self._process.send_signal(wish)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
                break
        self._process = None

    def written_pid(self) -> int | None:
        try:
            return int(self.pid_file.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def works_here(self, pid: int) -> bool:
        """True when this living process works in our data folder; only Linux can tell, elsewhere False."""
        try:
            return Path(f"/proc/{pid}/cwd").readlink() == self.data.resolve()
        except OSError:
            return False

    def _launch(self) -> subprocess.Popen[bytes]:
        if self._deaf_pid() is not None:
            self._stop_orphan()
        with self.log.open("ab") as log:
            return self._popen(self.command(), log.fileno())

    def _popen(self, command: list[str], output: int) -> subprocess.Popen[bytes]:
        """Starts a program as the servers' account, in a session of its own: Ctrl-C is ours to handle."""
        account = self.places.account
        groups: list[int] | None = None if account.uid is None else []
        try:
            return subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=ENVIRONMENT,
                user=account.uid,
                group=account.gid,
                extra_groups=groups,
                umask=0o077,
                start_new_session=True,
            )
        except OSError as error:
            raise EmbeddedError(f"{command[0]} cannot be run ({error.strerror})") from None

    def _deaf_pid(self) -> int | None:
        """An old server that lost its socket file, so that nobody can reach it."""
        pid = self.written_pid()
        return pid if pid is not None and not self.listens() and self.works_here(pid) else None

    def _stop_orphan(self) -> None:
        """Ends a server that is not our child: its id is in its own file, its end is that file's removal."""
        pid = self.written_pid()
        if pid is None or not (self.listens() or self.works_here(pid)):
            return
        for wish in (self.stop_signal, self.hard_signal, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, wish)
            deadline = time.monotonic() + STOP_SECONDS
            while self.listens() or self.works_here(pid):
                if time.monotonic() > deadline:
                    break
                time.sleep(PAUSE)
            else:
                return
        raise EmbeddedError(f"{self.name} (process {pid}) does not stop: end it by hand")

    def _may_retry(self) -> bool:
        return False

    def last_words(self) -> str:
        """The last line of the log that is not routine."""
        lines = self.log.read_text(errors="replace").splitlines()[-40:] if self.log.exists() else []
        grave = [line for line in lines if "FATAL" in line or "PANIC" in line or "#" in line]
        return (grave or lines or ["no message"])[-1].strip()

    def _give_up_if(self, hopeless: bool) -> None:
        if hopeless:
            self.stop()
            raise EmbeddedError(f"{self.name} does not start ({self.last_words()}): see {self.log}")
