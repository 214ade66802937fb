"""A chest as the level network sees it: lungs and what lies between them, on a coarse grid of one size in mm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quant.engine.arrays import LEFT, RIGHT, Hu, Image, Labels, Mask, Spacing

# Grid of the network, mm (z, y, x), and voxels of its window (y, x): 240 x 320 mm hold the lungs of adults.
GRID_MM: Spacing = (3.0, 5.0, 5.0)
WINDOW = (48, 64)
MARGIN_MM = 24.0
AIR_HU = -1000.0
# HU to -1..1: the lung, and soft tissue alone, where vessels and fat differ.
WINDOWS_HU = ((-1000.0, 0.0), (-150.0, 250.0))
CHANNELS = 3
LANDMARKS = ("great_vessels", "carina", "confluence", "dome")

Weights = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """`hu` and `side` (z, y, x) on the network's grid; `side` is the share of right minus that of left lung, -1..1.

    `bottom_mm` is the height of the lowest plane above the lowest slice of the scan, both by their middles.
    """

    hu: Image
    side: Image
    bottom_mm: float

    def part(self, start: int, stop: int) -> View:
        """The planes from `start` to before `stop`."""
        return View(self.hu[start:stop], self.side[start:stop], self.bottom_mm + start * GRID_MM[0])


def view(hu: Hu, lungs: Labels, voxel_mm: Spacing) -> View | None:
    """The scan around its lungs; None where there are none. Slices lie at whole multiples of their distance."""
    lung = lungs > 0
    if not lung.any():
        return None
    spans = [_span(lung, axis, voxel_mm[axis]) for axis in range(3)]
    low, high = max(spans[0][0] - MARGIN_MM, 0.0), min(spans[0][1] + MARGIN_MM, (len(hu) - 1) * voxel_mm[0])
    z = np.arange(low, high + 1e-6, GRID_MM[0])
    axes = [z, *(_around(span, n, mm) for span, n, mm in zip(spans[1:], WINDOW, GRID_MM[1:], strict=True))]
    tents = [tent(axis, n, mm, grid) for axis, n, mm, grid in zip(axes, hu.shape, voxel_mm, GRID_MM, strict=True)]
    sides = (lungs == RIGHT).astype(np.float32) - (lungs == LEFT)
    return View(spread(hu.astype(np.float32) - AIR_HU, tents) + AIR_HU, spread(sides, tents), float(low))


def inputs(hu: Image, side: Image) -> Image:
    """The channels (3, z, y, x), each -1..1, that the network takes."""
    seen = [np.clip((hu - low) / (high - low) * 2 - 1, -1, 1) for low, high in WINDOWS_HU]
    return np.stack([*seen, side]).astype(np.float32)


def tent(targets_mm: npt.NDArray[np.float64], count: int, mm: float, grid_mm: float) -> Weights:
    """Weights (targets, count) of linear interpolation that averages over a grid step where voxels are finer.

    A target outside the voxels has none.
    """
    places = np.arange(count) * mm
    found = np.clip(1 - np.abs(targets_mm[:, None] - places[None]) / max(mm, grid_mm), 0, None)
    found[(targets_mm < -mm / 2) | (targets_mm > places[-1] + mm / 2)] = 0
    total = found.sum(axis=1, keepdims=True)
    shares: Weights = (found / np.where(total > 0, total, 1)).astype(np.float32)
    return shares


def spread(values: Image, tents: list[Weights]) -> Image:
    """Values (z, y, x) taken to the targets of each axis."""
    z, y, x = tents
    # Axis by axis, each time only where something is taken from.
    planes = np.tensordot(z, values, (1, 0))
    return np.asarray(y @ planes @ x.T, np.float32)


def _span(lung: Mask, axis: int, mm: float) -> tuple[float, float]:
    filled = np.flatnonzero(lung.any(axis=tuple({0, 1, 2} - {axis})))
    return float(filled[0]) * mm, float(filled[-1]) * mm


def _around(span: tuple[float, float], count: int, mm: float) -> npt.NDArray[np.float64]:
    """Places of a window about the middle of a span."""
    middle = (span[0] + span[1]) / 2
    return np.asarray(middle + (np.arange(count) - (count - 1) / 2) * mm, np.float64)
