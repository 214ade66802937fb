"""One slice as the scoring network takes it: the lungs alone, on a square of constant millimetres.

Pixels have the same size in every person, since lines and cysts have; only lungs too wide for the square are made to
fit it. What lies outside the lungs is 0, like vacuum: chest wall, arms and contrast medium tell nothing about the lung,
and a dense part of it differs from what is beyond its border. A line is thinner than such a pixel: how much the scan's
own pixels in it differ, and how much they look like bright lines and like dark holes, are planes of their own. They
tell lines of every drawing from a veil of the same density (docs/models/goh_scores.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from quant.engine.arrays import Hu, Image, Labels, Mask, Spacing
from quant.engine.errors import UnusableInput
from quant.engine.ridges import bent

SIZE = 224
SIDE_MM, MARGIN = 336.0, 1.04
LOW_HU, HIGH_HU = -1000.0, 200.0
PLANES = 4
# What is 1 in the further planes.
MOST_SPREAD_HU, MOST_LINE_HU, MOST_HOLE_HU = 300.0, 100.0, 40.0
BENT_MM = 0.8
FILL_MM = 3.0
LEAST_SHARE = 1e-3
LEAST_LUNG_MM2 = 500.0
Weights = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Square:
    """A slice on the network's grid: `image` (PLANES, size, size) 0..1 and `lung` (size, size), float32.

    The planes are the density, the spread, and how much of a line and of a hole there is in what is lung in each
    pixel, times the share of it that is lung.
    `rows` and `columns` (size, pixels of the slice) are the weights that brought it there.
    """

    image: Image
    lung: Image
    mm: float
    rows: Weights
    columns: Weights

    def bring(self, plane: Image | Mask) -> Image:
        """Another plane (y, x) of the same slice on the grid."""
        found: Image = self.rows @ plane.astype(np.float32) @ self.columns.T
        return found


def of_scan(hu: Hu, lungs: Labels, index: int, voxel_mm: Spacing, size: int = SIZE) -> Square:
    """Slice `index` of a scan (z, y, x) whose lungs are labelled; `voxel_mm` (z, y, x).

    Raises:
        UnusableInput: the slice lies outside the scan (`no_slice`), or holds no lung to score (`no_lung`).
    """
    if not 0 <= index < len(hu):
        raise UnusableInput("no_slice", f"slice {index} of a scan with {len(hu)} slices")
    return square(hu[index].astype(np.float32), lungs[index] > 0, voxel_mm[1:], size, f"slice {index}")


def square(hu: Image, lung: Mask, pixel_mm: tuple[float, float], size: int = SIZE, name: str = "the slice") -> Square:
    """A slice (y, x) with pixels of `pixel_mm` (y, x) on the grid, the box of its lungs in the middle.

    Raises:
        UnusableInput: less than 5 cm2 of lung (`no_lung`).
    """
    area = float(np.count_nonzero(lung)) * pixel_mm[0] * pixel_mm[1]
    if area < LEAST_LUNG_MM2:
        raise UnusableInput("no_lung", f"{name} holds {area / 100:.1f} cm2 of lung, too little to score")
    ends = [np.flatnonzero(lung.any(axis=axis))[[0, -1]] for axis in (1, 0)]
    centres = [(first + last) / 2 * mm for (first, last), mm in zip(ends, pixel_mm, strict=True)]
    widths = [(last + 1 - first) * mm for (first, last), mm in zip(ends, pixel_mm, strict=True)]
    mm = max(SIDE_MM, MARGIN * max(widths)) / size
    rows, columns = (
        _weights(n, own_mm, centre, mm, size) for n, own_mm, centre in zip(hu.shape, pixel_mm, centres, strict=True)
    )
    scaled = np.clip((hu - LOW_HU) / (HIGH_HU - LOW_HU), 0.0, 1.0).astype(np.float32) * lung
    density, square_density, share = (
        rows @ plane @ columns.T for plane in (scaled, scaled**2, lung.astype(np.float32))
    )
    bends = (rows @ plane @ columns.T for plane in _bends(hu, lung, pixel_mm))
    return Square(np.stack((density, _spread(density, square_density, share), *bends)), share, mm, rows, columns)


def _bends(hu: Image, lung: Mask, pixel_mm: tuple[float, float]) -> tuple[Image, Image]:
    """How much of a line and of a hole there is at each pixel of the scan, 0..1; the lung goes on beyond its border."""
    scaled = np.clip(hu, LOW_HU, HIGH_HU).astype(np.float32)
    fill = [FILL_MM / mm for mm in pixel_mm]
    weight = np.maximum(ndimage.gaussian_filter(lung.astype(np.float32), fill), LEAST_SHARE)
    filled = np.where(lung, scaled, ndimage.gaussian_filter(scaled * lung, fill) / weight)
    height, width = (BENT_MM / mm for mm in pixel_mm)
    line, _, hole = bent(filled[None], (height, width), pixel_mm)
    lines, holes = (
        np.clip(one[0] * BENT_MM**2 / most, 0.0, 1.0) * lung
        for one, most in ((line, MOST_LINE_HU), (hole, MOST_HOLE_HU))
    )
    return lines.astype(np.float32), holes.astype(np.float32)


def _spread(density: Image, square_density: Image, share: Image) -> Image:
    """SD of the pixels of the scan that are lung, from their sums over each pixel of the grid."""
    whole = np.maximum(share, LEAST_SHARE)
    variance = np.maximum(square_density / whole - (density / whole) ** 2, 0.0)
    spread = np.clip(np.sqrt(variance) * (HIGH_HU - LOW_HU) / MOST_SPREAD_HU, 0.0, 1.0) * share
    return spread.astype(np.float32)


def _weights(count: int, own_mm: float, centre_mm: float, mm: float, size: int) -> Weights:
    """How much each of `count` pixels adds to each of `size`: linear, over the larger of both pixels."""
    wanted = centre_mm + (np.arange(size) - (size - 1) / 2) * mm
    apart = np.abs(wanted[:, None] - np.arange(count)[None] * own_mm)
    near = np.clip(1.0 - apart / max(mm, own_mm), 0.0, None)
    whole = max(mm, own_mm) / own_mm
    weights: Weights = (near / np.maximum(near.sum(axis=1, keepdims=True), 0.5 * whole)).astype(np.float32)
    return weights
