"""Rules and the weights in the source together: cysts are told from ground glass, a clean chest stays nearly clean."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from quant.engine import recognise, textured
from quant.engine.errors import UnusableInput
from quant.engine.patterns import HONEYCOMBING
from quant.training.patterns import judge
from quant.training.patterns.scans import Clean

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


def test_other_weights_than_those_that_were_measured_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    recognise.trained.cache_clear()
    monkeypatch.setattr(recognise, "sha256", lambda _path: "0" * 64)
    with pytest.raises(UnusableInput, match="patterns"):
        recognise.trained("cpu")
    recognise.trained.cache_clear()
