"""Solids as signed distances in mm (negative inside) on coordinate fields. Pure geometry."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

Field = npt.NDArray[np.floating[Any]]
Point = tuple[float, float, float]


class Coords(NamedTuple):
    """Where each voxel lies in the reference chest, mm: x to the left, y to the back, z to the head."""

    x: Field
    y: Field
    z: Field

    def part(self, cut: tuple[slice, ...]) -> Coords:
        """The same coordinates of a part of the grid."""
        return Coords(self.x[cut], self.y[cut], self.z[cut])


def smooth_min(a: Field, b: Field, radius: float) -> Field:
    """Union of two solids, the seam between them filled to about `radius` mm."""
    h = np.clip(0.5 + 0.5 * (b - a) / radius, 0.0, 1.0)
    return (b + (a - b) * h - radius * h * (1.0 - h)).astype(np.float32)


def smooth_max(a: Field, b: Field, radius: float) -> Field:
    """Intersection of two solids, its edge rounded to about `radius` mm."""
    return -smooth_min(-a, -b, radius)


def ellipsoid(at: Coords, centre: Point, radii: Point, axes: npt.NDArray[np.float64] | None = None) -> Field:
    """Ellipsoid with radii along `axes` (rows, default x y z); first-order distance."""
    dx, dy, dz = (c - np.float32(p) for c, p in zip(at, centre, strict=True))
    along = np.eye(3) if axes is None else axes
    x, y, z = (np.float32(a) * dx + np.float32(b) * dy + np.float32(c) * dz for a, b, c in along)
    rx, ry, rz = (np.float32(r) for r in radii)
    norm = np.sqrt((x / rx) ** 2 + (y / ry) ** 2 + (z / rz) ** 2)
    slope = np.sqrt((x / rx**2) ** 2 + (y / ry**2) ** 2 + (z / rz**2) ** 2)
    distance: Field = norm * (norm - 1.0) / np.maximum(slope, 1e-4)
    return distance


def tube(at: Coords, points: Sequence[Point], radii: Sequence[float]) -> Field:
    """A round tube along a polyline, its radius changing from point to point."""
    parts = zip(points[:-1], points[1:], radii[:-1], radii[1:], strict=True)
    found: Field | None = None
    for a, b, ra, rb in parts:
        piece = capsule(at, a, b, ra, rb)
        found = piece if found is None else np.minimum(found, piece)
    assert found is not None  # noqa: S101
    return found


def capsule(at: Coords, a: Point, b: Point, ra: float, rb: float) -> Field:
    """One piece of a tube with round ends."""
    way = np.subtract(b, a)
    offsets = [c - np.float32(p) for c, p in zip(at, a, strict=True)]
    along = sum((o * np.float32(d) for o, d in zip(offsets, way, strict=True)), np.float32(0))
    t = np.clip(along / np.float32(max(float(way @ way), 1e-6)), 0.0, 1.0)
    square = sum(((o - t * np.float32(d)) ** 2 for o, d in zip(offsets, way, strict=True)), np.float32(0))
    distance: Field = np.sqrt(np.asarray(square)) - (np.float32(ra) + t * np.float32(rb - ra))
    return distance


def profile(z: Field, knots: Sequence[float], values: Sequence[float]) -> Field:
    """A measure that changes with height: smooth through the knots (ascending), constant beyond them."""
    heights, curve = _curve(tuple(knots), tuple(values))
    found: Field = np.interp(z, heights, curve).astype(np.float32)
    return found


@lru_cache(maxsize=64)
def _curve(
    knots: tuple[float, ...], values: tuple[float, ...]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    fine = np.linspace(knots[0], knots[-1], 256)
    return fine, PchipInterpolator(knots, values)(fine)


def to_distance(level: Field, pitch_mm: float) -> Field:
    """Scale an implicit surface (0 on it) to distances in mm near it by its own slope on a cubic grid."""
    slope = np.sqrt(sum((g**2 for g in np.gradient(level, pitch_mm)), np.zeros((), np.float32)))
    scaled: Field = (level / np.maximum(slope, 0.2 * np.median(slope))).astype(np.float32)
    return scaled


def share(distance: Field, width_mm: float) -> Field:
    """How much of a voxel `width_mm` wide lies inside a solid at this distance."""
    inside: Field = np.clip(np.float32(0.5) - distance * np.float32(1.0 / width_mm), 0.0, 1.0)
    return inside
