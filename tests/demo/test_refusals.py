"""What the demonstration refuses, each in one sentence with the way out and exit code 2."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ildportal.demo import preflight
from tests.workers import REPOSITORY


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_named_with_another_to_try(taken: int, tmp_path: Path) -> None:
    code, sentence = demo("--port", str(taken), "--home", str(tmp_path / "home"))
    assert code == 2
    assert sentence == f"demo: port {taken} is taken by another program: choose another, make demo PORT={taken + 1}"
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("wanted", ["many", "0", "70000", "-1", ""])
def test_a_port_that_is_none(wanted: str) -> None:
    with pytest.raises(preflight.Refused, match="is no port: choose a number"):
        preflight.port(wanted)


def test_scans_that_are_not_there(tmp_path: Path) -> None:
    code, sentence = demo("--port", str(free()), "--home", str(tmp_path), "--ct", "/no/such/scans")
    assert code == 2
    assert sentence == "demo: CT=/no/such/scans: no such file or folder, name the folder or zip that holds your scans"


def test_a_full_disk_is_noticed_before_anything_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=300 * 1024**2))
    with pytest.raises(preflight.Refused, match=r"300 MB free, the demo needs 1500 MB: free space"):
        preflight.space(tmp_path / "not" / "made" / "yet")
    assert not list(tmp_path.iterdir())


def test_no_room_for_the_packages(tmp_path: Path) -> None:
    """scripts/demo.sh in a folder without .venv, on a disk that says it is nearly full."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(REPOSITORY / "scripts" / "demo.sh", tmp_path / "scripts")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "df").write_text("#!/bin/sh\necho 'Filesystem 1024-blocks Used Available'\necho 'disk 9 9 204800 1% /'\n")
    (tools / "df").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    done = subprocess.run(
        [tmp_path / "scripts" / "demo.sh"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"demo: {tmp_path.resolve()} has 200 MB free, the packages need 4000 MB: free space, or work on another disk"
    ]


def test_the_command_keeps_off_other_peoples_servers() -> None:
    environment = {**os.environ, "DATABASE_URL": "postgresql://someone@127.0.0.1:1/hospital"}
    done = subprocess.run(
        [sys.executable, "manage.py", "demo"],
        cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "DATABASE_URL names a database server" in done.stderr
    assert "--force" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def demo(*arguments: str) -> tuple[int, str]:
    """Exit code and standard error of `python -m ildportal.demo`, DATABASE_URL not set."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-m", "ildportal.demo", *arguments],
        cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr.strip()


def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
    return found
