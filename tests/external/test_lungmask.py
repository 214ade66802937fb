"""lungmask's own network and inference, with weights made here that tell lungs by their density."""

from __future__ import annotations

import hashlib
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command
from scipy import ndimage

from quant.engine.arrays import Labels
from quant.engine.errors import UnusableInput
from quant.engine.external import lungmask
from quant.engine.external.lungmask import Lungmask
from quant.engine.volume import Volume
from tests.external.networks import lungmask_weights


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Lungmask:
    return Lungmask("R231", lungmask_weights(tmp_path_factory.mktemp("weights") / "unet_r231.pth"))


def test_lungs_come_back_on_the_grid_of_the_scan(made: Lungmask, volume: Volume, drawn: Labels) -> None:
    found = made.segment(volume, torch.device("cpu"))
    assert found.lobes is None
    assert found.lungs is not None
    for value in (1, 2):
        ours, truth = found.lungs == value, drawn == value
        assert not (truth & ~ours).any()
        # The network sees slices of 256 x 256, so a border may be a voxel off; the skin is as dense as a lung there.
        near = ndimage.binary_dilation(truth, np.ones((1, 3, 3), bool))
        deep = ndimage.binary_erosion(volume.hu > -990, np.ones((1, 9, 9), bool))
        assert not (ours & deep & ~near).any()
    assert np.isin(found.lungs, (0, 1, 2)).all()


def test_its_weights_and_version_are_named(made: Lungmask) -> None:
    assert made.weights() == {"unet_r231.pth": hashlib.sha256(made.file.read_bytes()).hexdigest()}
    assert made.name == "lungmask-R231"
    assert made.version.split(".")[0] == "0"


def test_weights_are_never_fetched_unasked(volume: Volume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetched(*_: object, **__: object) -> None:
        raise AssertionError("somebody fetched weights")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fetched)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    engine = lungmask.make("")
    assert engine.file.name == "unet_r231-d5d2fc3d.pth"
    with pytest.raises(UnusableInput, match=r"are not here; fetch them: manage\.py engine_weights lungmask --yes"):
        engine.segment(volume, torch.device("cpu"))
    with pytest.raises(UnusableInput, match="are not here"):
        engine.weights()


def test_the_command_says_what_it_would_fetch_and_fetches_when_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def fetched(model: str) -> None:
        asked.append(model)
        (tmp_path / "checkpoints").mkdir()
        (tmp_path / "checkpoints" / "unet_r231-d5d2fc3d.pth").write_bytes(b"weights")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr("lungmask.mask.get_model", fetched)
    with pytest.raises(CommandError, match=r"would be fetched from https://github\.com/JoHof/.*: add --yes"):
        call_command("engine_weights", "lungmask")
    assert asked == []
    out = StringIO()
    call_command("engine_weights", "lungmask", "--yes", stdout=out)
    assert asked == ["R231"]
    assert hashlib.sha256(b"weights").hexdigest() in out.getvalue()
    out = StringIO()
    call_command("engine_weights", "lungmask", "--yes", stdout=out)
    assert "already here" in out.getvalue()
    assert asked == ["R231"]
    with pytest.raises(CommandError, match="lungmask has no model 'R999'"):
        call_command("engine_weights", "lungmask", "--model", "R999")
