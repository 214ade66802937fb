"""A MONAI bundle made here: its own config, network and weights, run as its maker's would be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from quant.engine.arrays import Labels
from quant.engine.errors import UnusableInput
from quant.engine.external import interface
from quant.engine.volume import Volume

CPU = torch.device("cpu")
CONFIG: dict[str, Any] = {
    "device": "$torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
    "imports": ["$import torch"],
    "network_def": {"_target_": "torch.nn.Conv3d", "in_channels": 1, "out_channels": 3, "kernel_size": 1},
    "preprocessing": {
        "_target_": "Compose",
        "transforms": [
            {"_target_": "LoadImaged", "keys": "image"},
            {"_target_": "EnsureChannelFirstd", "keys": "image"},
            {"_target_": "Orientationd", "keys": "image", "axcodes": "RAS"},
            {
                "_target_": "ScaleIntensityRanged", "keys": "image", "a_min": -1024, "a_max": 600, "b_min": 0,
                "b_max": 1, "clip": True,
            },
        ],
    },
    "inferer": {"_target_": "SlidingWindowInferer", "roi_size": [64, 64, 8], "sw_batch_size": 2, "overlap": 0.25},
    "postprocessing": {
        "_target_": "Compose",
        "transforms": [
            {
                "_target_": "Invertd", "keys": "pred", "transform": "@preprocessing", "orig_keys": "image",
                "nearest_interp": False, "to_tensor": True,
            },
            {"_target_": "AsDiscreted", "keys": "pred", "argmax": True},
            {"_target_": "SaveImaged", "keys": "pred", "output_dir": "/nowhere"},
        ],
    },
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Label 2 for the lighter lung, 1 for the denser one, by three linear scores of the density."""
    made = tmp_path / "lungs"
    (made / "configs").mkdir(parents=True)
    (made / "models").mkdir()
    (made / "configs" / "inference.json").write_text(json.dumps(CONFIG))
    (made / "configs" / "metadata.json").write_text(json.dumps({"version": "1.2.3"}))
    (made / "configs" / "ildportal.json").write_text(json.dumps({"lungs": {"2": "right", "1": "left"}}))
    network = torch.nn.Conv3d(1, 3, 1)
    with torch.no_grad():
        network.weight[:, 0, 0, 0, 0] = torch.tensor([20.0, 0.0, -20.0])
        network.bias[:] = torch.tensor([-8.0, 0.0, 3.0])  # type: ignore[index]
    torch.save(network.state_dict(), made / "models" / "model.pt")
    return made


def test_its_labels_come_back_on_the_grid_of_the_scan(folder: Path, volume: Volume, drawn: Labels) -> None:
    engine = interface.find(f"bundle:{folder}")
    found = engine.segment(volume, CPU)
    assert found.lungs is not None
    inside = volume.hu > -990
    assert np.array_equal(found.lungs[inside], drawn[inside])
    assert (engine.name, engine.version, list(engine.weights())) == ("bundle-lungs", "1.2.3", ["models/model.pt"])


def test_one_whose_prediction_stays_on_a_grid_of_its_own_is_refused(folder: Path, volume: Volume) -> None:
    config = json.loads(json.dumps(CONFIG))
    config["preprocessing"]["transforms"].append(
        {"_target_": "Spacingd", "keys": "image", "pixdim": [8, 8, 5], "mode": "bilinear"}
    )
    config["postprocessing"]["transforms"] = config["postprocessing"]["transforms"][1:2]
    (folder / "configs" / "inference.json").write_text(json.dumps(config))
    with pytest.raises(UnusableInput, match="its postprocessing must bring it back"):
        interface.find(f"bundle:{folder}").segment(volume, CPU)


def test_what_fails_in_it_is_told(folder: Path, volume: Volume) -> None:
    config = {**CONFIG, "network_def": {**CONFIG["network_def"], "out_channels": 4}}
    (folder / "configs" / "inference.json").write_text(json.dumps(config))
    with pytest.raises(UnusableInput, match=r"the bundle .* failed: .*size mismatch"):
        interface.find(f"bundle:{folder}").segment(volume, CPU)


def test_a_folder_without_weights_or_config_is_none(folder: Path) -> None:
    (folder / "models" / "model.pt").unlink()
    with pytest.raises(UnusableInput, match="is missing: fetch the bundle's weights"):
        interface.find(f"bundle:{folder}")
    with pytest.raises(UnusableInput, match="needs the folder of a MONAI bundle"):
        interface.find("bundle:/nowhere")
