"""Random structures that repeat without a seam: smooth noise, sheets, curves, cell walls, bubbles.

Every structure is a cube of `SIDE` voxels of `PITCH_MM`. Sheets, curves, cells and bubbles hold the distance in
mm to what they are made of, so that one cube serves every size and thickness.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage, spatial

from quant.engine.arrays import Image

SIDE = 128
PITCH_MM = 0.6
PERIOD_MM = SIDE * PITCH_MM
Points = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Pose:
    """How a cube lies in the scan: turned, enlarged by `zoom`, shifted in mm."""

    turn: npt.NDArray[np.float32]
    zoom: float
    shift: npt.NDArray[np.float32]

    @staticmethod
    def random(rng: np.random.Generator, zoom: float) -> Pose:
        """Any direction, any place."""
        turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
        return Pose(turn.astype(np.float32), zoom, rng.uniform(0, PERIOD_MM, 3).astype(np.float32))

    def read(self, tile: Image, points_mm: Points) -> Image:
        """The tile at points (n, 3) in mm, nearest voxel."""
        scaled = (points_mm @ self.turn) * np.float32(1.0 / (self.zoom * PITCH_MM)) + self.shift / np.float32(PITCH_MM)
        index = np.floor(scaled).astype(np.int32) % SIDE
        found: Image = tile.ravel()[(index[:, 0] * SIDE + index[:, 1]) * SIDE + index[:, 2]]
        return found


@cache
def noise(wave_mm: float, seed: int = 0) -> Image:
    """Smooth noise of mean 0 and SD 1 whose bumps are about `wave_mm` from one another."""
    sigma = wave_mm / PITCH_MM / 4.4
    raw = np.random.default_rng([1, seed]).normal(size=(SIDE,) * 3).astype(np.float32)
    smooth = ndimage.gaussian_filter(raw, sigma, mode="wrap")
    scaled: Image = ((smooth - smooth.mean()) / smooth.std()).astype(np.float32)
    return scaled


@cache
def ripple(wave_mm: float, seed: int = 0) -> Image:
    """Noise of one wavelength: rounded bumps of like size in no order, mean 0 and SD 1."""
    frequency = np.fft.fftfreq(SIDE, PITCH_MM)
    z, y, x = np.meshgrid(frequency, frequency, frequency, indexing="ij", sparse=True)
    band = np.exp(-0.5 * ((np.sqrt(z**2 + y**2 + x**2) * wave_mm - 1.0) / 0.18) ** 2)
    raw = np.random.default_rng([2, seed]).normal(size=(SIDE,) * 3)
    waves = np.fft.ifftn(np.fft.fftn(raw) * band).real
    scaled: Image = (waves / waves.std()).astype(np.float32)
    return scaled


@cache
def sheets(seed: int = 0) -> Image:
    """Distance to bent sheets some 6 mm apart."""
    return np.abs(_zero_distance(ripple(12.0, seed)))


@cache
def curves(seed: int = 0) -> Image:
    """Distance to winding curves: where two families of sheets meet."""
    one, other = _zero_distance(ripple(15.0, seed)), _zero_distance(ripple(15.0, seed + 100))
    distance: Image = np.hypot(one, other)
    return distance


@cache
def cells(disorder: float, seed: int = 0) -> Image:
    """Distance to the walls of cells about 8 mm wide; `disorder` 0 alike .. 1 of all sizes."""
    rng = np.random.default_rng([3, seed])
    count = round((PERIOD_MM / 8.0) ** 3)
    seeds = rng.uniform(0, PERIOD_MM, (count, 3))
    for _ in range(0 if disorder >= 1.0 else 3):
        seeds = (seeds + (1.0 - disorder) * _push(seeds)) % PERIOD_MM
    tree: Any = spatial.cKDTree(seeds, boxsize=np.full(3, PERIOD_MM))
    near, _ = tree.query(_centres(), k=2)
    walls: Image = ((near[:, 1] - near[:, 0]) / 2).reshape((SIDE,) * 3).astype(np.float32)
    return walls


@cache
def bubbles(seed: int = 0) -> Image:
    """Distance to the surface of balls of 2-6 mm radius that touch but do not meet, negative inside."""
    rng = np.random.default_rng([4, seed])
    distance = np.full((SIDE,) * 3, 9.0, np.float32)
    for radius in np.sort(rng.uniform(2.0, 6.0, 1400))[::-1]:
        free = np.flatnonzero(distance.ravel()[::7] > radius + 0.3) * 7
        if not len(free):
            continue
        centre = np.array(np.unravel_index(rng.choice(free), distance.shape))
        reach = int(np.ceil((radius + 9.0) / PITCH_MM))
        axes = [(np.arange(-reach, reach + 1) + c) % SIDE for c in centre]
        z, y, x = np.meshgrid(*[np.arange(-reach, reach + 1) * PITCH_MM] * 3, indexing="ij", sparse=True)
        ball = np.sqrt(z**2 + y**2 + x**2).astype(np.float32) - np.float32(radius)
        window = np.ix_(*axes)
        distance[window] = np.minimum(distance[window], ball)
    return distance


def _push(seeds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A step away from the nearest neighbours."""
    tree: Any = spatial.cKDTree(seeds, boxsize=np.full(3, PERIOD_MM))
    _, near = tree.query(seeds, k=7)
    apart = seeds[:, None] - seeds[near[:, 1:]]
    apart -= PERIOD_MM * np.round(apart / PERIOD_MM)
    length = np.linalg.norm(apart, axis=2, keepdims=True)
    steps: npt.NDArray[np.float64] = (apart / length * np.clip(8.0 - length, 0, None)).mean(axis=1)
    return steps


def _zero_distance(field: Image) -> Image:
    """Signed distance in mm to where a smooth field is 0, to first order."""
    padded = np.pad(field, 1, mode="wrap")
    slopes = np.gradient(padded, PITCH_MM)
    slope = np.sqrt(sum(s**2 for s in slopes))[1:-1, 1:-1, 1:-1]
    distance: Image = (field / np.maximum(slope, 0.08)).astype(np.float32)
    return distance


def _centres() -> npt.NDArray[np.float64]:
    axis = (np.arange(SIDE) + 0.5) * PITCH_MM
    return np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
