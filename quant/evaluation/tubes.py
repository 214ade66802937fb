"""Bronchi that were found against the centre lines that they were drawn along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from quant.engine.arrays import Mask, Spacing

Points = npt.NDArray[np.float64]

# Radii of the lumen: segmental bronchi and wider; the next two generations.
WIDE_MM, FINE_MM = 1.8, 1.2
STEP_MM, HIT_MM, BESIDE_MM = 1.0, 1.5, 2.0


class Branches(Protocol):
    """Straight branches: start and end (n, 3) x, y, z in mm, radii (n, 2) in mm."""

    @property
    def start(self) -> Points: ...
    @property
    def end(self) -> Points: ...
    @property
    def radii(self) -> Points: ...


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Points (n, 3) z, y, x in mm from the first voxel, about 1 mm apart, with the radius of the lumen there."""

    points: Points
    radius_mm: Points


@dataclass(frozen=True, slots=True)
class Agreement:
    """% of the length found; mL drawn more than 2 mm beside any branch, however thin."""

    wide_percent: float
    fine_percent: float
    false_ml: float


def lines(tree: Branches, origin_mm: tuple[float, float, float]) -> Lines:
    """Points along every branch of a tree; `origin_mm` is the place (x, y, z) of the first voxel."""
    points, radii = [], []
    for start, end, radius in zip(tree.start, tree.end, tree.radii, strict=True):
        share = np.linspace(0.0, 1.0, max(2, round(float(np.linalg.norm(end - start)) / STEP_MM) + 1))[:, None]
        points.append(start + (end - start) * share)
        radii.append(radius[0] + (radius[1] - radius[0]) * share[:, 0])
    found: Points = np.concatenate(points) - np.asarray(origin_mm)
    return Lines(found[:, ::-1], np.concatenate(radii))


def against(drawn: Lines, found: Mask, voxel_mm: Spacing) -> Agreement:
    """How far `found` (z, y, x) follows the lines inside the scan."""
    size = np.asarray(voxel_mm)
    inside = ((drawn.points >= 0) & (drawn.points <= size * (np.asarray(found.shape) - 1))).all(axis=1)
    points, radius = drawn.points[inside], drawn.radius_mm[inside]
    places = np.argwhere(found) * size
    if not len(places):
        return Agreement(0.0, 0.0, 0.0)
    hit = np.asarray(cKDTree(places).query(points, distance_upper_bound=HIT_MM)[0]) < HIT_MM
    apart, nearest = (np.asarray(part) for part in cKDTree(points).query(places))
    beside = apart > radius[nearest] + BESIDE_MM
    wide, fine = radius >= WIDE_MM, (radius >= FINE_MM) & (radius < WIDE_MM)
    wide_percent, fine_percent = (100.0 * float(hit[of].mean()) if of.any() else 100.0 for of in (wide, fine))
    return Agreement(wide_percent, fine_percent, int(beside.sum()) * float(size.prod()) / 1000.0)
