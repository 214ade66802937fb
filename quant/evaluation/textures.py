"""What fills a region: for each voxel the share of it that is filled, and the HU it is filled with.

All are drawn as functions of the place in mm, so that a thick slice is the mean of planes within it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from scipy.spatial import cKDTree

from quant.evaluation.place import Flat, Ground, Points, Seed

TISSUE_HU, GAS_HU = 38.0, -990.0
Fill: TypeAlias = tuple[Flat, Flat]
SEPTA_MM, NET_MM, UPRIGHT = 17.0, 8.0, 0.45
CYST_MM, CYST_TRIES = (4.8, 4.0, 3.3, 2.7, 2.2, 1.8, 1.5), (0.04, 0.08, 0.14, 0.25, 0.35, 0.45, 0.5)
CYST_WALL_MM, SWELL_MM = 0.8, 0.6


@dataclass(frozen=True, eq=False)
class Spot:
    """One region, its voxels (z, y, x) in mm, and the pixel size below which nothing is drawn."""

    ground: Ground
    region: Points
    pixel_mm: float
    seed: Seed

    @cached_property
    def balls(self) -> tuple[Points, Flat]:
        """The cysts packed into the region: centres and radii."""
        return _packed(self.region, (*self.seed, 1), self.ground.voxel_ml)


def ground_glass(spot: Spot, points: Points) -> Fill:
    """Air replaced in part by tissue, grained; vessels keep their density by it."""
    strength = float(np.random.default_rng((*spot.seed, 1)).uniform(0.22, 0.38))
    grain = 0.16 * _noise(spot, points, 3.0, 2) + 0.14 * _noise(spot, points, 11.0, 3)
    fill = np.clip(strength * (1.0 + grain), 0.05, 0.6)
    return fill.astype(np.float32), _flat(points, TISSUE_HU)


def consolidation(spot: Spot, points: Points) -> Fill:
    """Airless lung with a few open bronchi that run towards the hilum."""
    tone = float(np.random.default_rng((*spot.seed, 1)).uniform(20.0, 60.0))
    fill = np.clip(0.975 + 0.02 * _noise(spot, points, 6.0, 2), 0.0, 1.0)
    fill *= 1.0 - 0.9 * _bronchi(spot, points)
    return fill.astype(np.float32), (tone + 8.0 * _noise(spot, points, 9.0, 3)).astype(np.float32)


def reticulation(spot: Spot, points: Points) -> Fill:
    """Septa and the finer lines between them, broken in places, on slightly dense lung; most stand upright."""
    septa = np.maximum.reduce([_sheet(spot, points, SEPTA_MM, width, salt) for width, salt in ((1.6, 10), (1.4, 20))])
    net = np.maximum.reduce([_sheet(spot, points, NET_MM, width, salt) for width, salt in ((1.1, 30), (1.0, 40))])
    broken = np.clip(0.75 + 0.5 * _noise(spot, points, 9.0, 50), 0.15, 1.0)
    lines = np.maximum(0.95 * septa * np.clip(broken + 0.3, 0.0, 1.0), 0.8 * net * broken)
    veil = np.clip(0.06 + 0.04 * _noise(spot, points, 5.0, 60), 0.0, 0.15)
    fill = 1.0 - (1.0 - lines) * (1.0 - veil)
    return fill.astype(np.float32), _flat(points, TISSUE_HU)


def honeycombing(spot: Spot, points: Points) -> Fill:
    """Round cysts of 3 to 10 mm packed until they touch, dense walls between them."""
    nearest, second = _two_nearest(points, *spot.balls)
    # Swollen until a wall is left between neighbours: they flatten each other.
    outside = np.maximum(nearest - SWELL_MM, (CYST_WALL_MM - (second - nearest)) / 2)
    gas = np.clip(0.5 - outside / max(spot.pixel_mm, 0.5), 0.0, 1.0)
    # Between cysts that do not touch lies fibrous lung with small bubbles of its own.
    loose = np.clip((outside - 1.0) / 1.5, 0.0, 1.0)
    wall = (
        -10.0
        + 30.0 * _noise(spot, points, 4.0, 2)
        - loose * np.clip(330.0 + 250.0 * _noise(spot, points, 2.2, 3), 0.0, 700.0)
    )
    paint = gas * (GAS_HU + 60.0) + (1.0 - gas) * wall
    return np.full(len(gas), 0.97, np.float32), paint.astype(np.float32)


def emphysema_centrilobular(spot: Spot, points: Points) -> Fill:
    """Holes without walls."""
    return _flat(points, 0.92), _flat(points, GAS_HU)


def emphysema_paraseptal(spot: Spot, points: Points) -> Fill:
    """Holes side by side, thin walls between them and towards the lung."""
    wall = np.maximum(_sheet(spot, points, 20.0, 0.9, 10), _sheet(spot, points, 26.0, 0.8, 20))
    return _flat(points, 0.95), (GAS_HU + 1000.0 * wall).astype(np.float32)


TEXTURES: dict[tuple[str, str], Callable[[Spot, Points], Fill]] = {
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


def _flat(points: Points, value: float) -> Flat:
    return np.full(len(points), value, np.float32)


def _noise(spot: Spot, points: Points, length_mm: float, salt: int) -> Flat:
    return spot.ground.noise(length_mm, (*spot.seed, salt), points)


def _sheet(spot: Spot, points: Points, length_mm: float, width_mm: float, salt: int) -> Flat:
    """A curved sheet: where a smooth field is zero, as wide as `width_mm` says with some variation."""
    # Slower along z: sheets stand upright, as the slices show them sharp.
    upright = points * np.array([UPRIGHT, 1.0, 1.0], np.float32)
    seed, step = (*spot.seed, salt), np.float32(0.3)
    here = spot.ground.noise(length_mm, seed, upright)
    slope2 = np.zeros_like(here)
    for axis, scale in enumerate((UPRIGHT, 1.0, 1.0)):
        beside = upright.copy()
        beside[:, axis] += step * np.float32(scale)
        slope2 += ((spot.ground.noise(length_mm, seed, beside) - here) / step) ** 2
    distance = np.abs(here) / np.maximum(np.sqrt(slope2), 0.3 / length_mm)
    width = width_mm * np.clip(1.0 + 0.35 * _noise(spot, points, 8.0, salt + 1), 0.3, 1.8)
    # A line thinner than a pixel is drawn a pixel wide and as much fainter.
    seen = np.maximum(width, spot.pixel_mm)
    sheet: Flat = (np.clip(0.5 - (distance - seen / 2) / spot.pixel_mm, 0.0, 1.0) * (width / seen)).astype(np.float32)
    return sheet


def _packed(region: Points, seed: Seed, voxel_ml: float) -> tuple[Points, Flat]:
    """Balls (centres, radii) within the region: large ones first, then smaller ones where there is room."""
    random = np.random.default_rng(seed)
    centres, radii = np.empty((0, 3), np.float32), np.empty(0, np.float32)
    for radius, tries in zip(CYST_MM, CYST_TRIES, strict=True):
        count = int(tries * 1000.0 * voxel_ml * len(region) / radius**3)
        points = region[random.integers(len(region), size=count)] if len(region) else region
        points = points[_from_balls(points, centres, radii) >= radius + CYST_WALL_MM]
        alive = np.ones(len(points), bool)
        pairs = cKDTree(points).query_pairs(2 * radius + CYST_WALL_MM, output_type="ndarray") if len(points) else ()
        for first, second in pairs:
            alive[max(first, second)] &= not alive[min(first, second)]
        centres = np.concatenate([centres, points[alive]])
        radii = np.concatenate([radii, np.full(int(alive.sum()), radius, np.float32)])
    return centres, radii


def _from_balls(points: Points, centres: Points, radii: Flat) -> Flat:
    """Distance to the surface of the nearest ball in mm, negative inside."""
    return _two_nearest(points, centres, radii)[0]


def _two_nearest(points: Points, centres: Points, radii: Flat) -> tuple[Flat, Flat]:
    """Distances to the surfaces of the two nearest balls in mm, the nearer first."""
    if not len(centres):
        return np.full(len(points), 1e3, np.float32), np.full(len(points), 1e3, np.float32)
    near = min(8, len(centres))
    distance, which = cKDTree(centres).query(points, k=near)
    outside = np.sort((distance - radii[which]).reshape(len(points), near).astype(np.float32), axis=1)
    return outside[:, 0], outside[:, min(1, near - 1)]


def _bronchi(spot: Spot, points: Points) -> Flat:
    """Share of each point that lies in one of a few tubes from the hilum of its side into the region."""
    share = np.zeros(len(points), np.float32)
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
        share = np.maximum(share, _tube(points, tip, start, float(random.uniform(0.7, 1.5)), spot.pixel_mm))
    return share


def _tube(points: Points, tip: Flat, start: Flat, radius_mm: float, pixel_mm: float) -> Flat:
    axis = start - tip
    along = np.clip((points - tip) @ axis / float(axis @ axis), 0.0, 1.0)
    distance = np.linalg.norm(points - tip - along[:, None] * axis, axis=1)
    radius = radius_mm * (0.6 + 0.4 * along)
    share: Flat = np.clip(0.5 - (distance - radius) / pixel_mm, 0.0, 1.0).astype(np.float32)
    return share
