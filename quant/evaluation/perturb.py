"""The same person scanned again: the small differences that are no change of disease."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy import ndimage

from quant.engine.arrays import Hu, Image
from quant.evaluation.base import Base

HU_RANGE = (-1024, 3071)
SHIFT_MM, TURN_DEGREES = 0.4, 1.0
SOFT_PX, SHARP_PX, SHARP = 0.45, 0.8, 0.5
BREATH_ML_PERCENT = 2.0
Change = Callable[[Hu, Base, int], Hu]


def noisier(hu: Hu, base: Base, seed: int) -> Hu:
    """Half the variance of the scan's own noise laid over it."""
    noise = base.grain.noise(hu.shape, np.random.default_rng((seed, 71)))
    return _hu(hu + noise * np.float32(np.sqrt(0.5)))


def softer(hu: Hu, base: Base, seed: int) -> Hu:
    """A softer kernel."""
    return _hu(ndimage.gaussian_filter(hu.astype(np.float32), (0, SOFT_PX, SOFT_PX)))


def sharper(hu: Hu, base: Base, seed: int) -> Hu:
    """A sharper kernel: what a blur takes away, added."""
    image = hu.astype(np.float32)
    return _hu(image + np.float32(SHARP) * (image - ndimage.gaussian_filter(image, (0, SHARP_PX, SHARP_PX))))


def moved(hu: Hu, base: Base, seed: int) -> Hu:
    """The person lies part of a pixel elsewhere in the plane."""
    _, y, x = base.volume.voxel_mm
    return _hu(ndimage.shift(hu.astype(np.float32), (0.0, SHIFT_MM / y, -SHIFT_MM / x), order=3, mode="nearest"))


def turned(hu: Hu, base: Base, seed: int) -> Hu:
    """The person is turned a little."""
    found = ndimage.rotate(hu.astype(np.float32), TURN_DEGREES, axes=(1, 2), reshape=False, order=3, mode="nearest")
    return _hu(found)


def offset(hu: Hu, base: Base, seed: int) -> Hu:
    """The slices begin a third of a slice higher."""
    return _hu(ndimage.shift(hu.astype(np.float32), (1 / 3, 0.0, 0.0), order=3, mode="nearest"))


def breathed(hu: Hu, base: Base, seed: int) -> Hu:
    """The lungs hold a little more air: larger in every direction and as much thinner within."""
    grow = 1.0 + BREATH_ML_PERCENT / 100.0
    image = hu.astype(np.float32)
    lighter = -1000.0 + (image + 1000.0) / grow
    thin = np.where(base.lungs & (image < -300.0), lighter, image)
    scale = np.float64(grow ** (-1 / 3))
    centre = (np.array(hu.shape) - 1) / 2
    return _hu(ndimage.affine_transform(thin, np.full(3, scale), centre * (1 - scale), order=3, mode="nearest"))


CHANGES: dict[str, Change] = {
    "noise": noisier,
    "softer kernel": softer,
    "sharper kernel": sharper,
    "position": moved,
    "rotation": turned,
    "slice offset": offset,
    "inspiration": breathed,
}


def versions(hu: Hu, base: Base, seed: int) -> Iterator[tuple[str, Hu]]:
    """The scan as it is and each of its changes."""
    yield "as it is", hu
    for name, change in CHANGES.items():
        yield name, change(hu, base, seed)


def rescanned(hu: Hu, base: Base, seed: int) -> Hu:
    """A second scan: moved, and with more noise."""
    return noisier(moved(hu, base, seed), base, seed + 1)


def _hu(image: Image) -> Hu:
    return np.clip(np.rint(image), *HU_RANGE).astype(np.int16)
