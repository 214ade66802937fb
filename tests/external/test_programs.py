"""TotalSegmentator and nnU-Net as they are called: programs of ours stand in their place and check how.

Neither real program is run here; its command line is what its own documentation says.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from quant.engine.arrays import Labels
from quant.engine.errors import UnusableInput
from quant.engine.external import interface, program
from quant.engine.external.nnunet import CHECKPOINT
from quant.engine.volume import Volume
from tests.external.programs import (
    NNUNET,
    TOTALSEGMENTATOR,
    asked,
    model_folder,
    stand_in,
    told,
    totalsegmentator_weights,
)

CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder of nnU-Net with two folds."""
    return model_folder(tmp_path)


@pytest.fixture(autouse=True)
def _weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOTALSEG_WEIGHTS_PATH", str(totalsegmentator_weights(tmp_path / "results")))


def test_totalsegmentator_is_asked_for_the_five_lobes(
    volume: Volume, drawn: Labels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = stand_in(tmp_path / "ts", TOTALSEGMENTATOR)
    monkeypatch.setenv("ILDPORTAL_TOTALSEGMENTATOR", str(tool))
    engine = interface.find("totalsegmentator")
    assert engine.version == "2.4.0"
    assert [name.split("_")[0] for name in engine.weights()] == ["Dataset291", "Dataset298"]
    found = engine.segment(volume, CPU)
    assert found.lungs is None
    assert found.lobes is not None
    assert np.array_equal(found.lobes > 0, drawn > 0)
    top = volume.hu.shape[0] - 1
    assert set(np.unique(found.lobes[top])) == {0, 1, 4}, "head first in the file, head last here"
    assert set(np.unique(found.lobes[0])) == {0, 3, 5}
    words = asked(tool)
    assert words[4:8] == ["--device", "cpu", "--task", "total"]
    assert words[8] == "--roi_subset"
    assert len(words[9:]) == 5
    assert told(tool)["send_usage_stats"] is False


def test_totalsegmentator_is_not_started_where_it_would_fetch_weights(
    volume: Volume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = stand_in(tmp_path / "ts", TOTALSEGMENTATOR)
    monkeypatch.setenv("ILDPORTAL_TOTALSEGMENTATOR", str(tool))
    for one in (tmp_path / "results").glob("Dataset29[58]_*/*/*/*"):
        one.unlink()
    engine = interface.find("totalsegmentator")
    with pytest.raises(UnusableInput, match=r"weights 295, 298 are not in .*: totalseg_download_weights -t total"):
        engine.segment(volume, CPU)
    with pytest.raises(UnusableInput, match="are not in"):
        engine.weights()
    assert not tool.with_suffix(".asked").exists()


def test_nnunet_is_given_its_folder_and_its_folds(
    volume: Volume, drawn: Labels, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = stand_in(tmp_path / "nn", NNUNET)
    monkeypatch.setenv("ILDPORTAL_NNUNET", str(tool))
    engine = interface.find(f"nnunet:{folder}")
    found = engine.segment(volume, CPU)
    assert found.lungs is not None
    assert np.array_equal(found.lungs, drawn)
    words = asked(tool)
    assert words[4:] == ["-m", str(folder), "-f", "0", "1", "-device", "cpu", "-chk", CHECKPOINT]
    assert engine.name == "nnunet-Dataset501_Lungs"
    assert set(engine.weights()) == {f"fold_0/{CHECKPOINT}", f"fold_1/{CHECKPOINT}"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("sys.exit('no licence / for this')", "ts ended with status 1: no licence / for this"),
        ("", "left no readable lung_upper_lobe_right.nii.gz"),
        (TOTALSEGMENTATOR.replace("scan.affine", "np.eye(4)"), "is on another grid than the scan"),
        (TOTALSEGMENTATOR.replace("mask.astype", "(mask & False).astype"), "found no lobe of a lung"),
    ],
)
def test_a_program_that_fails_says_why(
    volume: Volume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, words: str
) -> None:
    monkeypatch.setenv("ILDPORTAL_TOTALSEGMENTATOR", str(stand_in(tmp_path / "ts", body)))
    with pytest.raises(UnusableInput, match=words):
        interface.find("totalsegmentator").segment(volume, CPU)


def test_a_program_that_does_not_end_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="did not end within 0 s and was stopped"):
        program.run([str(stand_in(tmp_path / "ts", "import time; time.sleep(60)")), "-i", "x", "-o", "y"], seconds=0.2)


def test_a_program_that_is_not_there_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ILDPORTAL_TOTALSEGMENTATOR", "/nowhere/TotalSegmentator")
    with pytest.raises(UnusableInput, match="/nowhere/TotalSegmentator is not installed here: set ILDPORTAL_TOTAL"):
        interface.find("totalsegmentator")


def test_a_folder_without_checkpoints_is_no_model(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ILDPORTAL_NNUNET", str(stand_in(tmp_path / "nn", NNUNET)))
    for one in folder.glob("fold_*/*"):
        one.unlink()
    with pytest.raises(UnusableInput, match="holds no fold_"):
        interface.find(f"nnunet:{folder}")
    with pytest.raises(UnusableInput, match="needs a model folder after its colon"):
        interface.find("nnunet")
