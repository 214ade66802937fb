"""Lungs as a network sees them, through disease too dense to tell from the chest wall by its density.

The network looks at the whole chest on a 3 mm grid: it says where the lungs are, not where exactly they end.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from quant.engine.arrays import Box, Image, Mask, Spacing
from quant.engine.morphology import bounding_box
from quant.engine.sampling import resize

if TYPE_CHECKING:
    import torch

    from quant.engine.unet import UNet

GRID_MM = 3.0
WIDTHS = (12, 24, 48, 96)
# HU windows scaled to -1..1: from air to tissue, and tissue alone, where disease and organs differ little.
WINDOWS = ((-1000.0, 100.0), (-150.0, 250.0))
RIGHT_LOBES, LEFT_LOBES = slice(1, 4), slice(4, 6)
CLASSES = 6
MARGIN_MM = 45.0
BELOW_MM = 70.0


def find(coarse: Image, lung_air: Mask, voxel_mm: Spacing, weights: Path, device: torch.device) -> Image:
    """How sure the network is of right and left lung, (2, z, y, x) 0..1, on the grid of `coarse`."""
    found = np.zeros((2, *coarse.shape), np.float32)
    box = surroundings(lung_air, voxel_mm)
    seen = shares(trained(weights, str(device)), to_grid(coarse[box], voxel_mm, device), device)
    z, y, x = coarse[box].shape
    for side in range(2):
        found[side][box] = resize(seen[side], (z, y, x), device)
    return found


def surroundings(lung_air: Mask, voxel_mm: Spacing, below_mm: float = BELOW_MM) -> Box:
    """A box around both lungs with room for parts of them that hold no air."""
    z, y, x = bounding_box(lung_air, [round(MARGIN_MM / mm) for mm in voxel_mm])
    return slice(max(0, z.start - round((below_mm - MARGIN_MM) / voxel_mm[0])), z.stop), y, x


def to_grid(coarse: Image, voxel_mm: Spacing, device: torch.device) -> Image:
    """The network's grid over the same extent."""
    z, y, x = (max(1, round(n * mm / GRID_MM)) for n, mm in zip(coarse.shape, voxel_mm, strict=True))
    return resize(coarse, (z, y, x), device)


def inputs(hu: torch.Tensor) -> torch.Tensor:
    """The windows of HU (n, 1, z, y, x) as the channels that the network takes."""
    import torch

    return torch.cat([((hu - low) / (high - low) * 2 - 1).clamp(-1, 1) for low, high in WINDOWS], 1)


def sides(logits: torch.Tensor) -> torch.Tensor:
    """Logits of outside, right and left lung from those of outside and five lobes."""
    import torch

    lungs = [logits[:, part].logsumexp(1, keepdim=True) for part in (RIGHT_LOBES, LEFT_LOBES)]
    return torch.cat([logits[:, :1], *lungs], 1)


def untrained() -> UNet:
    """The network with random weights."""
    from quant.engine.unet import UNet

    return UNet(len(WINDOWS), CLASSES, WIDTHS)


@lru_cache(maxsize=2)
def trained(path: Path, device: str) -> UNet:
    """The network with the weights of a file, kept warm."""
    import torch
    from safetensors.torch import load_file

    network = untrained()
    network.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    return network.to(torch.device(device)).eval()


def shares(network: UNet, hu: Image, device: torch.device) -> Image:
    """How sure the network is of right and left lung, (2, z, y, x) 0..1, of HU on its grid."""
    import torch

    with torch.inference_mode():
        image = torch.from_numpy(np.ascontiguousarray(hu)).to(device)[None, None]
        found = sides(network(inputs(image))).softmax(1)[0, 1:]
    seen: Image = found.float().cpu().numpy()
    return seen
