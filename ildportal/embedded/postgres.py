"""PostgreSQL 18 on a unix socket."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql

from ildportal.embedded import binaries
from ildportal.embedded.places import PORT, EmbeddedError, Places
from ildportal.embedded.service import Service

NAME = "ildportal"
RELEASE = "18"
# builtin C.UTF-8: the same order of text on every machine, no locale to install.
LOCALE = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8"]
FAST = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]


class Postgres(Service):
    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # "fast": rolls back open transactions
    hard_signal = signal.SIGQUIT

    def __init__(self, places: Places, durable: bool) -> None:
        super().__init__(places, "postgres", f".s.PGSQL.{PORT}", durable)

    @property
    def pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    def start(self) -> None:
        super().start()
        self._create_database()

    def prepare(self) -> None:
        """Makes the cluster beside its place and renames it: one that is there is complete."""
        if self.data.exists():
            self._refuse_other_release()
            return
        draft = self.places.services / "postgres.draft"
        shutil.rmtree(draft, ignore_errors=True)
        # The socket lies in a folder only this account can enter, so a connection is proof enough: trust.
        flags = [f"--username={NAME}", "--auth=trust", *LOCALE, *([] if self.durable else ["--no-sync"])]
        initdb = self._popen([f"{binaries.postgres_folder()}/initdb", *flags, "-D", str(draft)], subprocess.PIPE)
        output = initdb.communicate()[0].decode(errors="replace").strip().splitlines()
        if initdb.returncode != 0:
            reasons = [line for line in output if "error" in line or "FATAL" in line] or output[-1:]
            shutil.rmtree(draft, ignore_errors=True)
            raise EmbeddedError(f"the database in {self.data} cannot be created ({' '.join(reasons[-1:])})")
        draft.rename(self.data)

    def command(self) -> list[str]:
        settings = [f"unix_socket_directories={self.places.sockets}", "listen_addresses=", f"port={PORT}"]
        settings += ["unix_socket_permissions=0700", "timezone=UTC", "log_timezone=UTC"]
        options = [part for setting in settings for part in ("-c", setting)]
        server = f"{binaries.postgres_folder()}/postgres"
        return [server, "-D", str(self.data), *options, *([] if self.durable else FAST)]

    def answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _launch(self) -> subprocess.Popen[bytes]:
        """PostgreSQL refuses while the id in an old lock file belongs to any process of its account.

        It ignores its own parent's id there (CreateLockFile in miscinit.c), and still looks whether the old
        server's shared memory is in use. So the id is replaced by ours; the file must not be removed.
        """
        for lock in (self.pid_file, self.socket.with_name(f"{self.socket.name}.lock")):
            if lock.exists() and self._deaf_pid() is None:
                rest = lock.read_text().partition("\n")[2]
                lock.write_text(f"{os.getpid()}\n{rest}")
        return super()._launch()

    def _may_retry(self) -> bool:
        """Backends of a killed server end within moments and then let go of its shared memory."""
        return "still in use" in self.last_words()

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        place = f"postgresql://{NAME}@/postgres"
        return psycopg.connect(place, host=str(self.places.sockets), port=PORT, connect_timeout=5, autocommit=True)

    def _create_database(self) -> None:
        with self._connect() as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))

    def _refuse_other_release(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != RELEASE:
            raise EmbeddedError(
                f"{self.data} was made by PostgreSQL {found}, this is {RELEASE}: "
                "dump it with that release, or choose another ILDPORTAL_HOME"
            )
