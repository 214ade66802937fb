"""The embedded services come back after kill -9, whoever was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ildportal.embedded import Embedded
from tests.house.test_embedded import read, write
from tests.workers import REPOSITORY


def server_pid(services: Embedded, file: str) -> int:
    return int((services.places.services / file).read_text().split()[0])


def postgres_pid(services: Embedded) -> int:
    return server_pid(services, "postgres/postmaster.pid")


@pytest.fixture
def orphans(home: Path) -> Iterator[Embedded]:
    """Servers whose keeper was killed, with something in them."""
    keeper = subprocess.Popen(
        [sys.executable, "-m", "ildportal.embedded", "--home", str(home)], cwd=REPOSITORY, stdout=subprocess.PIPE
    )
    assert keeper.stdout is not None
    keeper.stdout.readline()
    services = Embedded(home)
    write(services)
    keeper.kill()
    keeper.wait()
    yield services
    keeper.stdout.close()


def test_orphaned_servers_are_adopted_and_then_stopped(orphans: Embedded) -> None:
    before = postgres_pid(orphans)
    with orphans as services:
        assert not services.reused
        assert postgres_pid(services) == before
        assert read(services) == ("ä", "message")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(orphans.database_url)


@pytest.mark.parametrize("file", ["postgres/postmaster.pid", "valkey/valkey.pid"])
def test_a_server_killed_with_its_keeper_starts_again(orphans: Embedded, file: str) -> None:
    os.kill(server_pid(orphans, file), signal.SIGKILL)
    with orphans as services:
        assert read(services) == ("ä", "message")


@pytest.mark.parametrize("file", ["postgres/postmaster.pid", "valkey/valkey.pid"])
def test_a_server_killed_alone_is_revived(home: Path, file: str) -> None:
    with Embedded(home) as services:
        write(services)
        before = server_pid(services, file)
        os.kill(before, signal.SIGKILL)
        deadline = time.monotonic() + 5
        while server_pid(services, file) == before and time.monotonic() < deadline:
            services.revive()
        assert read(services) == ("ä", "message")


def test_a_process_id_that_now_belongs_to_another_is_no_obstacle(orphans: Embedded) -> None:
    os.kill(postgres_pid(orphans), signal.SIGKILL)
    account = orphans.places.account
    other = subprocess.Popen(["sleep", "60"], user=account.uid, group=account.gid)
    for name in ("postgres/postmaster.pid", ".s.PGSQL.5432.lock"):
        lock = orphans.places.services / name
        rest = lock.read_text().partition("\n")[2]
        lock.write_text(f"{other.pid}\n{rest}")
    with orphans as services:
        assert read(services) == ("ä", "message")
    assert other.poll() is None
    other.kill()
    other.wait()


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="finding a server without its socket needs /proc")
def test_a_server_that_lost_its_socket_is_replaced(orphans: Embedded) -> None:
    before = postgres_pid(orphans)
    for socket in (".s.PGSQL.5432", "valkey.sock"):
        (orphans.places.services / socket).unlink()
    with orphans as services:
        assert postgres_pid(services) != before
        assert read(services) == ("ä", "message")


def test_a_half_made_cluster_is_made_again(home: Path) -> None:
    services = Embedded(home, durable=False)
    draft = services.places.services / "postgres.draft"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    services.places.account.own(services.places.services)
    with services:
        write(services)
        assert not draft.exists()
