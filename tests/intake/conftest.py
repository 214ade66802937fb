"""A storage of its own for each test, and the two commands as a user runs them."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings


@dataclass(frozen=True)
class Answer:
    """What a command printed, its exit code, and its one line on standard error."""

    out: str
    code: int
    error: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Ask = Callable[..., Answer]


@pytest.fixture
def storage(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # Thousands of small files a session: to survive a power cut is not what is tested here.
    monkeypatch.setattr(os, "fsync", lambda _: None)
    settings.STORAGE = tmp_path / "storage"
    return tmp_path / "storage"


@pytest.fixture
def ask(storage: Path) -> Ask:
    """ask("import_dicom", folder, "--json") -> Answer"""

    def run(command: str, *arguments: object) -> Answer:
        out = io.StringIO()
        try:
            call_command(command, *map(str, arguments), stdout=out)
        except CommandError as error:
            return Answer(out.getvalue(), error.returncode, str(error))
        return Answer(out.getvalue(), 0, "")

    return run
