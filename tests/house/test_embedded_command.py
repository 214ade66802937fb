"""`python -m ildportal.embedded COMMAND` is transparent: environment, signals and exit status pass through."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from ildportal import embedded
from tests.workers import REPOSITORY


def start(home: Path, *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ildportal.embedded", "--home", str(home), *command],
        cwd=REPOSITORY,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_the_command_gets_both_addresses_and_gives_its_status(home: Path) -> None:
    script = "import os, sys; print(os.environ['DATABASE_URL'], os.environ['CELERY_BROKER_URL']); sys.exit(7)"
    process = start(home, sys.executable, "-c", script)
    output, _ = process.communicate(timeout=60)
    assert output.split() == [embedded.database_url(home), embedded.broker_url(home)]
    assert process.returncode == 7


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_reach_the_command(home: Path, number: signal.Signals) -> None:
    script = (
        "import signal, sys, time\n"
        f"signal.signal({number.value}, lambda *_: sys.exit(9))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    process = start(home, sys.executable, "-c", script)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 9
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(embedded.database_url(home))


def test_commands_that_start_at_the_same_time_share_the_servers(home: Path) -> None:
    script = "import os, psycopg; print(psycopg.connect(os.environ['DATABASE_URL']).execute('SELECT 1').fetchone())"
    together = [start(home, sys.executable, "-c", script) for _ in range(4)]
    outputs = [process.communicate(timeout=90) for process in together]
    assert outputs == [("(1,)\n", "")] * 4
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(embedded.database_url(home))


def test_without_a_command_it_serves_until_told_to_end(home: Path) -> None:
    process = start(home)
    assert process.stdout is not None
    assert process.stdout.readline() == f"DATABASE_URL={embedded.database_url(home)}\n"
    psycopg.connect(embedded.database_url(home)).close()
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_a_command_that_is_not_there_is_one_line_and_status_2(home: Path) -> None:
    process = start(home, "no-such-program")
    _, errors = process.communicate(timeout=60)
    # A folder on the PATH that this user may not enter changes the reason, not the line.
    assert re.fullmatch(r"embedded: no-such-program cannot be run \([A-Z][a-z ]+\)\n", errors), errors
    assert process.returncode == 2
