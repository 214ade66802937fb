"""What a patch of lung looks like, in numbers: how dense, how uneven, how many bright lines and dark holes.

Every measure is taken in the plane of a slab of blocks, over three neighbourhoods, within the lung only; lengths are
in blocks (about 1.4 mm). `surroundings` does the same for what a first look made of the places around.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from scipy import ndimage

from quant.engine.arrays import Image, Mask
from quant.engine.ridges import bent

LOW_HU, HIGH_HU, UNIT_HU = -1024.0, 100.0, 100.0
WIDTHS = (1.8, 3.6, 7.0)
FILL = 4.0
NARROW, WIDE = 3, 7
RIDGE_WIDTH = (0.7, 0.7)
DEEPEST = 20.0
LEAST = np.float32(1e-3)
HERE, AROUND = 4, 14 * len(WIDTHS)
COUNT = HERE + 2 * AROUND
FAR_WIDTHS = (2.0, 5.0, 12.0)
FAR_COUNT = 5 * (1 + len(FAR_WIDTHS))
ALL = slice(None)


def measures(mean: Image, top: Image, bottom: Image, lung: Mask) -> Image:
    """(COUNT, z, y, x) from block means, maxima and minima in HU (z, y, x); 0 outside the lung."""
    columns = np.empty((COUNT, int(lung.sum())), np.float32)
    measure(columns, mean, top, bottom, lung)
    found = np.zeros((COUNT, *lung.shape), np.float32)
    found[:, lung] = columns
    return found


def measure(into: Image, mean: Image, top: Image, bottom: Image, lung: Mask, keep: slice = ALL) -> None:
    """Write the measures (COUNT, n) of the places in the lung of the slabs to `keep`.

    After what is at the place itself, each measure of its neighbourhood, then the same as means of three slabs.
    """
    within = _Within(lung)
    middle, high, low = (np.clip(image, LOW_HU, HIGH_HU) / np.float32(UNIT_HU) for image in (mean, top, bottom))
    index = np.flatnonzero(lung[keep])
    for number, image in enumerate(_all(within, middle, high, low)):
        into[number] = image[keep].ravel()[index]
        if number >= HERE:
            into[AROUND + number] = _three_slabs(image * within.weight)[keep].ravel()[index]


def _all(within: _Within, middle: Image, high: Image, low: Image) -> Iterator[Image]:
    filled: Image = np.where(within.lung, middle, within.average(middle, FILL))
    yield filled
    yield high
    yield low
    yield (np.minimum(_depth(within.lung), DEEPEST) / DEEPEST).astype(np.float32)
    opened, closed = _opened(filled, NARROW), _closed(filled, NARROW)
    levels = _opened(filled, WIDE), _closed(filled, WIDE)
    seen: tuple[Image, ...] = (
        filled,
        high - low,
        filled - opened,
        closed - filled,
        filled - levels[0],
        levels[1] - filled,
        np.clip(-8.9 - low, 0, 1),
        np.clip((filled + 7.0) / 1.5, 0, 1),
        np.clip((filled + 4.5) / 1.5, 0, 1),
        np.abs(filled - _mean3(filled)),
        *(np.clip(one, 0, 2) for one in bent(filled, RIDGE_WIDTH)),
    )
    for width in WIDTHS:
        centre = within.average(filled, width)
        yield np.sqrt(np.maximum(within.average(filled * filled, width) - centre * centre, np.float32(0)))
        for image in seen:
            yield within.average(image, width)


def surroundings(seen: Image, lung: Mask) -> Image:
    """(FAR_COUNT, n) from probabilities (classes, z, y, x): each pattern at a place of the lung, then around it."""
    within = _Within(lung)
    index = np.flatnonzero(lung)
    found = np.empty((FAR_COUNT, len(index)), np.float32)
    patterns = seen[1:]
    for number, image in enumerate(patterns):
        found[number] = image.ravel()[index]
        settled = _three_slabs(image)
        for step, width in enumerate(FAR_WIDTHS, 1):
            found[step * len(patterns) + number] = within.average(settled, width).ravel()[index]
    return found


class _Within:
    """Means over neighbourhoods that count the lung only."""

    def __init__(self, lung: Mask) -> None:
        self.lung = lung
        self.weight = lung.astype(np.float32)
        self._shares: dict[float, Image] = {}

    def average(self, image: Image, width: float) -> Image:
        """Gaussian mean in the plane."""
        if width not in self._shares:
            self._shares[width] = np.maximum(_blur(self.weight, width), LEAST)
        mean: Image = _blur(image * self.weight, width) / self._shares[width]
        return mean


def _blur(image: Image, width: float) -> Image:
    """Gaussian filter of each plane, its weights as matrices: products of matrices cost a third of sliding sums."""
    down, across = (_weights(count, width) for count in image.shape[1:])
    blurred: Image = down @ (image.reshape(-1, image.shape[2]) @ across.T).reshape(image.shape)
    return blurred


@lru_cache(maxsize=16)
def _weights(count: int, width: float) -> Image:
    """(count, count): what each place of a line weighs in the mean around each other."""
    weights: Image = ndimage.gaussian_filter1d(np.eye(count, dtype=np.float32), width, axis=0, truncate=2.5)
    return weights


def _three_slabs(image: Image) -> Image:
    """(z, y, x) averaged over each slab and its neighbours; beyond the end the outermost counts again."""
    total: Image = image.copy()
    total[1:] += image[:-1]
    total[:-1] += image[1:]
    total[0] += image[0]
    total[-1] += image[-1]
    total /= np.float32(3)
    return total


def _mean3(image: Image) -> Image:
    blurred: Image = ndimage.uniform_filter(image, (1, 3, 3), mode="nearest")
    return blurred


def _opened(image: Image, size: int) -> Image:
    box = (1, size, size)
    opened: Image = ndimage.maximum_filter(ndimage.minimum_filter(image, box), box)
    return opened


def _closed(image: Image, size: int) -> Image:
    return -_opened(-image, size)


def _depth(lung: Mask) -> Image:
    """Distance in blocks to what is not lung, slab by slab."""
    import edt

    return np.stack([edt.edt(np.ascontiguousarray(plane)) for plane in lung])
