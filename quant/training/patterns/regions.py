"""Where a pattern lies in a crop: patches, balls, rims below the pleura, with hard or fading edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from quant.engine.arrays import Image, Mask, Spacing
from quant.training.patterns import tiles
from quant.training.patterns.tiles import Points, Pose

COARSE = 4
RIM, PATCHES, BALLS = "rim", "patches", "balls"
# Honeycombing and reticulation favour the pleura; so do their regions here, most of the time.
KINDS = {
    1: (0.25, 0.50, 0.25),
    2: (0.25, 0.40, 0.35),
    3: (0.45, 0.40, 0.15),
    4: (0.50, 0.35, 0.15),
    5: (0.10, 0.65, 0.25),
}


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A few slices around the one that is labelled: HU, lung, depth in mm; all (z, y, x)."""

    hu: Image
    lung: Mask
    depth: Image
    voxel_mm: Spacing


def points(shape: tuple[int, ...], voxel_mm: Spacing, step: int = 1) -> Points:
    """The places (n, 3) in mm of every voxel, in plane every `step`."""
    z, y, x = (np.arange(0, n, s) * mm for n, mm, s in zip(shape, voxel_mm, (1, step, step), strict=True))
    grid = np.meshgrid(z, y, x, indexing="ij")
    return np.stack(grid, axis=-1).reshape(-1, 3).astype(np.float32)


def region(rng: np.random.Generator, crop: Crop, pattern: int) -> Image:
    """The share 0..1 of each voxel that belongs to a random region, half of it on the border."""
    kind = rng.choice((RIM, PATCHES, BALLS), p=KINDS[pattern])
    # Signed distance in mm, more or less: positive inside.
    inside = {RIM: _rim, PATCHES: _patches, BALLS: _balls}[str(kind)](rng, crop)
    fade = rng.choice((0.6, rng.uniform(1, 3), rng.uniform(3, 8)), p=(0.35, 0.4, 0.25))
    share: Image = np.clip(0.5 + inside / fade, 0.0, 1.0).astype(np.float32) * crop.lung
    return share


def layers(rng: np.random.Generator, crop: Crop) -> tuple[Image, Image, Image]:
    """Three shares like that of `region`, one within the other: nearest the pleura, further in, furthest."""
    deep, shares = rng.uniform(2, 12), []
    for step in (rng.uniform(2, 10), rng.uniform(2, 14), 0.0):
        uneven = deep * (1 + rng.uniform(0.15, 0.8) * _waves(rng, crop, rng.uniform(12, 50))) - crop.depth
        if rng.random() < 0.5:
            uneven = np.minimum(uneven, (_waves(rng, crop, rng.uniform(25, 90)) + rng.uniform(-0.4, 1.2)) * 12.0)
        shares.append(np.clip(0.5 + uneven / rng.choice((0.6, 2.0, 4.0)), 0.0, 1.0).astype(np.float32) * crop.lung)
        deep += step
    return shares[0], shares[1], shares[2]


def _waves(rng: np.random.Generator, crop: Crop, wave_mm: float) -> Image:
    """Noise over the crop, bumps `wave_mm` apart."""
    pose = Pose.random(rng, wave_mm / 12.0)
    shape = crop.hu.shape
    found = pose.read(tiles.noise(12.0, int(rng.integers(3))), points(shape, crop.voxel_mm, COARSE))
    rows, columns = (-(-n // COARSE) for n in shape[1:])
    fine = resized(found.reshape(shape[0], rows, columns), (rows * COARSE, columns * COARSE))
    return fine[:, : shape[1], : shape[2]]


def resized(planes: Image, size: tuple[int, int]) -> Image:
    """Every plane interpolated to `size` (y, x)."""
    tensor = torch.from_numpy(np.ascontiguousarray(planes))[None]
    found: Image = torch.nn.functional.interpolate(tensor, size=size, mode="bilinear", align_corners=False)[0].numpy()
    return found


def _rim(rng: np.random.Generator, crop: Crop) -> Image:
    """A layer below the pleura, of changing thickness, often broken."""
    thick = rng.uniform(4, 26)
    waves = _waves(rng, crop, rng.uniform(15, 60))
    uneven: Image = thick + waves * rng.uniform(0.15, 0.7) * thick - crop.depth
    if rng.random() < 0.6:
        uneven = np.minimum(uneven, (_waves(rng, crop, rng.uniform(30, 90)) + rng.uniform(-0.6, 1.0)) * 12.0)
    return uneven


def _patches(rng: np.random.Generator, crop: Crop) -> Image:
    """Patches that take a random share of the lung in the crop."""
    wave = rng.uniform(12, 70)
    field = _waves(rng, crop, wave)
    if rng.random() < 0.4:
        field = field + 0.4 * _waves(rng, crop, wave / 3)
    field = field + rng.uniform(-0.3, 1.6) * np.exp(-crop.depth / rng.uniform(6, 25))
    within = field[crop.lung]
    threshold = np.quantile(within, 1.0 - rng.uniform(0.05, 0.95)) if len(within) else 9.0
    found: Image = (field - threshold) * (wave / 4.0)
    return found


def _balls(rng: np.random.Generator, crop: Crop) -> Image:
    """One to four ellipsoids around places in the lung of the middle slice."""
    z, y, x = (np.arange(n, dtype=np.float32) * mm for n, mm in zip(crop.hu.shape, crop.voxel_mm, strict=True))
    middle = crop.hu.shape[0] // 2
    places = np.argwhere(crop.lung[middle])
    found = np.full(crop.hu.shape, -99.0, np.float32)
    for _ in range(int(rng.integers(1, 5)) if len(places) else 0):
        row, column = places[rng.integers(len(places))]
        radii = rng.uniform(5, 40) * rng.uniform(0.7, 1.3, 3)
        height = z[middle] + rng.uniform(-0.7, 0.7) * radii[0]
        terms = ((z - height) / radii[0], (y - y[row]) / radii[1], (x - x[column]) / radii[2])
        norm = np.sqrt(terms[0][:, None, None] ** 2 + terms[1][None, :, None] ** 2 + terms[2] ** 2)
        found = np.maximum(found, ((1.0 - norm) * radii.min()).astype(np.float32))
    return found
