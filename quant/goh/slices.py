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

from quant.engine.arrays import Hu, Image, Labels, Mask, Spacing
from quant.engine.errors import UnusableInput
from quant.goh import planes

SIZE = 224
SIDE_MM, MARGIN = 336.0, 1.04
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
    share, *sums = rows @ np.stack((lung.astype(np.float32), *planes.fields(hu, lung, pixel_mm))) @ columns.T
    return Square(planes.image(np.stack(sums), share), share, mm, rows, columns)


def _weights(count: int, own_mm: float, centre_mm: float, mm: float, size: int) -> Weights:
    """How much each of `count` pixels adds to each of `size`: linear, over the larger of both pixels."""
    wanted = centre_mm + (np.arange(size) - (size - 1) / 2) * mm
    apart = np.abs(wanted[:, None] - np.arange(count)[None] * own_mm)
    near = np.clip(1.0 - apart / max(mm, own_mm), 0.0, None)
    whole = max(mm, own_mm) / own_mm
    weights: Weights = (near / np.maximum(near.sum(axis=1, keepdims=True), 0.5 * whole)).astype(np.float32)
    return weights
