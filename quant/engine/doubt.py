"""How far the extent of each pattern is in doubt: how it moves with the thresholds, the lungs' edge and noise.

A sample of the scan is measured again with each of them moved: the slabs that hold most of the patterns found.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from quant.engine import blocks, recognise
from quant.engine.arrays import Doubt, Hu, Labels, Mask
from quant.engine.blocks import Seen, View
from quant.engine.device import one_thread
from quant.engine.identity import DEFAULTS
from quant.engine.morphology import THREADS
from quant.engine.patterns import NAMES

if TYPE_CHECKING:
    from quant.engine.pattern_net import PatternNet

SAMPLES, MOVES = 2, 4
SLABS, MARGIN_SLABS = 6, 2
LEAST_VOXELS = 200
SEED = 5
IN_PLANE = np.ones((1, 3, 3), bool)
TISSUE_HU = (0, 100)
MOST = 2.0
Counts = npt.NDArray[np.float64]


def measure(view: View, seen: Seen, labels: Labels, net: PatternNet) -> Doubt:
    """(5, 2): by what share of itself each pattern may be less and may be more, 0..2.

    What is not in the sample is in doubt as a whole; what was not found at all is not.
    """
    slab = view.factors[0] * recognise.planes_of(view.voxel_mm[0], view.factors)
    whole = _by_slab(labels, slab)

    def counts(first: int) -> Counts:
        part = _Part(view, seen, labels, first, slab)
        return np.stack([part.count(part.labels, part.view.lung), *part.moved(net)])

    with one_thread(), ThreadPoolExecutor(THREADS) as pool:
        base, *moved = sum(pool.map(counts, _places(whole)), np.zeros((1 + MOVES, len(NAMES))))
    known = base >= LEAST_VOXELS
    found = np.stack([_joined(*one) for one in (np.array(moved) / np.where(known, base, np.nan) - 1.0).T])
    found[~known] = 1.0
    found[whole.sum(axis=0) == 0] = 0.0
    limited: Doubt = np.minimum(found, MOST)
    return limited


def _joined(lower: float, higher: float, edge: float, noise: float) -> tuple[float, float]:
    """Share less and share more: thresholds to the side that they move it to, edge and noise to either."""
    beside = edge**2 + noise**2
    less, more = min(lower, higher, 0.0), max(lower, higher, 0.0)
    return math.sqrt(less**2 + beside), math.sqrt(more**2 + beside)


class _Part:
    """A sample with the slabs beside it, which only lend their surroundings."""

    def __init__(self, view: View, seen: Seen, labels: Labels, first: int, slab: int) -> None:
        start = max(0, first - MARGIN_SLABS) * slab
        stop = min(len(labels), (first + SLABS + MARGIN_SLABS) * slab)
        self.outer = slice(start, stop)
        self.inner = slice(first * slab - start, (first + SLABS) * slab - start)
        self.view = replace(view, hu=view.hu[self.outer], lung=view.lung[self.outer])
        at = slice(start // view.factors[0], -(-stop // view.factors[0]))
        texture = seen.texture
        cut = {name: getattr(texture, name)[at] for name in ("smoothed", "parenchyma", "opened", "lung")}
        self.seen = replace(seen, texture=replace(texture, **cut), shares=seen.shares[:, at])
        self.labels = labels[self.outer]

    def count(self, labels: Labels, lung: Mask) -> Counts:
        """Voxels of each pattern for a lung as large as ours."""
        found = np.bincount(labels[self.inner][lung[self.inner]], minlength=len(NAMES) + 1)
        ours = np.count_nonzero(self.view.lung[self.inner])
        return found[1:] * (ours / max(1, int(found.sum())))

    def moved(self, net: PatternNet) -> Iterator[Counts]:
        """With lower thresholds, with higher ones, with a smaller lung, with more noise."""
        for sign in (1, -1):
            yield self.count(self._denser(sign), self.view.lung)
        pixels = max(1, round(DEFAULTS.doubt_edge_mm / self.view.voxel_mm[1]))
        yield self.count(self.labels, ndimage.binary_erosion(self.view.lung, IN_PLANE, pixels))
        noisy = replace(self.view, hu=_noisier(self.view.hu, self.view.lung))
        yield self.count(blocks.draw(noisy, blocks.look(noisy, net, self.seen)), self.view.lung)

    def _denser(self, sign: int) -> Labels:
        """All densities beside thresholds that stay: the same as thresholds moved the other way."""
        by, texture = np.float32(sign * DEFAULTS.doubt_hu), self.seen.texture
        raised = {name: getattr(texture, name) + by for name in ("smoothed", "parenchyma", "opened")}
        view = replace(self.view, hu=self.view.hu + np.int16(by))
        seen = replace(self.seen, texture=replace(texture, **raised))
        return blocks.draw(view, seen, DEFAULTS.fibrosis_share - sign * DEFAULTS.doubt_share)


def _noisier(hu: Hu, lung: Mask) -> Hu:
    """Noise like that between neighbours in soft tissue laid over it once more, the same each time."""
    tissue = ~lung & (hu > TISSUE_HU[0]) & (hu < TISSUE_HU[1])
    beside = tissue[:, :, 1:] & tissue[:, :, :-1]
    apart = np.diff(hu, axis=2)[beside]
    sd = float(np.median(np.abs(apart))) * 1.4826 / np.sqrt(2.0) if apart.size else 0.0
    noise = np.random.default_rng(SEED).standard_normal(hu.shape, np.float32)
    return np.rint(hu + np.float32(sd) * noise).astype(np.int16)


def _by_slab(labels: Labels, slab: int) -> Counts:
    """(slabs, 5) voxels of each pattern."""
    parts = (labels[at : at + slab].ravel() for at in range(0, len(labels), slab))
    return np.stack([np.bincount(part, minlength=len(NAMES) + 1) for part in parts])[:, 1:].astype(np.float64)


def _places(whole: Counts) -> list[int]:
    """First slabs of the samples: each holds the largest shares of patterns that those before it leave."""
    left = (whole / np.maximum(whole.sum(axis=0), 1)).sum(axis=1)
    starts: list[int] = []
    for _ in range(SAMPLES):
        held = np.convolve(left, np.ones(SLABS))[SLABS - 1 :]
        if held.max() > 0:
            starts.append(int(held.argmax()))
            left[starts[-1] : starts[-1] + SLABS] = 0
    return starts
