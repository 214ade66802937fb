"""A page may import this package: what is slow to load is loaded when something is computed."""

from __future__ import annotations

import subprocess
import sys

from tests.workers import REPOSITORY


def test_nothing_slow_is_loaded_and_no_django() -> None:
    script = (
        "import sys\n"
        "from patients.trajectory import coverage, decline, followed, forecast, kept, mixed, shapes, slopes\n"
        "print(*[name for name in ('django', 'pandas', 'scipy', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
