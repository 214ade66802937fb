"""Slices with ground glass and reticulation of exactly known scores, drawn into slices without disease.

Half of them stay without: what looks like disease and is none (dense parts that hang down, expiration, streaks,
emphysema, noise) is drawn there as well. A score counts the voxels of the lung in which at least half of the pattern
was drawn, in % of the lung of the slice. Where lines lie on ground glass both are drawn and both count; where cysts or
consolidation hide what was there before, that does not. TOT counts the union.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from quant.engine.arrays import Image, Mask
from quant.engine.patterns import CONSOLIDATION, EMPHYSEMA, GROUND_GLASS, HONEYCOMBING, RETICULATION
from quant.training.patterns import looks
from quant.training.patterns.regions import Crop, layers, region
from quant.training.patterns.samples import nuisance, scanned
from quant.training.patterns.scans import Clean

HALF = 0.5
CLEAN_SHARE, EMPHYSEMA_SHARE = 0.5, 0.12
LEAST_AREA_SHARE = 0.12
MARGIN_PX = 8
MOST_BLOBS = 3
RISE_HU = (150.0, 350.0)
VEIL_SHARE = 0.35
MOST_VEIL = 0.08
BLOOD_HU, LUNG_HU = 50.0, -850.0
# Which patterns a diseased slice holds: ground glass, lines, both apart, both as one disease.
KINDS = ("glass", "lines", "apart", "fibrosis")
KIND_ODDS = (0.28, 0.24, 0.18, 0.30)


@dataclass(frozen=True, slots=True)
class Scores:
    """TOT, GG and RET of a slice in % of its lung area; max(GG, RET) <= TOT <= GG + RET."""

    tot: float
    gg: float
    ret: float


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A slice (y, x): `hu`, its `lung`, where `glass` and `lines` were drawn (bool), `pixel_mm` (y, x)."""

    hu: Image
    lung: Mask
    glass: Mask
    lines: Mask
    pixel_mm: tuple[float, float]

    @property
    def scores(self) -> Scores:
        """What a perfect reader would find."""
        return scores_of(self.glass, self.lines, self.lung)


def scores_of(glass: Mask, lines: Mask, lung: Mask) -> Scores:
    """Scores of patterns (y, x) over the lung of a slice."""
    area = max(1, int(np.count_nonzero(lung)))
    both = ((glass | lines) & lung, glass & lung, lines & lung)
    return Scores(*(100.0 * int(np.count_nonzero(one)) / area for one in both))


def draw(rng: np.random.Generator, chests: Sequence[Clean]) -> Drawn:
    """A random slice of one of the chests, without disease or with some drawn in."""
    crop, height = healthy(rng, chests[int(rng.integers(len(chests)))])
    crop = nuisance(rng, crop)
    if rng.random() < EMPHYSEMA_SHARE and (share := region(rng, crop, EMPHYSEMA)).any():
        crop = _seen(crop, looks.emphysema(rng, crop, share)[0])
    glass = lines = np.zeros(crop.hu.shape, bool)
    if rng.random() > CLEAN_SHARE:
        crop, glass, lines = insert(rng, crop, height)
    hu = scanned(rng, crop.hu)[0].astype(np.float32)
    return Drawn(hu, crop.lung[0], glass[0], lines[0], (crop.voxel_mm[1], crop.voxel_mm[2]))


def healthy(rng: np.random.Generator, chest: Clean) -> tuple[Crop, float]:
    """A slice as a crop of one, of a larger or smaller person, of one to three slices' thickness; its height 0..1.

    The height is that among the slices with lung: 0 at the base.
    """
    # The odds go by the root of the area.
    filled = np.flatnonzero(chest.odds**2 > LEAST_AREA_SHARE * chest.odds.max() ** 2)
    z = int(rng.choice(filled, p=chest.odds[filled] / chest.odds[filled].sum()))
    reach = int(rng.random() < 0.25)
    rows, columns = (np.flatnonzero(chest.lung[z].any(axis=axis)) for axis in (1, 0))
    cut = tuple(slice(max(0, int(at[0]) - MARGIN_PX), int(at[-1]) + 1 + MARGIN_PX) for at in (rows, columns))
    near = slice(max(0, z - reach), z + reach + 1)
    hu = chest.hu[(near, *cut)].astype(np.float32).mean(axis=0, keepdims=True)
    lung, depth = chest.lung[(slice(z, z + 1), *cut)], chest.depth[(slice(z, z + 1), *cut)]
    if rng.random() < 0.5:
        hu, lung, depth = (np.ascontiguousarray(plane[..., ::-1]) for plane in (hu, lung, depth))
    grown = rng.uniform(0.85, 1.15)
    mm = (chest.voxel_mm[0] * (2 * reach + 1), chest.voxel_mm[1] * grown, chest.voxel_mm[2] * grown)
    return Crop(hu, lung, depth * np.float32(grown), mm), float(np.searchsorted(filled, z)) / len(filled)


def insert(rng: np.random.Generator, crop: Crop, height: float) -> tuple[Crop, Mask, Mask]:
    """Ground glass, lines or both drawn into a slice at `height` 0..1 above the base; where each of them shows."""
    kind = str(rng.choice(KINDS, p=KIND_ODDS))
    glass = lines = np.zeros(crop.hu.shape, bool)
    for pattern, share in _shares(rng, crop, height, kind):
        shows = share > HALF
        if not shows.any():
            continue
        crop = _seen(crop, _LOOKS[pattern](rng, crop, share))
        # Lines lie on ground glass and both are seen; consolidation hides lines, and cysts take the place of all.
        if pattern in (GROUND_GLASS, CONSOLIDATION):
            glass = glass | shows
        else:
            lines = lines | shows
        if pattern == CONSOLIDATION:
            lines = lines & ~shows
        elif pattern == HONEYCOMBING:
            glass = glass & ~shows
    return crop, glass & crop.lung, lines & crop.lung


def _shares(rng: np.random.Generator, crop: Crop, height: float, kind: str) -> Iterator[tuple[int, Image]]:
    """What is drawn, in this order, and where."""
    cysts = ripe = edge = None
    if kind == "fibrosis" and rng.random() < HALF:
        part = ellipses(rng, crop, height) if rng.random() < HALF else np.float32(1)
        cysts, ripe, edge = (share * part for share in layers(rng, crop))
    if kind != "lines" and (edge is None or rng.random() < 0.6):
        yield GROUND_GLASS, edge if edge is not None and rng.random() < HALF else where(rng, crop, GROUND_GLASS, height)
    if kind != "glass":
        yield RETICULATION, ripe if ripe is not None else where(rng, crop, RETICULATION, height)
    if kind != "lines" and rng.random() < 0.25:
        yield CONSOLIDATION, where(rng, crop, CONSOLIDATION, height)
    if kind != "glass" and rng.random() < 0.4:
        yield HONEYCOMBING, cysts if cysts is not None else where(rng, crop, HONEYCOMBING, height)


def where(rng: np.random.Generator, crop: Crop, pattern: int, height: float) -> Image:
    """The share 0..1 of each voxel of the lung that a pattern takes: ellipses, or a rim, patches, balls."""
    if rng.random() < HALF:
        return ellipses(rng, crop, height)
    share = region(rng, crop, pattern)
    return share * ellipses(rng, crop, height) if rng.random() < HALF else share


def ellipses(rng: np.random.Generator, crop: Crop, height: float) -> Image:
    """One to three ellipses at any angle, rather near the pleura, larger at the base, with faded and uneven edges."""
    y, x = (np.arange(n, dtype=np.float32) * mm for n, mm in zip(crop.hu.shape[1:], crop.voxel_mm[1:], strict=True))
    places = np.argwhere(crop.lung[0])
    odds = np.exp(-crop.depth[0][crop.lung[0]] / rng.uniform(6, 40))
    centres = places[rng.choice(len(places), int(rng.integers(1, MOST_BLOBS + 1)), p=odds / odds.sum())]
    inside = np.full(crop.hu.shape[1:], -99.0, np.float32)
    for row, column in centres:
        radii = np.exp(rng.uniform(np.log(4), np.log(75), 2)) * (1.2 - 0.4 * height)
        angle = rng.uniform(0, np.pi)
        dy, dx = y[:, None] - y[row], x[None] - x[column]
        along, across = dy * np.cos(angle) + dx * np.sin(angle), dx * np.cos(angle) - dy * np.sin(angle)
        norm = np.sqrt((along / radii[0]) ** 2 + (across / radii[1]) ** 2)
        inside = np.maximum(inside, ((1.0 - norm) * radii.min()).astype(np.float32))
    rough = ndimage.gaussian_filter(rng.normal(size=inside.shape), rng.uniform(2, 8))
    uneven = inside + rng.uniform(0, 5) * rough / rough.std()
    share: Image = np.clip(HALF + uneven / rng.choice((0.8, 3.0, 8.0)), 0.0, 1.0).astype(np.float32) * crop.lung[0]
    return share[None]


def _glass(rng: np.random.Generator, crop: Crop, share: Image) -> Image:
    """Air replaced by tissue: HU added with grain, less where it is dense already, so that vessels stay."""
    if rng.random() < VEIL_SHARE:
        return looks.ground_glass(rng, crop, share)[0]
    within = looks.Within(rng, share, crop.voxel_mm)
    uneven = rng.uniform(0, 0.25) * within.smooth(rng.uniform(6, 30)) + rng.uniform(0, 0.3) * within.smooth(
        rng.uniform(1.8, 5.0)
    )
    room = np.clip((BLOOD_HU - crop.hu) / (BLOOD_HU - LUNG_HU), 0.0, 1.1)
    added: Image = crop.hu + share * rng.uniform(*RISE_HU) * np.clip(1 + uneven, 0.3, 1.8) * room
    return added


def _lines(rng: np.random.Generator, crop: Crop, share: Image) -> Image:
    """Lines on lung that is never as dense as ground glass: else nobody could tell whether both are there."""
    return looks.reticulation(rng, crop, share, MOST_VEIL)[0]


def _consolidation(rng: np.random.Generator, crop: Crop, share: Image) -> Image:
    return looks.consolidation(rng, crop, share)[0]


def _cysts(rng: np.random.Generator, crop: Crop, share: Image) -> Image:
    return looks.honeycombing(rng, crop, share)[0]


_LOOKS: dict[int, Callable[[np.random.Generator, Crop, Image], Image]] = {
    GROUND_GLASS: _glass,
    CONSOLIDATION: _consolidation,
    RETICULATION: _lines,
    HONEYCOMBING: _cysts,
}


def _seen(crop: Crop, hu: Image) -> Crop:
    return Crop(hu.astype(np.float32), crop.lung, crop.depth, crop.voxel_mm)
