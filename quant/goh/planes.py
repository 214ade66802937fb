"""What the scoring network sees of a slice, pixel by pixel of the scan: density, its square, lines and holes."""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage

from quant.engine.arrays import Image, Mask
from quant.engine.ridges import bent

LOW_HU, HIGH_HU = -1000.0, 200.0
# Density, spread, lines, holes.
PLANES = 4
# What is 1 in the further planes.
MOST_SPREAD_HU, MOST_LINE_HU, MOST_HOLE_HU = 300.0, 100.0, 40.0
BENT_MM = 0.8
FILL_MM = 3.0
LEAST_SHARE = 1e-3
# Filters end at four SD; curvature takes two pixels more.
REACH_MM, REACH_PX = 4 * FILL_MM + 4 * BENT_MM, 2


def fields(hu: Image, lung: Mask, pixel_mm: tuple[float, float]) -> Image:
    """(4, y, x) of a slice (y, x) in HU with pixels of `pixel_mm` (y, x): density 0..1, its square, lines, holes.

    All are 0 outside the lung. What is said of a pixel hangs on nothing farther away than `reach`.
    """
    scaled = np.clip((hu - LOW_HU) / (HIGH_HU - LOW_HU), 0.0, 1.0).astype(np.float32) * lung
    return np.stack((scaled, scaled**2, *_bends(hu, lung, pixel_mm)))


def reach(pixel_mm: tuple[float, float]) -> tuple[int, int]:
    """How many pixels (y, x) away a change of HU is felt."""
    rows, columns = (math.ceil(REACH_MM / mm) + REACH_PX for mm in pixel_mm)
    return rows, columns


def image(sums: Image, share: Image) -> Image:
    """The network's planes (PLANES, y, x) from `fields` summed over each pixel of its grid, `share` of it lung."""
    whole = np.maximum(share, LEAST_SHARE)
    variance = np.maximum(sums[1] / whole - (sums[0] / whole) ** 2, 0.0)
    spread = np.clip(np.sqrt(variance) * (HIGH_HU - LOW_HU) / MOST_SPREAD_HU, 0.0, 1.0) * share
    return np.stack((sums[0], spread, sums[2], sums[3])).astype(np.float32)


def _bends(hu: Image, lung: Mask, pixel_mm: tuple[float, float]) -> tuple[Image, Image]:
    """How much of a line and of a hole there is at each pixel, 0..1; the lung goes on beyond its border."""
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
