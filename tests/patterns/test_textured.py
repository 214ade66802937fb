"""Rules and the weights in the source together: cysts are told from ground glass, a clean chest stays nearly clean."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from quant.engine import recognise, shipped, textured
from quant.engine.errors import UnusableInput
from quant.engine.morphology import bounding_box
from quant.engine.patterns import HONEYCOMBING, RETICULATION
from quant.engine.run import quantify
from quant.engine.volume import load_dicom
from quant.training.patterns import judge
from quant.training.patterns.scans import Clean
from tests.engine import files
from tests.phantom import Chest

CPU = torch.device("cpu")


def test_cysts_are_named_and_little_else_where_there_is_nothing(clean_chest: Clean) -> None:
    for case in judge.cases(clean_chest, 5, ("clean", "honeycombing")):
        found = textured.find(case.hu, case.lung, case.voxel_mm, CPU).labels
        assert not found[~case.lung].any()
        if case.name == "clean":
            assert np.count_nonzero(found) < 0.05 * np.count_nonzero(case.lung)
        else:
            ours, truth = found == HONEYCOMBING, case.truth == HONEYCOMBING
            assert 2 * np.count_nonzero(ours & truth) > 0.4 * (np.count_nonzero(ours) + np.count_nonzero(truth))


def test_fibrosis_of_known_extent_is_measured_twice_alike(tmp_path: Path, body: Chest, clean_chest: Clean) -> None:
    """From DICOM files to the document, as a user meets it; the drawing is not that of the training."""
    case = next(judge.cases(clean_chest, 5, ("fibrosis",)))
    hu = body.hu.copy()
    hu[bounding_box(clean_chest.lung, (0, 2, 2))] = case.hu
    folder = files.write(tmp_path, replace(body, hu=hu))
    one, other = (quantify(load_dicom(folder), device="cpu") for _ in range(2))
    told = one.document
    # By what is asked of the engine: Dice of honeycombing 0.40, nothing invented beyond 3 points.
    box = bounding_box(clean_chest.lung, (0, 2, 2))
    ours, truth = one.patterns[box] == HONEYCOMBING, case.truth == HONEYCOMBING
    assert 2 * np.count_nonzero(ours & truth) > 0.4 * (np.count_nonzero(ours) + np.count_nonzero(truth))
    true = 100 * np.isin(case.truth, (RETICULATION, HONEYCOMBING)).sum() / case.lung.sum()
    assert told["fibrosis_percent"] < true + 3
    # Most of a small chest of coarse pixels is fibrosis here, and a third of it is missed.
    assert true > 50
    assert 0.5 * true < told["fibrosis_percent"] < 1.05 * true
    assert told["ild_percent"] == pytest.approx(told["lesion_percent"] + told["fibrosis_percent"])
    for found in told["patterns"].values():
        assert 0 <= found["low"] <= found["percent"] <= found["high"] <= 100
    assert np.array_equal(one.patterns, other.patterns)
    assert (told["patterns"], told["lobes"]) == (other.document["patterns"], other.document["lobes"])


def test_other_weights_than_those_that_were_measured_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    recognise.trained.cache_clear()
    (tmp_path / "patterns.safetensors").write_bytes(shipped.weights("patterns").read_bytes()[:-1] + b"x")
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    with pytest.raises(UnusableInput, match="patterns"):
        recognise.trained("cpu")
    recognise.trained.cache_clear()
