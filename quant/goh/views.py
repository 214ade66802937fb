"""A slice seen several ways: mirrored, turned, shifted. What the network says of each tells how sure it is."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from quant.goh.constraint import consistent
from quant.goh.networks import ScoreNet

# (mirrored, degrees, scale, shift to the left, shift down); shifts in halves of the side.
VIEWS = (
    (False, 0.0, 1.0, 0.0, 0.0),
    (True, 0.0, 1.0, 0.0, 0.0),
    (False, 14.0, 1.0, 0.0, 0.0),
    (True, -14.0, 1.0, 0.0, 0.0),
    (False, -14.0, 1.03, 0.02, 0.0),
    (True, 14.0, 0.97, 0.0, 0.02),
    (False, 0.0, 1.03, 0.04, 0.04),
    (True, 0.0, 0.97, -0.04, 0.04),
)


def moved(image: Tensor, theta: Tensor) -> Tensor:
    """Images (n, channels, y, x) through affine maps (n, 2, 3)."""
    return grid_sample(image, affine_grid(theta, list(image.shape), align_corners=False), align_corners=False)


def maps(mirrored: Tensor, radians: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Affine maps (n, 2, 3) of n views; `mirrored` is -1 or 1, `shift` (n, 2)."""
    rows = (
        torch.stack((mirrored * scale * radians.cos(), -scale * radians.sin(), shift[:, 0]), 1),
        torch.stack((mirrored * scale * radians.sin(), scale * radians.cos(), shift[:, 1]), 1),
    )
    return torch.stack(rows, 1)


def all_views(device: torch.device) -> Tensor:
    """The affine maps of VIEWS."""
    told = torch.tensor([[-1.0 if one[0] else 1.0, *one[1:]] for one in VIEWS], device=device)
    return maps(told[:, 0], told[:, 1] * (math.pi / 180.0), told[:, 2], told[:, 3:])


def seen(net: ScoreNet, image: Tensor, lung: Tensor) -> npt.NDArray[np.float64]:
    """Consistent shares (n, views, 3) of n slices (n, PLANES, size, size) with lung shares (n, 1, size, size)."""
    theta = all_views(image.device)
    found = []
    with torch.inference_mode():
        for one, own in zip(image, lung, strict=True):
            views, lungs = (moved(x[None].expand(len(VIEWS), -1, -1, -1), theta) for x in (one, own))
            found.append(net(views.contiguous(memory_format=torch.channels_last), lungs).float().cpu().numpy())
    return consistent(np.stack(found))
