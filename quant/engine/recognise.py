"""What the pattern network makes of a scan: how likely each block of the lung is normal or shows a pattern."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, reduce
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from quant.engine import shipped, texture
from quant.engine.arrays import Hu, Image, Mask
from quant.engine.device import one_thread
from quant.engine.fusion import EMPHYSEMA
from quant.engine.identity import DEFAULTS
from quant.engine.morphology import THREADS
from quant.engine.sampling import Factors

if TYPE_CHECKING:
    import torch

    from quant.engine.pattern_net import PatternNet

LEAST = np.float32(1e-3)
SLABS_AT_ONCE = 12


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

    planes = planes_of(spacing_mm, factors)
    mean, top, bottom, inside = slabs(hu, lung, (planes * factors[0], *factors[1:]))
    with one_thread():
        seen = settle(by(net, columns(mean, top, bottom, inside), inside, device), inside)
    return np.repeat(seen, planes, axis=1)[:, : -(-hu.shape[0] // factors[0])]


def planes_of(spacing_mm: float, factors: Factors) -> int:
    """Planes of blocks in a slab."""
    return max(1, round(DEFAULTS.slab_mm / (spacing_mm * factors[0])))


def columns(mean: Image, top: Image, bottom: Image, lung: Mask) -> Image:
    """The measures (texture.COUNT, n) of the places in the lung, some slabs at a time on each core."""
    ends = np.concatenate(([0], lung.sum(axis=(1, 2)).cumsum()))
    found = np.empty((texture.COUNT, int(ends[-1])), np.float32)

    def some(start: int) -> None:
        # Every slab is measured with its neighbours.
        first, stop = max(0, start - 1), min(start + SLABS_AT_ONCE, len(lung))
        at, keep = slice(first, stop + 1), slice(start - first, stop - first)
        into = found[:, ends[start] : ends[stop]]
        texture.measure(into, mean[at], top[at], bottom[at], lung[at], keep)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(some, range(0, len(lung), SLABS_AT_ONCE)))
    return found


def slabs(hu: Hu, lung: Mask, factors: Factors) -> tuple[Image, Image, Image, Mask]:
    """Mean, maximum and minimum in HU over the plane of each block of a slab, and where it is lung; (z, y, x)."""
    deep, *plane = factors
    pads = [(0, -n % f) for n, f in zip(hu.shape, factors, strict=True)]
    image, mask = np.pad(hu, pads, mode="edge"), np.pad(lung, pads)
    sections: Image = image[::deep].astype(np.float32)
    for one in range(1, deep):
        sections += image[one::deep]
    sections /= np.float32(deep)
    parts = [sections[:, down :: plane[0], across :: plane[1]] for down, across in np.ndindex(*plane)]
    counts = sum(mask[i::deep, j :: plane[0], k :: plane[1]].astype(np.uint8) for i, j, k in np.ndindex(*factors))
    inside: Mask = np.asarray(counts) * 2 > np.prod(factors)
    mean: Image = sum(parts[1:], parts[0]) / np.float32(len(parts))
    return mean, reduce(np.maximum, parts), reduce(np.minimum, parts), inside


def settle(seen: Image, lung: Mask) -> Image:
    """The probabilities of what is a region averaged with those around; emphysema may be one small hole."""
    width = (DEFAULTS.settle_slabs, DEFAULTS.settle_blocks, DEFAULTS.settle_blocks)
    share = np.maximum(ndimage.gaussian_filter(lung.astype(np.float32), width, truncate=3.0), LEAST)
    settled = seen.copy()
    for pattern in range(EMPHYSEMA):
        settled[pattern] = ndimage.gaussian_filter(seen[pattern], width, truncate=3.0) / share * lung
    return settled
