"""What the pattern network makes of a scan: how likely each block of the lung is normal or shows a pattern."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from quant.engine import shipped, texture
from quant.engine.arrays import Hu, Image, Mask
from quant.engine.fusion import EMPHYSEMA
from quant.engine.identity import DEFAULTS
from quant.engine.sampling import Factors

if TYPE_CHECKING:
    import torch

    from quant.engine.pattern_net import PatternNet

LEAST = np.float32(1e-3)
SLABS_AT_ONCE = 24


@lru_cache(maxsize=2)
def trained(device: str) -> PatternNet:
    """The network with its weights, read once for each process.

    Raises:
        UnusableInput: the weights are not those that this engine was measured with.
    """
    from safetensors.numpy import load_file

    from quant.engine.pattern_net import from_arrays

    return from_arrays(load_file(shipped.weights("patterns"))).to(device)


def probabilities(
    net: PatternNet, hu: Hu, lung: Mask, factors: Factors, spacing_mm: float, device: torch.device
) -> Image:
    """Probability (classes, z, y, x) of normal lung and the patterns on the grid of blocks of `factors`.

    `spacing_mm` lies between the slices of `hu`. The network looks at slabs about as thick as those it was
    trained on; every plane of blocks in a slab has the probabilities of the slab.
    """
    from quant.engine.pattern_net import probabilities as by

    planes = max(1, round(DEFAULTS.slab_mm / (spacing_mm * factors[0])))
    mean, top, bottom, inside = slabs(hu, lung, (planes * factors[0], *factors[1:]))
    seen = settle(by(net, rows(mean, top, bottom, inside), inside, device), inside)
    return np.repeat(seen, planes, axis=1)[:, : -(-hu.shape[0] // factors[0])]


def rows(mean: Image, top: Image, bottom: Image, lung: Mask) -> npt.NDArray[np.float16]:
    """The measures (n, texture.COUNT) of the places in the lung, some slabs at a time: together they fill gigabytes."""
    parts = [np.zeros((0, texture.COUNT), np.float16)]
    for start in range(0, len(lung), SLABS_AT_ONCE):
        # Every slab is measured with its neighbours.
        first = max(0, start - 1)
        some = slice(first, start + SLABS_AT_ONCE + 1)
        measured = texture.measures(mean[some], top[some], bottom[some], lung[some])
        here = slice(start, start + SLABS_AT_ONCE)
        found = measured[:, start - first : start - first + SLABS_AT_ONCE][:, lung[here]]
        parts.append(found.T.astype(np.float16))
    return np.concatenate(parts)


def slabs(hu: Hu, lung: Mask, factors: Factors) -> tuple[Image, Image, Image, Mask]:
    """Mean, maximum and minimum in HU over the plane of each block of a slab, and where it is lung; (z, y, x)."""
    pads = [(0, -n % f) for n, f in zip(hu.shape, factors, strict=True)]
    image, mask = np.pad(hu, pads, mode="edge"), np.pad(lung, pads)
    deep, high, wide = factors
    z, y, x = (n // f for n, f in zip(image.shape, factors, strict=True))
    blocks = image.reshape(z, deep, y * high, x * wide).mean(axis=1, dtype=np.float32).reshape(z, y, high, x, wide)
    inside = mask.reshape(z, deep, y, high, x, wide).mean(axis=(1, 3, 5), dtype=np.float32) > 0.5
    return blocks.mean(axis=(2, 4)), blocks.max(axis=(2, 4)), blocks.min(axis=(2, 4)), inside


def settle(seen: Image, lung: Mask) -> Image:
    """The probabilities of what is a region averaged with those around; emphysema may be one small hole."""
    width = (DEFAULTS.settle_slabs, DEFAULTS.settle_blocks, DEFAULTS.settle_blocks)
    share = np.maximum(ndimage.gaussian_filter(lung.astype(np.float32), width, truncate=3.0), LEAST)
    settled = seen.copy()
    for pattern in range(EMPHYSEMA):
        settled[pattern] = ndimage.gaussian_filter(seen[pattern], width, truncate=3.0) / share * lung
    return settled
