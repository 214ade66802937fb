"""A MONAI bundle made here: its own config, network and weights, run as its maker's would be."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from quant.engine.arrays import Labels
from quant.engine.errors import UnusableInput
from quant.engine.external import interface
from quant.engine.volume import Volume
from tests.external.networks import BUNDLE, bundle

CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Label 1 for the right lung, 2 for the left one."""
    return bundle(tmp_path / "lungs", {"lungs": {"1": "right", "2": "left"}})


def test_its_labels_come_back_on_the_grid_of_the_scan(folder: Path, volume: Volume, drawn: Labels) -> None:
    engine = interface.find(f"bundle:{folder}")
    found = engine.segment(volume, CPU)
    assert found.lungs is not None
    assert np.array_equal(found.lungs, drawn)
    assert (engine.name, engine.version, list(engine.weights())) == ("bundle-lungs", "1.2.3", ["models/model.pt"])


def test_one_whose_prediction_stays_on_a_grid_of_its_own_is_refused(folder: Path, volume: Volume) -> None:
    config = json.loads(json.dumps(BUNDLE))
    config["preprocessing"]["transforms"].append(
        {"_target_": "Spacingd", "keys": "image", "pixdim": [8, 8, 5], "mode": "bilinear"}
    )
    config["postprocessing"]["transforms"] = config["postprocessing"]["transforms"][1:2]
    (folder / "configs" / "inference.json").write_text(json.dumps(config))
    with pytest.raises(UnusableInput, match="its postprocessing must bring it back"):
        interface.find(f"bundle:{folder}").segment(volume, CPU)


def test_what_fails_in_it_is_told(folder: Path, volume: Volume) -> None:
    config = {**BUNDLE, "network_def": BUNDLE["network_def"].replace("Conv3d(3, 3", "Conv3d(3, 4")}
    (folder / "configs" / "inference.json").write_text(json.dumps(config))
    with pytest.raises(UnusableInput, match=r"the bundle .* failed: .*size mismatch"):
        interface.find(f"bundle:{folder}").segment(volume, CPU)


def test_a_folder_without_weights_or_config_is_none(folder: Path) -> None:
    (folder / "models" / "model.pt").unlink()
    with pytest.raises(UnusableInput, match="is missing: fetch the bundle's weights"):
        interface.find(f"bundle:{folder}")
    with pytest.raises(UnusableInput, match="needs the folder of a MONAI bundle"):
        interface.find("bundle:/nowhere")
