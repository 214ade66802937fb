"""Block means and interpolation by torch on the chosen device, smoothing by scipy.

Measured on two cores (14 M voxels, sigma 3 mm): scipy's separable filter 0.34 s, torch's
conv3d 2.9 s; interpolation by three: torch 0.7 s, scipy's zoom 1.9 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from quant.engine.arrays import Hu, Image, Mask, Spacing

if TYPE_CHECKING:
    import torch

Factors = tuple[int, int, int]
TRUNCATE = 3.0
LEAST_SHARE = 1e-3


def factors_for(voxel_mm: Spacing, target_mm: float) -> Factors:
    """Whole block sizes that bring voxels nearest to `target_mm`."""
    z, y, x = (max(1, round(target_mm / mm)) for mm in voxel_mm)
    return z, y, x


def block_mean(values: Hu | Image | Mask, factors: Factors, device: torch.device) -> Image:
    """Means over blocks; the far end is padded by its last values to whole blocks."""
    from torch.nn.functional import avg_pool3d

    pads = [(0, -n % f) for n, f in zip(values.shape, factors, strict=True)]
    padded: npt.NDArray[Any] = values
    if any(after for _, after in pads):
        padded = np.pad(values, pads, mode="edge")
    return _back(avg_pool3d(_tensor(padded, device), factors))


def upsample(image: Image, factors: Factors, shape: tuple[int, ...], device: torch.device) -> Image:
    """Trilinear interpolation of block values back onto the fine grid of `shape`."""
    from torch.nn.functional import interpolate

    whole = [n * f for n, f in zip(image.shape, factors, strict=True)]
    fine = interpolate(_tensor(image, device), size=whole, mode="trilinear", align_corners=False)
    z, y, x = shape
    return _back(fine[:, :, :z, :y, :x])


def resize(image: Image, shape: tuple[int, int, int], device: torch.device) -> Image:
    """Trilinear interpolation onto another number of voxels over the same extent."""
    from torch.nn.functional import interpolate

    return _back(interpolate(_tensor(image, device), size=shape, mode="trilinear", align_corners=False))


def smooth(image: Image, sigma_mm: float, voxel_mm: Spacing) -> Image:
    """Gaussian smoothing, zero outside the image."""
    sigma = [sigma_mm / mm for mm in voxel_mm]
    blurred: Image = ndimage.gaussian_filter(image, sigma, mode="constant", truncate=TRUNCATE)
    return blurred


def weighted_mean(image: Image, weight: Image, sigma_mm: float, voxel_mm: Spacing) -> Image:
    """Gaussian mean of `image` over what has weight (normalised convolution), NaN where nothing has any."""
    share = smooth(weight, sigma_mm, voxel_mm)
    total = smooth(image * weight, sigma_mm, voxel_mm)
    return np.where(share > LEAST_SHARE, total / np.maximum(share, LEAST_SHARE), np.float32(np.nan))


def _tensor(values: npt.NDArray[Any], device: torch.device) -> torch.Tensor:
    import torch

    return torch.from_numpy(np.ascontiguousarray(values)).to(device).float()[None, None]


def _back(tensor: torch.Tensor) -> Image:
    image: Image = tensor[0, 0].contiguous().cpu().numpy()
    return image
