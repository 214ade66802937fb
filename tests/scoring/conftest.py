"""A measured phantom without a worker, and a hospital's own register of score networks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pytest_django import Settings

from quant import process
from quant.engine.digest import sha256
from quant.goh import models, register, shelf
from quant.models import Quantification, Run
from quant.scoring import ask


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Which scorings were passed to the broker, which no worker reads."""
    passed: list[int] = []

    def send(pk: int) -> bool:
        passed.append(pk)
        return True

    monkeypatch.setattr(ask, "send", send)
    return passed


@pytest.fixture
def measured(run: Run, settings: Settings) -> Quantification:
    """A phantom through the real engine, with its label maps in the store."""
    settings.DICOM_OBJECTS = False
    assert process.process(run.pk, "here/1").status == "done"
    return Quantification.objects.get()


@pytest.fixture
def shelf_folder(tmp_path: Path) -> Path:
    """A register that holds goh_scores "ours-1": a copy of the shipped weights under a name of its own."""
    folder = tmp_path / "models"
    folder.mkdir()
    file = shutil.copy(models.MODELS[shelf.NAME].path, folder / "ours-1.safetensors")
    register.add(folder, register.Trained(shelf.NAME, "ours-1", "ours-1.safetensors", sha256(Path(file))))
    return folder
