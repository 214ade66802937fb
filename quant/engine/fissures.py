"""Fissures where they can be seen: bright sheets near their usual place, each followed as one smooth surface.

A lung is read in a frame whose last axis runs across the fissure, so that the fissure has one height for each
place of the first two. How little a voxel is like a thin bright sheet is its cost; the cheapest smooth surface
near a fitted one is found by dynamic programming from four sides, as depth is found from a pair of photographs
(semi-global matching, Hirschmueller 2008).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from quant.engine.arrays import Image, Mask, Spacing

PITCH_MM = 1.5
REACH_MM = 36.0
CONTROL_MM = (9.0, 30.0)
NEAR_MM = 8.0
STARTS_MM = (-20.0, -10.0, 0.0, 10.0, 20.0)
SIGMAS_MM = (14.0, 10.0, 7.0, 5.0, 3.5, 2.5)
USUAL_SD_MM = (14.0, 14.0, 14.0, 8.0, 8.0, 8.0)
STIFF = 100.0
DENSEST_HU = -400.0
FINE_VOXELS, ALONG_VOXELS = 0.9, 1.6
SHEET_HU = 30.0
SEEN = 0.4
LEAST_NEAR = 50
LEAST_SEEN = 0.15
STEP_COST, JUMP_COST = 0.08, 0.5
USUAL_COST, UNKNOWN_COST = 0.3, 0.8
INNER_VOXELS = 3
FADE_VOXELS = 3.0
FITTED_WEIGHT = 0.05
VESSEL_HU = -450.0

Grid = npt.NDArray[np.floating[Any]]
Height = Callable[[Grid], Grid]


class Frame(NamedTuple):
    """Axes (unit vectors, rows, in mm of z, y, x), the last across the fissure; where the grid begins; its shape."""

    axes: Grid
    origin: Grid
    shape: tuple[int, int, int]

    def points(self) -> Grid:
        """Points of the grid, (3, a, b, h), in mm of z, y, x."""
        steps = np.indices(self.shape, np.float32).reshape(3, -1) * PITCH_MM + self.origin[:, None]
        return np.asarray((self.axes.T @ steps).reshape(3, *self.shape), np.float64)


class Fissure(NamedTuple):
    """The surface of a fissure: `height` (a, b) in voxels of its frame; `seen`: how much of it, 0..1, beyond chance.

    Below LEAST_SEEN its height is the usual one.
    """

    frame: Frame
    height: Image
    seen: float

    def above(self, points_mm: Grid) -> npt.NDArray[np.bool_]:
        """Which points (n, 3), mm of z, y, x, lie beyond it."""
        a, b, h = (points_mm @ self.frame.axes.T - self.frame.origin).T / PITCH_MM
        found: npt.NDArray[np.bool_] = h > ndimage.map_coordinates(
            self.height, np.stack([a, b]), order=1, mode="nearest"
        )
        return found


def follow(hu: Image, lung: Mask, voxel_mm: Spacing, usual: Height) -> Fissure:
    """The fissure of a crop around a lung.

    `usual` gives signed distances in mm along z from the usual place of the fissure, positive above it, for points
    (3, ...) in mm of z, y, x from the first voxel of the crop.
    """
    frame = _frame(lung, voxel_mm, usual)
    points = frame.points()
    expected = _crossing(usual(points))
    read = points / np.reshape(voxel_mm, (3, 1, 1, 1))
    inside = ndimage.map_coordinates(lung.astype(np.uint8), read, order=0) > 0
    sheet = _sheet(_read(hu, lung, read), inside)
    fitted, share = _fit(sheet, inside, expected)
    seen = max(0.0, share - _by_chance(sheet, inside, fitted))
    return Fissure(frame, _refine(sheet, inside, fitted) if seen >= LEAST_SEEN else expected, seen)


def _frame(lung: Mask, voxel_mm: Spacing, usual: Height) -> Frame:
    """Axes by the plane nearest to where the fissure usually runs in this lung; room on both sides of it."""
    points = np.argwhere(lung[::2, ::2, ::2]) * 2.0 * voxel_mm
    away = np.abs(usual(points.T))
    # Lungs that others drew may lie nowhere near where a fissure usually runs.
    near = points[away <= max(2 * PITCH_MM, np.sort(away)[:LEAST_NEAR][-1])]
    axes = np.linalg.svd(near - near.mean(axis=0), full_matrices=False)[2]
    axes[2] *= np.sign(axes[2, 0]) or 1.0
    along, room = points @ axes[:2].T, (near @ axes[2])
    low = np.append(along.min(axis=0), np.percentile(room, 2) - REACH_MM)
    high = np.append(along.max(axis=0), np.percentile(room, 98) + REACH_MM)
    a, b, h = (int(n) + 1 for n in (high - low) / PITCH_MM)
    return Frame(axes, low, (a, b, h))


def _crossing(signed: Grid) -> Image:
    """Where the last axis passes from below to above."""
    return np.asarray((signed < 0).sum(axis=2), np.float32)


def _read(hu: Image, lung: Mask, at: Grid) -> Image:
    """HU on the frame's grid, outside the lung as dense as the lung is."""
    normal = np.float32(np.median(hu[lung]))
    filled = np.where(lung, np.minimum(hu, DENSEST_HU), normal)
    return np.asarray(ndimage.map_coordinates(filled, at, order=1, mode="nearest"), np.float32)


def _sheet(hu: Image, inside: Mask) -> Image:
    """0..1: how much brighter a voxel is than what lies across, and not along, the sheet; smoothed along it."""
    sigma = (ALONG_VOXELS, ALONG_VOXELS, FINE_VOXELS)
    across = -ndimage.gaussian_filter(hu, sigma, order=(0, 0, 2))
    along = [np.abs(ndimage.gaussian_filter(hu, FINE_VOXELS, order=o)) for o in ((2, 0, 0), (0, 2, 0))]
    bright = np.clip((across - 0.5 * np.maximum(*along)) / SHEET_HU, 0.0, 1.0)
    inner = ndimage.binary_erosion(inside, iterations=INNER_VOXELS)
    inner &= ~ndimage.binary_dilation(ndimage.binary_opening(hu > VESSEL_HU), iterations=2)
    return np.asarray(np.where(inner, ndimage.gaussian_filter(bright, (2.0, 2.0, 0.0)), 0.0), np.float32)


def _fit(sheet: Image, inside: Mask, expected: Image) -> tuple[Image, float]:
    """The bent plane through most of the sheets around the expected height, and the share of it on a sheet.

    Weighted least squares from several starts, each looking ever closer; what is usual holds it where little is seen.
    """
    places = np.argwhere((sheet > SEEN) & (sheet >= np.roll(sheet, 1, 2)) & (sheet >= np.roll(sheet, -1, 2)))
    offsets = places[:, 2] - expected[places[:, 0], places[:, 1]]
    near = np.abs(offsets) < REACH_MM / PITCH_MM
    places, offsets = places[near], offsets[near]
    basis = _basis(sheet.shape)
    rows, strength = basis[places[:, 0], places[:, 1]], sheet[tuple(places.T)]
    best, most = expected, -1.0
    for start in STARTS_MM:
        factors = np.zeros(basis.shape[2])
        factors[0] = start / PITCH_MM
        for sigma in SIGMAS_MM:
            apart = (offsets - rows @ factors) * PITCH_MM / sigma
            weight = strength * np.exp(-0.5 * apart**2)
            normal = (rows * weight[:, None]).T @ rows + np.diag(STIFF * (PITCH_MM / np.asarray(USUAL_SD_MM)) ** 2)
            factors = np.linalg.solve(normal, (rows * weight[:, None]).T @ offsets)
        height = np.asarray(expected + basis @ factors, np.float32)
        share = _share(sheet, inside, height)
        if share > most:
            best, most = height, share
    return best, most


def _by_chance(sheet: Image, inside: Mask, height: Image) -> float:
    """The most of the surface that lies on a sheet when it is moved away from where it belongs."""
    steps = np.arange(*CONTROL_MM, PITCH_MM) / PITCH_MM
    whole = np.count_nonzero(_at(inside, height))
    found = [0.0]
    for moved in (height + np.float32(step) for step in (*steps, *-steps)):
        fits = (moved >= 0) & (moved < sheet.shape[2] - 1)
        if fits.all() and np.count_nonzero(_at(inside, moved)) > whole / 2:
            found.append(_share(sheet, inside, moved))
    return max(found)


def _basis(shape: tuple[int, ...]) -> Grid:
    """1, a, b and their squares and product at each place, a and b -1..1."""
    a, b = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape[:2]), indexing="ij")
    return np.stack([np.ones_like(a), a, b, a * a, b * b, a * b], axis=-1)


def _refine(sheet: Image, inside: Mask, fitted: Image) -> Image:
    """The fitted surface, moved to the sheets that lie close to it."""
    reach = (np.arange(sheet.shape[2]) - fitted[..., None]) * (PITCH_MM / NEAR_MM)
    height = _cheapest(_cost(sheet, inside, reach))
    weight = _at(sheet, height) + FITTED_WEIGHT
    total = ndimage.gaussian_filter(weight, FADE_VOXELS, mode="nearest")
    moved = ndimage.gaussian_filter((height - fitted) * weight, FADE_VOXELS, mode="nearest") / total
    return np.asarray(fitted + moved, np.float32)


def _cost(sheet: Image, inside: Mask, reach: Grid) -> Image:
    """Cheap where there is a sheet, dear away from the usual place; `reach` is 1 where the search ends."""
    cost = np.where(inside, 1.0 - sheet, UNKNOWN_COST) + USUAL_COST * reach**2
    return np.asarray(np.where(np.abs(reach) > 1, 4.0, cost), np.float32)


def _cheapest(cost: Image) -> Image:
    """The height (a, b) of least cost, paths from four sides added up."""
    total = np.zeros_like(cost)
    for axis in (0, 1):
        for turn in (1, -1):
            ordered = np.moveaxis(cost, axis, 0)[::turn]
            np.moveaxis(total, axis, 0)[::turn] += _paths(ordered)
    return np.asarray(total.argmin(axis=2), np.float32)


def _paths(cost: Image) -> Image:
    """Least cost of any path along the first axis that ends at each voxel."""
    found = np.empty_like(cost)
    found[0] = cost[0]
    for row in range(1, len(cost)):
        last = found[row - 1]
        least = last.min(axis=1, keepdims=True)
        best = np.minimum(last, least + JUMP_COST)
        best[:, 1:] = np.minimum(best[:, 1:], last[:, :-1] + STEP_COST)
        best[:, :-1] = np.minimum(best[:, :-1], last[:, 1:] + STEP_COST)
        found[row] = cost[row] + best - least
    return found


def _at(values: npt.NDArray[Any], height: Image) -> npt.NDArray[Any]:
    """Values at the heights."""
    index = np.clip(np.rint(height), 0, values.shape[2] - 1).astype(np.intp)[..., None]
    return np.take_along_axis(values, index, axis=2)[..., 0]


def _share(sheet: Image, inside: Mask, height: Image) -> float:
    """How much of the surface within the lung lies on a sheet, one voxel up or down."""
    within = _at(inside, height)
    near = np.max([_at(sheet, height + step) for step in (-1, 0, 1)], axis=0)
    return float((near[within] > SEEN).mean()) if within.any() else 0.0
