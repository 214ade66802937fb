"""Disease put into a clean scan: its truth is the region drawn, its look is the scan's own.

The HU are mixed as lung and tissue are: what is filled by a share f moves by f towards the HU of the filling. The
filling is averaged over the thickness of the slice, blurred by the scan's point spread, and where it hides the noise of
the scan, noise of the same texture is laid over it. Bright vessels stay where the disease leaves them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import ndimage

from quant.engine.arrays import Hu, Labels, Mask
from quant.engine.morphology import bounding_box
from quant.evaluation.base import Base
from quant.evaluation.disease import ORDER, VALUES, Wanted
from quant.evaluation.place import Flat, Ground, survey
from quant.evaluation.regions import settle
from quant.evaluation.textures import TEXTURES, Spot

PLANE_MM = 0.85
# What is brighter than this is no lung any more beyond its border, and a vessel within it where disease is darker.
BORDER_HU = (-100.0, -300.0)
VESSEL_HU, EMPHYSEMA_VESSEL_HU = (-300.0, 0.0), (-650.0, -400.0)
HU_RANGE = (-1024, 3071)


@dataclass(frozen=True, slots=True, eq=False)
class Inserted:
    """`hu` of the scan with disease, and `patterns`, the truth: labels 1..5 within the lungs of the base."""

    hu: Hu
    patterns: Labels


@dataclass(slots=True, eq=False)
class _Paint:
    """Over the ground: filled `share`, `colour` = share x HU, and whether darkening spares faint vessels."""

    share: Flat
    colour: Flat
    spares: Flat


@lru_cache(maxsize=2)
def ground_of(base: Base) -> Ground:
    """The ground of a base, kept for the next insertion."""
    return survey(base)


def insert(base: Base, wanted: Sequence[Wanted], seed: int) -> Inserted:
    """The base with the disease wanted; the same seed is the same disease, and grows with the percent.

    Raises:
        ValueError: more is wanted than the lungs hold.
    """
    ground = ground_of(base)
    free = np.ones(len(ground.index), bool)
    labels = np.zeros(len(ground.index), np.uint8)
    drawn = []
    for one in sorted(wanted, key=lambda w: ORDER.index(w.pattern)):
        own = (seed, VALUES[one.pattern], list(TEXTURES).index((one.pattern, one.style)))
        region, share = settle(ground, one, own, free)
        labels[region] = VALUES[one.pattern]
        free &= ~region
        drawn.append((one, own, region, share))
    zeros = np.zeros(len(ground.index), np.float32)
    paint = _Paint(zeros, zeros.copy(), zeros.copy())
    for one, own, region, share in reversed(drawn):
        _lay(paint, base, ground, one, own, region, share)
    return Inserted(_mix(base, ground, paint, seed), ground.spread(labels))


def _lay(
    paint: _Paint, base: Base, ground: Ground, one: Wanted, seed: tuple[int, ...], region: Mask, share: Flat
) -> None:
    """One pattern over those before it."""
    if one.pattern == "emphysema":
        share = share * ground.lung
    at = np.flatnonzero(share > 0)
    fill, colour = _planes(ground, one, seed, ground.points[at], ground.points[region])
    part = share[at]
    paint.share[at] = paint.share[at] * (1 - part) + part * fill
    paint.colour[at] = paint.colour[at] * (1 - part) + part * colour
    paint.spares[at] = paint.spares[at] * (1 - part) + part * (one.pattern == "emphysema")


def _planes(ground: Ground, one: Wanted, seed: tuple[int, ...], points: Flat, region: Flat) -> tuple[Flat, Flat]:
    """Filled share, and share x HU, as means over the planes within the slices."""
    thickness, pixel = ground.voxel_mm[0], ground.voxel_mm[1]
    count = max(1, round(thickness / PLANE_MM))
    total, colour = np.zeros(len(points), np.float32), np.zeros(len(points), np.float32)
    spot, texture = Spot(ground, region, pixel, seed), TEXTURES[one.pattern, one.style]
    for offset in (np.arange(count) + 0.5) / count - 0.5:
        moved = points + np.array([offset * thickness, 0, 0], np.float32)
        fill, hu = texture(spot, moved)
        total += fill / count
        colour += fill * hu / count
    return total, colour


def _mix(base: Base, ground: Ground, paint: _Paint, seed: int) -> Hu:
    hu = base.volume.hu.copy()
    if not paint.share.any():
        return hu
    # Beyond the border only what still holds lung is filled.
    bright, dark = BORDER_HU
    holds = np.where(ground.lung, 1.0, np.clip((bright - ground.hu) / (bright - dark), 0.0, 1.0)).astype(np.float32)
    share = ground.spread(paint.share * holds)
    colour, spares = ground.spread(paint.colour * holds), ground.spread(paint.spares)
    box = bounding_box(share > 0, (0, 6, 6))
    sigma = (0.0, *(base.grain.blur_mm / mm for mm in base.volume.voxel_mm[1:]))
    soft, ink = (ndimage.gaussian_filter(a[box], sigma, truncate=3.0) for a in (share, colour))
    old = hu[box].astype(np.float32)
    change = ink - soft * old
    low = VESSEL_HU[0] + spares[box] * (EMPHYSEMA_VESSEL_HU[0] - VESSEL_HU[0])
    high = VESSEL_HU[1] + spares[box] * (EMPHYSEMA_VESSEL_HU[1] - VESSEL_HU[1])
    vessel = np.clip((old - low) / (high - low), 0.0, 1.0)
    change = np.where(change < 0, change * (1 - vessel), change)
    hidden = np.sqrt(np.clip(1.0 - (1.0 - soft) ** 2, 0.0, 1.0)) * np.clip(np.abs(change) / 100.0, 0.0, 1.0)
    noise = base.grain.noise(old.shape, np.random.default_rng((seed, 99)))
    hu[box] = np.clip(np.rint(old + change + noise * hidden), *HU_RANGE).astype(np.int16)
    return hu
