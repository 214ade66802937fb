"""Other bodies, scanners and crops out of one: cut, shifted, scaled, tilted, bent, thicker slices, contrast, noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage
from torch.nn.functional import grid_sample, interpolate

from quant.engine.arrays import Image
from quant.goh.level_view import AIR_HU, GRID_MM, MARGIN_MM, WINDOW, inputs
from quant.training.goh.level_cases import ARTERIES, CASE_MM, SYSTEMIC, VEINS, Case

Random = np.random.Generator
Points = npt.NDArray[np.float64]
KNOTS = (6, 4, 4)
# Spread (SD) of bends, mm (z, y, x); of turns, degrees about the same axes; of the middle, mm.
BEND_MM, TURN_DEGREES, SHIFT_MM = (7.0, 4.0, 4.0), (6.0, 3.0, 5.0), (0.0, 9.0, 9.0)
SCALE, STRETCH = 0.12, (0.12, 0.06, 0.06)
CUT_ODDS, MOST_CUT = 0.45, 0.65
THICK_ODDS, THICKEST_PLANES = 0.35, 2.5
CONTRAST_ODDS, DENSE_ODDS = 0.6, 0.35
BONE_HU = 60.0
ROUNDS = 12


class Sample(NamedTuple):
    """`image` (CHANNELS, z, y, x) as the network takes it; `planes` (4,) of the landmarks in it, NaN where unknown.

    A plane below 0 or above the last is that of a landmark outside the crop.
    """

    image: Image
    planes: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Warp:
    """Where a place of the new grid, in voxels from its middle, comes from in the case: an affine map and bends."""

    middle: Points
    matrix: Points
    bends: npt.NDArray[np.float32]
    shape: tuple[int, int, int]

    def sources(self) -> Points:
        """Voxels (3, z, y, x) of the case."""
        z, y, x = (np.arange(n) - (n - 1) / 2 for n in self.shape)
        grid = np.stack(np.meshgrid(z, y, x, indexing="ij")).reshape(3, -1)
        bent: Points = (self.matrix @ grid).reshape(3, *self.shape) + self.middle[:, None, None, None] + self._bent()
        return bent

    def planes_of(self, points: Points) -> npt.NDArray[np.float64]:
        """Planes of the new grid on which points (n, 3) of the case come to lie, by fixed-point steps."""
        half = (np.asarray(self.shape) - 1) / 2
        inverse = np.linalg.inv(self.matrix)
        bends = self._bent()
        found = np.zeros_like(points)
        for _ in range(ROUNDS):
            at = (found + half).T
            moved = np.stack([ndimage.map_coordinates(b, at, order=1, mode="nearest") for b in bends], axis=1)
            found = (points - self.middle - moved) @ inverse.T
        return np.asarray(found[:, 0] + half[0], np.float64)

    def _bent(self) -> npt.NDArray[np.float32]:
        knots = torch.from_numpy(self.bends)[None]
        return np.asarray(interpolate(knots, size=self.shape, mode="trilinear", align_corners=True)[0])


def plain(case: Case) -> Sample:
    """The whole case as it is."""
    warp = Warp(
        _middle(case), np.diag(np.divide(GRID_MM, CASE_MM)), np.zeros((3, *KNOTS), np.float32), (_height(case), *WINDOW)
    )
    hu, side, _ = _sampled(case, warp)
    return Sample(inputs(hu, side), warp.planes_of(case.points))


def vary(case: Case, random: Random) -> Sample:
    """One of endless others."""
    scales = np.exp(random.normal(0, SCALE)) * np.exp(random.normal(0, STRETCH))
    matrix = np.diag(1 / np.asarray(CASE_MM)) @ _turn(random) @ np.diag(scales * GRID_MM)
    planes = round(_height(case) / scales[0])
    low, high = _cuts(planes, random)
    middle = _middle(case) + random.normal(0, SHIFT_MM) / CASE_MM
    # The crop's own middle lies above or below that of the lungs.
    middle = middle + matrix[:, 0] * ((low + high) / 2 - planes / 2)
    bends = random.normal(0, 1, (3, *KNOTS)) * (np.asarray(BEND_MM) / CASE_MM)[:, None, None, None]
    warp = Warp(middle, matrix, bends.astype(np.float32), (high - low, *WINDOW))
    hu, side, blood = _sampled(case, warp)
    image = inputs(_rescanned(_diseased(hu, side, random), blood, random), side)
    return Sample(image, warp.planes_of(case.points))


def _height(case: Case) -> int:
    """Planes from below the lungs to above them."""
    lung = np.flatnonzero((case.side != 0).any(axis=(1, 2)))
    margin = int(MARGIN_MM / GRID_MM[0])
    return int(min(lung[-1] + margin, len(case.side) - 1) - max(lung[0] - margin, 0)) + 1


def _middle(case: Case) -> Points:
    """Voxel between the ends of the lungs with their margins."""
    margins = (int(MARGIN_MM / GRID_MM[0]), 0, 0)
    found = []
    for axis, margin in enumerate(margins):
        lung = np.flatnonzero((case.side != 0).any(axis=tuple({0, 1, 2} - {axis})))
        low, high = max(lung[0] - margin, 0), min(lung[-1] + margin, case.side.shape[axis] - 1)
        found.append((low + high) / 2)
    return np.asarray(found)


def _turn(random: Random) -> Points:
    """A rotation about the three axes."""
    found = np.eye(3)
    for axis, degrees in enumerate(random.normal(0, TURN_DEGREES)):
        a, b = sorted({0, 1, 2} - {axis})
        turn = np.eye(3)
        angle = np.radians(degrees)
        turn[a, a] = turn[b, b] = np.cos(angle)
        turn[a, b], turn[b, a] = -np.sin(angle), np.sin(angle)
        found = turn @ found
    return found


def _cuts(planes: int, random: Random) -> tuple[int, int]:
    """First and last plane: a little off each end, or much off one of them."""
    low, high = (int(random.uniform(0, 0.06) * planes) for _ in range(2))
    if random.random() < CUT_ODDS:
        much = int(random.uniform(0, MOST_CUT) * planes)
        low, high = (much, high) if random.random() < 0.5 else (low, much)
    return low, planes - high


def _sampled(case: Case, warp: Warp) -> tuple[Image, Image, Image]:
    """HU, side and blood of the case at the places of the warp."""
    sources = warp.sources()
    size = np.asarray(case.hu.shape)[:, None, None, None]
    where = torch.from_numpy((2 * sources[::-1] / (size[::-1] - 1) - 1).astype(np.float32)).permute(1, 2, 3, 0)[None]
    stack = np.stack([case.hu.astype(np.float32) - AIR_HU, case.side, *_filled(case)])
    found = grid_sample(torch.from_numpy(stack)[None], where, align_corners=True)[0].numpy()
    return found[0] + AIR_HU, found[1], found[2:]


def _filled(case: Case) -> list[Image]:
    return [(case.blood == value).astype(np.float32) for value in (VEINS, ARTERIES, SYSTEMIC)]


def _diseased(hu: Image, side: Image, random: Random) -> Image:
    """Dense parts in the lung, more at its base and its back."""
    if random.random() > DENSE_ODDS:
        return hu
    knots = random.normal(0, 1, (1, 1, *random.integers(4, 14, 3))).astype(np.float32)
    field = interpolate(torch.from_numpy(knots), size=hu.shape, mode="trilinear", align_corners=True)[0, 0].numpy()
    field += np.linspace(1, -1, len(field), dtype=np.float32)[:, None, None] * random.uniform(-0.3, 1.0)
    part = np.clip((field - random.uniform(0.2, 1.6)) * 4, 0, 1) * (np.abs(side) > 0.5)
    return np.asarray(hu + part * random.uniform(0.2, 1.0) * (random.uniform(-400, 40) - hu) * (hu < 0), np.float32)


def _rescanned(hu: Image, blood: Image, random: Random) -> Image:
    """Another contrast, slice thickness, calibration and noise."""
    # What is bright already, by contrast medium or calcium, is brought nearer to tissue, or left.
    over = np.clip(hu - BONE_HU, 0, None)
    hu = hu - over * np.float32(random.choice([0.0, random.uniform(0, 1)]))
    if random.random() < CONTRAST_ODDS:
        for part in blood:
            hu = hu + part * np.float32(random.uniform(0, 320) * (random.random() < 0.8))
    tissue = np.clip((hu + 100) / 100, 0, 1)
    hu = _thick(_float(hu + tissue * np.float32(random.uniform(-25, 25))), random)
    hu = _float(hu + np.float32(random.normal(0, 12)) * (1 - tissue) + np.float32(random.normal(0, 8)))
    blurred = random.uniform(0, 0.7)
    hu = _float(ndimage.gaussian_filter(hu, (0, blurred, blurred))) if random.random() < 0.4 else hu
    noise = random.standard_normal(hu.shape, np.float32)
    return np.asarray(hu + np.float32(random.uniform(0, 45)) * noise, np.float32)


def _float(hu: npt.NDArray[np.floating]) -> Image:
    return np.asarray(hu, np.float32)


def _thick(hu: Image, random: Random) -> Image:
    """Slices of 3 to 7.5 mm, read between."""
    if random.random() > THICK_ODDS:
        return hu
    step = random.uniform(1.0, THICKEST_PLANES)
    planes = np.arange(len(hu))
    slices = np.arange(random.uniform(0, step), len(hu) - 1, step)
    if len(slices) < 2:
        return hu
    tents = (np.clip(1 - np.abs(a[:, None] - b[None]) / step, 0, None) for a, b in ((slices, planes), (planes, slices)))
    taken, back = (weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-6) for weights in tents)
    # Beyond the last slice stands the last slice.
    back[planes < slices[0]] = np.eye(len(slices))[0]
    back[planes > slices[-1]] = np.eye(len(slices))[-1]
    return np.asarray(np.tensordot(back @ taken, hu, (1, 0)), np.float32)
