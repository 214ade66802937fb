"""What fills a region: for each voxel the share of it that is filled, and the HU it is filled with.

All are drawn as functions of the place in mm, so that a thick slice is the mean of planes within it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.spatial import cKDTree

from quant.evaluation.place import Flat, Ground, Points, Seed

TISSUE_HU, GAS_HU = 38.0, -990.0
Fill: TypeAlias = tuple[Flat, Flat]
SEPTA_MM, NET_MM, UPRIGHT = 17.0, 8.0, 0.45
CYST_MM, CYST_WALL_MM, CYST_TRIALS, CYST_ML = (1.4, 5.0), 0.9, 12, 0.06


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """Where a texture is asked for: points (z, y, x) in mm, and the pixel size below which nothing is drawn."""

    ground: Ground
    points: Points
    region: Points
    pixel_mm: float
    seed: Seed


def ground_glass(spot: Spot) -> Fill:
    """Air replaced in part by tissue, grained; vessels keep their density by it."""
    strength = float(np.random.default_rng((*spot.seed, 1)).uniform(0.22, 0.38))
    grain = 0.16 * _noise(spot, 3.0, 2) + 0.14 * _noise(spot, 11.0, 3)
    fill = np.clip(strength * (1.0 + grain), 0.05, 0.6)
    return fill.astype(np.float32), _flat(spot, TISSUE_HU)


def consolidation(spot: Spot) -> Fill:
    """Airless lung with a few open bronchi that run towards the hilum."""
    tone = float(np.random.default_rng((*spot.seed, 1)).uniform(20.0, 60.0))
    fill = np.clip(0.975 + 0.02 * _noise(spot, 6.0, 2), 0.0, 1.0)
    fill *= 1.0 - 0.9 * _bronchi(spot)
    return fill.astype(np.float32), (tone + 8.0 * _noise(spot, 9.0, 3)).astype(np.float32)


def reticulation(spot: Spot) -> Fill:
    """Septa and the finer lines between them, broken in places, on slightly dense lung; most stand upright."""
    septa = np.maximum.reduce([_sheet(spot, SEPTA_MM, width, salt) for width, salt in ((1.6, 10), (1.4, 20))])
    net = np.maximum.reduce([_sheet(spot, NET_MM, width, salt) for width, salt in ((1.1, 30), (1.0, 40))])
    broken = np.clip(0.75 + 0.5 * _noise(spot, 9.0, 50), 0.15, 1.0)
    lines = np.maximum(0.95 * septa * np.clip(broken + 0.3, 0.0, 1.0), 0.8 * net * broken)
    veil = np.clip(0.06 + 0.04 * _noise(spot, 5.0, 60), 0.0, 0.15)
    fill = 1.0 - (1.0 - lines) * (1.0 - veil)
    return fill.astype(np.float32), _flat(spot, TISSUE_HU)


def honeycombing(spot: Spot) -> Fill:
    """Round cysts of 3 to 10 mm packed until they touch, dense walls between them."""
    centres, radii = _packed(spot.region, CYST_MM, CYST_WALL_MM, (*spot.seed, 1), spot.ground.voxel_ml)
    outside = _from_balls(spot.points, centres, radii)
    gas = np.clip(0.5 - outside / max(spot.pixel_mm, 0.5), 0.0, 1.0)
    # Between cysts that do not touch lies fibrous lung with small bubbles of its own.
    loose = np.clip((outside - 1.0) / 1.5, 0.0, 1.0)
    wall = -10.0 + 30.0 * _noise(spot, 4.0, 2) - loose * np.clip(330.0 + 250.0 * _noise(spot, 2.2, 3), 0.0, 700.0)
    paint = gas * (GAS_HU + 60.0) + (1.0 - gas) * wall
    return np.full(len(gas), 0.97, np.float32), paint.astype(np.float32)


def emphysema_centrilobular(spot: Spot) -> Fill:
    """Holes without walls."""
    return _flat(spot, 0.92), _flat(spot, GAS_HU)


def emphysema_paraseptal(spot: Spot) -> Fill:
    """Holes side by side, thin walls between them and towards the lung."""
    wall = np.maximum(_sheet(spot, 20.0, 0.9, 10), _sheet(spot, 26.0, 0.8, 20))
    return _flat(spot, 0.95), (GAS_HU + 1000.0 * wall).astype(np.float32)


TEXTURES: dict[tuple[str, str], Callable[[Spot], Fill]] = {
    ("ground_glass", "patchy"): ground_glass,
    ("ground_glass", "lobular"): ground_glass,
    ("ground_glass", "diffuse"): ground_glass,
    ("consolidation", "small"): consolidation,
    ("consolidation", "large base"): consolidation,
    ("consolidation", "large wall"): consolidation,
    ("consolidation", "large apex"): consolidation,
    ("consolidation", "patchy"): consolidation,
    ("reticulation", "basal"): reticulation,
    ("honeycombing", "basal"): honeycombing,
    ("emphysema", "centrilobular"): emphysema_centrilobular,
    ("emphysema", "paraseptal"): emphysema_paraseptal,
}


def _flat(spot: Spot, value: float) -> Flat:
    return np.full(len(spot.points), value, np.float32)


def _noise(spot: Spot, length_mm: float, salt: int) -> Flat:
    return spot.ground.noise(length_mm, (*spot.seed, salt), spot.points)


def _sheet(spot: Spot, length_mm: float, width_mm: float, salt: int) -> Flat:
    """A curved sheet: where a smooth field is zero, as wide as `width_mm` says with some variation."""
    # Slower along z: sheets stand upright, as the slices show them sharp.
    upright = spot.points * np.array([UPRIGHT, 1.0, 1.0], np.float32)
    seed, step = (*spot.seed, salt), np.float32(0.3)
    here = spot.ground.noise(length_mm, seed, upright)
    slope2 = np.zeros_like(here)
    for axis, scale in enumerate((UPRIGHT, 1.0, 1.0)):
        beside = upright.copy()
        beside[:, axis] += step * np.float32(scale)
        slope2 += ((spot.ground.noise(length_mm, seed, beside) - here) / step) ** 2
    distance = np.abs(here) / np.maximum(np.sqrt(slope2), 0.3 / length_mm)
    width = width_mm * np.clip(1.0 + 0.35 * _noise(spot, 8.0, salt + 1), 0.3, 1.8)
    # A line thinner than a pixel is drawn a pixel wide and as much fainter.
    seen = np.maximum(width, spot.pixel_mm)
    sheet: Flat = (np.clip(0.5 - (distance - seen / 2) / spot.pixel_mm, 0.0, 1.0) * (width / seen)).astype(np.float32)
    return sheet


def _packed(
    region: Points, radius_mm: tuple[float, float], wall_mm: float, seed: Seed, voxel_ml: float
) -> tuple[Points, Flat]:
    """Balls within the region, put one by one where there is room and shrunk to fit."""
    random = np.random.default_rng(seed)
    volume_ml = len(region) * voxel_ml
    trials = min(len(region), int(CYST_TRIALS * volume_ml / CYST_ML))
    order = random.permutation(len(region))[:trials]
    wishes = np.sort(np.clip(random.lognormal(np.log(2.4), 0.4, trials), *radius_mm).astype(np.float32))[::-1]
    centres, radii = np.empty((trials, 3), np.float32), np.empty(trials, np.float32)
    count = 0
    for point, wish in zip(region[order], wishes, strict=True):
        gaps = np.sqrt(((centres[:count] - point) ** 2).sum(axis=1)) - radii[:count]
        room = min(wish, float(gaps.min(initial=np.inf)) - wall_mm)
        if room >= radius_mm[0]:
            centres[count], radii[count] = point, room
            count += 1
    return centres[:count], radii[:count]


def _from_balls(points: Points, centres: Points, radii: Flat) -> Flat:
    """Distance to the surface of the nearest ball in mm, negative inside."""
    if not len(centres):
        return np.full(len(points), 1e3, np.float32)
    near = min(6, len(centres))
    distance, which = cKDTree(centres).query(points, k=near)
    outside: Flat = (distance - radii[which]).reshape(len(points), near).min(axis=1).astype(np.float32)
    return outside


def _bronchi(spot: Spot) -> Flat:
    """Share of each point that lies in one of a few tubes from the hilum of its side into the region."""
    share = np.zeros(len(spot.points), np.float32)
    random = np.random.default_rng((*spot.seed, 4))
    if not len(spot.region):
        return share
    ground = spot.ground
    columns = ground.points[ground.lung, 2]
    middle = float(columns.min() + columns.max()) / 2
    core = ground.points[ground.lung].mean(axis=0)
    count = int(np.clip(len(spot.region) * ground.voxel_ml / 6.0, 2, 60))
    for tip in spot.region[random.integers(len(spot.region), size=count)]:
        hilum = np.array([core[0], core[1], middle + np.sign(tip[2] - middle) * 35.0], np.float32)
        way = hilum - tip
        start = tip + way / max(float(np.linalg.norm(way)), 1.0) * np.float32(random.uniform(12.0, 30.0))
        share = np.maximum(share, _tube(spot.points, tip, start, float(random.uniform(0.7, 1.5)), spot.pixel_mm))
    return share


def _tube(points: Points, tip: Flat, start: Flat, radius_mm: float, pixel_mm: float) -> Flat:
    axis = start - tip
    along = np.clip((points - tip) @ axis / float(axis @ axis), 0.0, 1.0)
    distance = np.linalg.norm(points - tip - along[:, None] * axis, axis=1)
    radius = radius_mm * (0.6 + 0.4 * along)
    share: Flat = np.clip(0.5 - (distance - radius) / pixel_mm, 0.0, 1.0).astype(np.float32)
    return share
