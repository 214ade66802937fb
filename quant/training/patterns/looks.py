"""How the five patterns look: what each does to the density of the voxels of its region.

Many families of each, wide ranges: the network must learn what the patterns have in common, not one drawing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from quant.engine.arrays import Image, Mask, Spacing
from quant.engine.patterns import CONSOLIDATION, EMPHYSEMA, GROUND_GLASS, HONEYCOMBING, RETICULATION
from quant.training.patterns import tiles
from quant.training.patterns.regions import Crop
from quant.training.patterns.tiles import Points, Pose

PARTS = 3
TISSUE = np.float32(50.0)
Look = Callable[[np.random.Generator, Crop, Image], "tuple[Image, Mask]"]


class Within:
    """The voxels of a region, read at several planes of each slice for their partial volume."""

    def __init__(self, rng: np.random.Generator, share: Image, voxel_mm: Spacing) -> None:
        self.rng, self.share, self.voxel_mm = rng, share, voxel_mm
        self.index = np.nonzero(share > 0)
        self._at = np.stack(self.index, axis=-1).astype(np.float32) * np.asarray(voxel_mm, np.float32)
        self.blur = rng.uniform(0.45, 0.95)

    def read(self, tile: Image, zoom: float, share_of: Callable[[Image], Image]) -> Image:
        """A share 0..1 per voxel from a tile of distances, averaged over the slice, blurred like a scan."""
        pose = Pose.random(self.rng, zoom)
        total = np.zeros(len(self._at), np.float32)
        for part in range(PARTS):
            lift = np.float32((part / PARTS - 0.5 + 0.5 / PARTS) * self.voxel_mm[0])
            total += share_of(pose.read(tile, self._moved(lift)))
        plane = np.zeros(self.share.shape, np.float32)
        plane[self.index] = total / PARTS
        blurred: Image = ndimage.gaussian_filter(plane, (0, self.blur, self.blur))
        return blurred

    def thin(self, tile: Image, zoom: float, half_mm: float) -> Image:
        """The share of each voxel nearer than `half_mm` to what the tile is the distance to."""
        width = np.float32(self.voxel_mm[1])
        return self.read(tile, zoom, lambda d: np.clip((half_mm - d * np.float32(zoom)) / width + 0.5, 0, 1))

    def smooth(self, wave_mm: float) -> Image:
        """Noise of SD 1 over the region."""
        pose = Pose.random(self.rng, wave_mm / 12.0)
        found = np.zeros(self.share.shape, np.float32)
        found[self.index] = pose.read(tiles.noise(12.0, int(self.rng.integers(3))), self._at)
        return found

    def _moved(self, lift: np.float32) -> Points:
        return self._at + np.array([lift, 0, 0], np.float32)


def ground_glass(rng: np.random.Generator, crop: Crop, share: Image) -> tuple[Image, Mask]:
    """Air replaced by tissue, vessels still seen; sometimes a veil of one density."""
    within = Within(rng, share, crop.voxel_mm)
    uneven = rng.uniform(0, 0.3) * within.smooth(rng.uniform(6, 30))
    # Grain as fine as lines are thin, which makes no line.
    uneven = uneven + rng.choice((0.15, 0.4)) * rng.uniform(0, 1) * within.smooth(rng.uniform(1.8, 5.0))
    if rng.random() < 0.65:
        tissue = rng.uniform(0.13, 0.48) * np.clip(1 + uneven, 0.3, 1.8)
        drawn = crop.hu + share * tissue * np.maximum(TISSUE - crop.hu, 0)
        return drawn.astype(np.float32), share > 0.5
    level = rng.uniform(-720, -420) + 120 * uneven
    covered = crop.hu + rng.uniform(0.7, 1.0) * (level - crop.hu)
    veiled = crop.hu + share * (np.maximum(crop.hu, covered) - crop.hu)
    return veiled.astype(np.float32), share > 0.5


def consolidation(rng: np.random.Generator, crop: Crop, share: Image) -> tuple[Image, Mask]:
    """Soft tissue, often with open bronchi and with vessels that take up contrast."""
    within = Within(rng, share, crop.voxel_mm)
    level = rng.uniform(-140, 80) + rng.uniform(5, 50) * within.smooth(rng.uniform(3, 25))
    if rng.random() < 0.4:
        level = np.maximum(level, np.minimum(crop.hu, 250))
    if rng.random() < 0.5:
        air = within.thin(tiles.curves(int(rng.integers(2))), rng.uniform(1.0, 2.2), rng.uniform(0.6, 1.8))
        level = level + air * (rng.uniform(-950, -500) - level)
    return crop.hu + share * (level - crop.hu), share > 0.5


def reticulation(rng: np.random.Generator, crop: Crop, share: Image, most_veil: float = 0.22) -> tuple[Image, Mask]:
    """One or two kinds of lines on lung that is a little dense; between them air as in normal lung."""
    within = Within(rng, share, crop.voxel_mm)
    lines = _lines(rng, within)
    if rng.random() < 0.45:
        lines = np.maximum(lines, rng.uniform(0.5, 1.0) * _lines(rng, within))
    # Lines that nobody could see are no reticulation.
    lines = lines * max(1.0, 0.12 / max(float(lines[within.index].std()), 1e-3))
    base = crop.hu + rng.uniform(0.0, most_veil) * np.maximum(TISSUE - crop.hu, 0) * (1 + 0.2 * within.smooth(15.0))
    bright = rng.uniform(-200, 70)
    drawn = base + np.clip(lines, 0, 1) * np.maximum(bright - base, 0)
    return crop.hu + share * (drawn - crop.hu), share > 0.5


def _lines(rng: np.random.Generator, within: Within) -> Image:
    """Septa around lobules of a centimetre and more, the finer mesh within them, broken or bent lines.

    Cells of the size between belong to honeycombing: the same drawing under two names teaches neither.
    """
    kind, seed = int(rng.choice(4, p=(0.2, 0.25, 0.3, 0.25))), int(rng.integers(2))
    half = rng.uniform(0.3, 0.9)
    if kind == 0:
        return within.thin(tiles.cells(float(rng.choice((0.2, 1.0))), seed), rng.uniform(1.3, 2.6), half)
    if kind == 1:
        return within.thin(tiles.cells(1.0, seed), rng.uniform(0.35, 0.65), rng.uniform(0.2, 0.5))
    if kind == 2:
        return within.thin(tiles.sheets(seed), rng.uniform(0.45, 2.2), half)
    return within.thin(tiles.curves(seed), rng.uniform(0.45, 1.1), half + 0.3)


def honeycombing(rng: np.random.Generator, crop: Crop, share: Image) -> tuple[Image, Mask]:
    """Air in rounded holes back to back, with walls that are thick and dense."""
    within = Within(rng, share, crop.voxel_mm)
    kind, seed = int(rng.integers(4)), int(rng.integers(2))
    zoom = rng.uniform(0.45, 1.3)
    if kind < 2:
        walls = within.thin(tiles.cells((0.2, 1.0)[kind], seed), zoom, zoom * rng.uniform(0.4, 1.0))
    elif kind == 2:
        walls = 1.0 - within.thin(tiles.bubbles(seed), max(zoom, 0.75), rng.uniform(-0.4, 0.3))
    else:
        walls = _between_bumps(rng, within, seed)
    hole, wall = rng.uniform(-1010, -880), rng.uniform(-350, 60)
    hole_hu = hole + rng.uniform(0, 30) * within.smooth(6.0)
    wall_hu = wall + rng.uniform(10, 80) * within.smooth(8.0)
    return crop.hu + share * (hole_hu + walls * (wall_hu - hole_hu) - crop.hu), share > 0.5


def _between_bumps(rng: np.random.Generator, within: Within, seed: int) -> Image:
    """What lies between rounded bumps of one size."""
    level, wave = rng.uniform(-0.1, 0.5), rng.uniform(5.0, 10.0)
    steep = np.float32(rng.uniform(1.2, 2.5))
    return within.read(tiles.ripple(8.0, seed), wave / 8.0, lambda r: np.clip((level - r) * steep + 0.5, 0, 1))


def emphysema(rng: np.random.Generator, crop: Crop, share: Image) -> tuple[Image, Mask]:
    """Lung that is air only, without walls: holes of some mm, or all of the region; vessels stay."""
    within = Within(rng, share, crop.voxel_mm)
    kind, seed = int(rng.integers(4)), int(rng.integers(2))
    if kind == 0:
        holes = within.thin(tiles.bubbles(seed), rng.uniform(0.6, 1.8), rng.uniform(-0.3, 0.8))
        holes = holes * (within.smooth(rng.uniform(8, 20)) > rng.uniform(-1.2, 0.2))
    elif kind == 1:
        holes = 1.0 - _between_bumps(rng, within, seed)
    elif kind == 2:
        level = rng.uniform(-0.5, 1.0)
        holes = np.clip((within.smooth(rng.uniform(8, 24)) - level) * 2 + 0.5, 0, 1)
    else:
        holes = np.ones_like(share)
    seen = np.clip((crop.hu + 750) / -80, 0, 1) if rng.random() < 0.6 else np.float32(1)
    holes = holes * share * seen
    level = rng.uniform(-1010, -962)
    drawn: Image = (crop.hu + holes * (np.minimum(level, crop.hu) - crop.hu)).astype(np.float32)
    return drawn, holes > 0.5


LOOKS: dict[int, Look] = {
    GROUND_GLASS: ground_glass,
    CONSOLIDATION: consolidation,
    RETICULATION: reticulation,
    HONEYCOMBING: honeycombing,
    EMPHYSEMA: emphysema,
}
