"""Weights made by hand, in networks of others, that tell by density: the right lung is 1, the left lung 2, the rest 0.

The right lung of these scans lies at about -860 HU, the left one at about -700 HU. Densities are rescaled from
-1024..600 HU to 0..1 first: the right lung between 0.05 and 0.15, the left lung between there and 0.4.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from lungmask.resunet import UNet

# Two tents over the rescaled density, a slope that breaks at each peak; label 0 scores nothing.
PEAKS = (0.1, 0.275)
RISE = ((20.0, -40.0, 0.0), (10.0, 0.0, -20.0))
START = (-1.0, -1.5)

BUNDLE: dict[str, Any] = {
    "device": "$torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
    "imports": ["$import torch"],
    "network_def": "$torch.nn.Sequential(torch.nn.Conv3d(1, 3, 1), torch.nn.ReLU(), torch.nn.Conv3d(3, 3, 1))",
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
            {"_target_": "KeepLargestConnectedComponentd", "keys": "pred", "applied_labels": [1, 2]},
            {"_target_": "SaveImaged", "keys": "pred", "output_dir": "/nowhere"},
        ],
    },
}  # fmt: skip


def lungmask_weights(path: Path, width: int = 6) -> Path:
    """Of lungmask's own network: all is 0 but one way through, from the pixel itself to the scores.

    Its first layer has 2 ** `width` channels, 6 in lungmask itself; fewer are faster.
    """
    shape = {"padding": True, "depth": 5, "up_mode": "upsample", "batch_norm": True, "residual": False}
    network: Any = UNet(n_classes=3, wf=width, **shape)
    state = {name: torch.zeros_like(value) for name, value in network.state_dict().items()}
    for name in state:
        if name.endswith("running_var") or (".block.2.weight" in name or ".block.5.weight" in name):
            state[name] += 1
    up, down = "up_path.3.conv_block.block", "down_path.0.block"
    state[f"{down}.0.weight"][:3, 0, 1, 1] = 1
    state[f"{down}.0.bias"][1:3] = -torch.tensor(PEAKS)
    for channel in range(3):
        for way, source in ((f"{down}.3", channel), (f"{up}.0", 2**width + channel), (f"{up}.3", channel)):
            state[f"{way}.weight"][channel, source, 1, 1] = 1
    state["last.weight"][1:, :3, 0, 0] = torch.tensor(RISE)
    state["last.bias"][1:] = torch.tensor(START)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, path)
    return path


def bundle(folder: Path, meaning: dict[str, dict[str, str]], config: dict[str, Any] = BUNDLE) -> Path:
    """A MONAI bundle as its maker would leave it, with what its labels 1 and 2 mean."""
    (folder / "configs").mkdir(parents=True)
    (folder / "models").mkdir()
    (folder / "configs" / "inference.json").write_text(json.dumps(config))
    (folder / "configs" / "metadata.json").write_text(json.dumps({"version": "1.2.3"}))
    (folder / "configs" / "ildportal.json").write_text(json.dumps(meaning))
    network = torch.nn.Sequential(torch.nn.Conv3d(1, 3, 1), torch.nn.ReLU(), torch.nn.Conv3d(3, 3, 1))
    state = {name: torch.zeros_like(value) for name, value in network.state_dict().items()}
    state["0.weight"][:, 0, 0, 0, 0] = 1
    state["0.bias"][1:] = -torch.tensor(PEAKS)
    state["2.weight"][1:, :, 0, 0, 0] = torch.tensor(RISE)
    state["2.bias"][1:] = torch.tensor(START)
    torch.save(state, folder / "models" / "model.pt")
    return folder
