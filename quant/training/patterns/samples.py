"""Training samples: a crop of a clean chest, patterns drawn into it, scanned as another scanner would."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from quant.engine.arrays import Image, Labels
from quant.engine.patterns import CONSOLIDATION, EMPHYSEMA, GROUND_GLASS, HONEYCOMBING, RETICULATION
from quant.training.patterns.looks import LOOKS, TISSUE
from quant.training.patterns.regions import Crop, layers, region, resized
from quant.training.patterns.scans import Clean

SIDE = 128
PIXELS = 2 * SIDE
CLEAN_SHARE, DISEASED_SHARE = 0.30, 0.85
NESTED_SHARE = 0.4
COARSE_MM = 0.93
# The rare and the hard ones are drawn as often as the common ones.
FIRST = {GROUND_GLASS: 0.28, CONSOLIDATION: 0.12, RETICULATION: 0.24, HONEYCOMBING: 0.20, EMPHYSEMA: 0.16}


class Sample(NamedTuple):
    """Blocks of three slabs, labels of the middle one.

    `hu` (3, 3, SIDE, SIDE): means, maxima, minima of each slab; `lung` (SIDE, SIDE) as an engine might find it;
    `labels` (SIDE, SIDE) 0..5 in the lung, 255 outside.
    """

    hu: npt.NDArray[np.int16]
    lung: npt.NDArray[np.bool_]
    labels: Labels


def sample(rng: np.random.Generator, chests: Sequence[Clean]) -> Sample:
    """One sample of one of the chests."""
    chest = chests[int(rng.integers(len(chests)))]
    crop, labels = _crop(rng, chest)
    crop = nuisance(rng, crop)
    # A chest that comes with disease has its own labels; now and then more is drawn into it.
    if rng.random() > (CLEAN_SHARE if chest.patterns is None else DISEASED_SHARE):
        crop, labels = _with_patterns(rng, crop, labels)
    hu = scanned(rng, crop.hu)
    if len(hu) == 6:
        hu = hu.reshape(3, 2, *hu.shape[1:]).mean(axis=1)
        labels, lung = labels[2:4], crop.lung[2:4]
        middle, inside = labels[int(rng.integers(2))], lung[0] | lung[1]
    else:
        middle, inside = labels[1], crop.lung[1]
    coarse = chest.voxel_mm[1] > COARSE_MM or rng.random() < 0.25
    return _reduced(rng, hu, inside, np.where(inside, middle, 255).astype(np.uint8), coarse)


def _crop(rng: np.random.Generator, chest: Clean) -> tuple[Crop, Labels]:
    """Three slices (or six, to be averaged in pairs) around a place in the lung, a little enlarged or not; labels.

    A pixel of a coarse scan is a block by itself: it becomes four.
    """
    deep = 6 if rng.random() < 0.2 else 3
    z = int(np.clip(rng.choice(len(chest.odds), p=chest.odds), deep, len(chest.hu) - deep - 1))
    lung = np.argwhere(chest.lung[z])
    row, column = lung[rng.integers(len(lung))] if len(lung) else np.array(chest.hu.shape[1:]) // 2
    scale = rng.uniform(0.8, 1.3) if rng.random() < 0.6 else 1.0
    span = SIDE if chest.voxel_mm[1] > COARSE_MM else round(PIXELS / scale)
    jitter = rng.integers(-span // 6, span // 6 + 1, 2)
    rows, columns = (
        int(np.clip(centre + shift - span // 2, 0, max(0, n - span)))
        for centre, shift, n in zip((row, column), jitter, chest.hu.shape[1:], strict=True)
    )
    cut = (slice(z - deep // 2, z - deep // 2 + deep), slice(rows, rows + span), slice(columns, columns + span))
    mm = (chest.voxel_mm[0], *(side * span / PIXELS for side in chest.voxel_mm[1:]))
    hu, lungs, deeps = chest.hu[cut].astype(np.float32), chest.lung[cut], chest.depth[cut]
    labels = np.zeros(hu.shape, np.uint8) if chest.patterns is None else chest.patterns[cut]
    if span == SIDE:
        hu, lungs, deeps, labels = (
            hu.repeat(2, 1).repeat(2, 2),
            lungs.repeat(2, 1).repeat(2, 2),
            deeps.repeat(2, 1).repeat(2, 2),
            labels.repeat(2, 1).repeat(2, 2),
        )
    elif span != PIXELS:
        hu, deeps = (resized(planes, (PIXELS, PIXELS)) for planes in (hu, deeps))
        lungs = resized(lungs.astype(np.float32), (PIXELS, PIXELS)) > 0.5
        at = (np.arange(PIXELS) + 0.5) * span / PIXELS
        labels = labels[:, at.astype(int)[:, None], at.astype(int)]
    return _turned(rng, Crop(hu, lungs, deeps.astype(np.float32), (mm[0], mm[1], mm[2])), labels)


def _turned(rng: np.random.Generator, crop: Crop, labels: Labels) -> tuple[Crop, Labels]:
    """Mirrored, seldom upside down."""
    axes = tuple(axis for axis, odds in ((0, 0.5), (1, 0.15), (2, 0.5)) if rng.random() < odds)
    hu, deep = (np.ascontiguousarray(np.flip(image, axes)) for image in (crop.hu, crop.depth))
    turned = Crop(hu, np.ascontiguousarray(np.flip(crop.lung, axes)), deep, crop.voxel_mm)
    return turned, np.ascontiguousarray(np.flip(labels, axes))


def nuisance(rng: np.random.Generator, crop: Crop) -> Crop:
    """Lungs breathed out, dense where they hang, without contrast medium; none of it is disease."""
    hu, lung = crop.hu.copy(), crop.lung
    if rng.random() < 0.5:
        hu = np.where(hu > 50, 50 + (hu - 50) * rng.uniform(0, 1), hu)
    gain = np.zeros(hu.shape, np.float32)
    if rng.random() < 0.4:
        gain += rng.uniform(-0.05, 0.10)
    if rng.random() < 0.4:
        height = np.arange(hu.shape[1], dtype=np.float32)[None, :, None] * crop.voxel_mm[1]
        gain += rng.uniform(0.02, 0.12) * np.exp((height - height.max()) / rng.uniform(10, 50))
    if rng.random() < 0.4:
        # The uppermost lung of who lies on the back holds more air: dark in a broad sweep, no emphysema.
        height = np.arange(hu.shape[1], dtype=np.float32)[None, :, None] * crop.voxel_mm[1]
        gain -= rng.uniform(0.01, 0.08) * np.exp(-height / rng.uniform(15, 70))
    if rng.random() < 0.2:
        hu = hu + _streaks(rng, hu.shape)
    hu = hu + gain * np.maximum(TISSUE - hu, 0) * lung
    return Crop(hu.astype(np.float32), lung, crop.depth, crop.voxel_mm)


def _streaks(rng: np.random.Generator, shape: tuple[int, ...]) -> Image:
    """Long faint lines, dark and bright, nearly along one side: from shoulders or dense contrast medium; no disease."""
    grain = ndimage.gaussian_filter(rng.normal(size=shape).astype(np.float32), (0, rng.uniform(0.6, 1.6), 20.0))
    # Sheared: the lines of one scan run through one another.
    bend = np.rint(np.arange(shape[2]) * rng.uniform(-0.4, 0.4)).astype(int)
    sheared = np.take_along_axis(grain, (np.arange(shape[1])[:, None] + bend)[None] % shape[1], axis=1)
    streaks: Image = (sheared * (rng.uniform(8, 40) / sheared.std())).astype(np.float32)
    return streaks


def _with_patterns(rng: np.random.Generator, crop: Crop, labels: Labels) -> tuple[Crop, Labels]:
    """One to three patterns, the one that was drawn for this sample on top."""
    kinds = list(FIRST)
    top = int(rng.choice(kinds, p=list(FIRST.values())))
    if top in (RETICULATION, HONEYCOMBING) and rng.random() < NESTED_SHARE:
        return _nested(rng, crop, labels)
    below = [int(rng.choice(kinds)) for _ in range(int(rng.choice(3, p=(0.5, 0.35, 0.15))))]
    if top in (RETICULATION, HONEYCOMBING) and rng.random() < 0.4:
        below = [GROUND_GLASS, *below]
    for pattern in (*below, top):
        crop, labels = _drawn(rng, crop, labels, pattern, region(rng, crop, pattern))
    return crop, labels


def _nested(rng: np.random.Generator, crop: Crop, labels: Labels) -> tuple[Crop, Labels]:
    """Fibrosis as it ripens: cysts at the pleura, lines beyond them, sometimes ground glass beyond these or beneath."""
    cysts, lines, glass = layers(rng, crop)
    if rng.random() < 0.5:
        crop, labels = _drawn(rng, crop, labels, GROUND_GLASS, glass)
    crop, labels = _drawn(rng, crop, labels, RETICULATION, lines)
    return _drawn(rng, crop, labels, HONEYCOMBING, cysts) if rng.random() < 0.75 else (crop, labels)


def _drawn(rng: np.random.Generator, crop: Crop, labels: Labels, pattern: int, share: Image) -> tuple[Crop, Labels]:
    hu, mask = LOOKS[pattern](rng, crop, share)
    labels = np.where(mask, np.uint8(pattern), labels)
    return Crop(hu.astype(np.float32), crop.lung, crop.depth, crop.voxel_mm), labels


def scanned(rng: np.random.Generator, hu: Image) -> Image:
    """Another kernel, more noise, a shifted scale."""
    kind = rng.random()
    if kind < 0.25:
        width = rng.uniform(0.4, 1.7)
        hu = ndimage.gaussian_filter(hu, (0, width, width))
    elif kind < 0.5:
        hu = hu + rng.uniform(0.2, 1.2) * (hu - ndimage.gaussian_filter(hu, (0, 1.0, 1.0)))
    if rng.random() < 0.75:
        width, grain = rng.uniform(0, 0.9), rng.normal(size=hu.shape).astype(np.float32)
        grain = ndimage.gaussian_filter(grain, (0, width, width))
        hu = hu + rng.uniform(5, 45) * grain / grain.std()
    shifted: Image = hu + np.float32(rng.normal(0, 8))
    return shifted


def _reduced(
    rng: np.random.Generator, hu: Image, inside: npt.NDArray[np.bool_], labels: Labels, coarse: bool
) -> Sample:
    """Two by two pixels a block, or one where they are `coarse`; the mask as uncertain as the engine's."""
    if rng.random() < 0.3:
        inside = ndimage.shift(inside, rng.integers(-2, 3, 2), order=0)
    blocks = hu.reshape(3, SIDE, 2, SIDE, 2)
    mean, top, bottom = blocks.mean(axis=(2, 4)), blocks.max(axis=(2, 4)), blocks.min(axis=(2, 4))
    if coarse:
        top = bottom = mean
    mask = inside.reshape(SIDE, 2, SIDE, 2).mean(axis=(1, 3)) > 0.5
    row, column = rng.integers(2, size=2)
    return Sample(np.rint(np.stack((mean, top, bottom))).astype(np.int16), mask, labels[row::2, column::2])
