"""Nothing is left running: after the end, after a fault, after kill -9."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ildportal.demo.processes import Ended, Processes
from tests.workers import REPOSITORY

PARENT = """
import sys, time
from pathlib import Path
from ildportal.demo.processes import Processes
with Processes(Path(sys.argv[1])) as processes:
    processes.start("sleeper", "timeit", "-n1", "-r1", "import time; time.sleep(600)")
    print(processes.pids()["sleeper"], flush=True)
    processes.watch()
"""


def test_all_end_with_the_block(tmp_path: Path) -> None:
    with Processes(tmp_path / "logs") as processes:
        processes.start("sleeper", "timeit", "-n1", "-r1", "import time; time.sleep(600)")
        pid = processes.pids()["sleeper"]
        processes.look()
        assert alive(pid)
    assert not alive(pid)


def test_one_that_ends_by_itself_is_named_with_its_log(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        processes.start("broken", "no_such_module_at_all")
        with pytest.raises(Ended) as caught:
            processes.watch()
    assert caught.value.name == "broken"
    assert "no_such_module_at_all" in caught.value.log.read_text()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_demo_takes_its_children_along(how: signal.Signals, tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert parent.stdout is not None
    with parent.stdout:
        child = int(parent.stdout.readline())
    assert alive(child)
    parent.send_signal(how)
    parent.wait()
    deadline = time.monotonic() + 20
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(child)


def alive(pid: int) -> bool:
    """True for a process that still runs: one that ended and nobody waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
