"""A home of its own for each test of the embedded services."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ildportal.embedded import Embedded


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that root's servers can reach too (tmp_path lets nobody else in); no server survives the test."""
    scratch = Path(tempfile.mkdtemp(prefix="ildportal-house-"))
    scratch.chmod(0o711)
    folder = scratch / "home"
    yield folder
    Embedded(folder).end_orphans()
    shutil.rmtree(scratch)
