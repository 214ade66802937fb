"""The network that is shipped: the file of the register, quiet on healthy lungs, told from by drawn disease."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from quant.engine.errors import UnusableInput
from quant.goh import models, scores
from quant.training.phantom import Disease, Phantom, Scan, Subject, make

PERSON = Subject(seed=17, sex="M", age_years=62, height_cm=174)
SCAN = Scan(matrix=320, thickness=8.0, noise_hu=14.0)
NAME = "goh_scores"


@pytest.fixture(scope="module")
def phantoms() -> tuple[Phantom, Phantom]:
    return make(PERSON, SCAN), make(PERSON, SCAN, Disease(ground_glass=25.0, reticulation=12.0))


@pytest.fixture(scope="module")
def scorer() -> scores.Scorer:
    return scores.load(models.weights(NAME))


def told(scorer: scores.Scorer, phantom: Phantom) -> list[scores.SliceScore]:
    x, y, z = phantom.spacing_mm
    filled = np.flatnonzero((phantom.lungs > 0).sum(axis=(1, 2)) * x * y > 8000)
    places = [int(filled[round(share * (len(filled) - 1))]) for share in (0.15, 0.4, 0.6, 0.8)]
    return scorer.of_slices(phantom.hu, phantom.lungs, places, (z, y, x))


def test_disease_is_told_from_health(scorer: scores.Scorer, phantoms: tuple[Phantom, Phantom]) -> None:
    healthy, ill = (told(scorer, one) for one in phantoms)
    assert np.mean([one.tot.value for one in healthy]) < 3.0
    assert np.mean([one.tot.value for one in ill]) > 20.0
    for one in (*healthy, *ill):
        assert max(one.gg.value, one.ret.value) <= one.tot.value + 1e-6
        assert one.tot.value <= one.gg.value + one.ret.value + 1e-6
        assert one.tot.low <= one.tot.value <= one.tot.high
        assert 0.0 <= one.confidence <= 1.0


def test_half_precision_file_of_allowed_size() -> None:
    assert models.weights(NAME).stat().st_size < 16e6


def test_another_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    other = models.GohModel(NAME, "1", models.MODELS[NAME].file, "0" * 64, "docs/models/goh_scores.md")
    monkeypatch.setitem(models.MODELS, NAME, other)
    with pytest.raises(UnusableInput, match="is not the file"):
        models.weights(NAME)


def test_weights_for_slices_of_other_planes_say_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "old.safetensors"
    save_file({scores.FIRST: torch.zeros(8, 1, 4, 4)}, path, {"kind": "goh-scores", "arch": "mini"})
    with pytest.raises(ValueError, match=r"old\.safetensors was trained on slices of 1 planes.*train again"):
        scores.load(path)
