"""What a slice would look like without disease: what heat maps put in its place.

Made by code, and only its level, slope and grain are read off the slice: a piece of lung cut from the scan would bring
vessels where none are, the gravity of another place, and disease where no part of the lung is healthy.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from quant.engine.arrays import Image, Mask

# Aerated lung, in disease as well; the level of lung in a full breath, denser only where all of it is diseased.
AERATED_HU, LEVEL_HU = (-970.0, -650.0), (-910.0, -780.0)
LEVEL_PERCENT, GRAIN_PERCENT = 35.0, 35.0
# Supine lung is denser below by up to half a HU for each mm; prone it is the other way round.
MOST_SLOPE_HU_MM = 0.5
LEAST_PIXELS = 50
PLAIN_LEVEL_HU, PLAIN_GRAIN_HU, MOST_GRAIN_HU = -860.0, 25.0, 60.0
WINDOW_MM, BLUR_MM = 4.0, 0.5
SEED = 14


def healthy(hu: Image, lung: Mask, pixel_mm: tuple[float, float]) -> Image:
    """A plane (y, x) of lung without disease and without vessels, in HU, for the lung of this slice.

    `pixel_mm` (y, x). The same slice gives the same plane.
    """
    aerated = lung & (hu > AERATED_HU[0]) & (hu < AERATED_HU[1])
    # Its border holds part of the wall.
    inner = aerated & ndimage.binary_erosion(lung, iterations=2)
    at = inner if np.count_nonzero(inner) >= LEAST_PIXELS else aerated
    depth_mm = np.arange(len(hu), dtype=np.float32) * pixel_mm[0]
    level, slope, grain, middle = PLAIN_LEVEL_HU, 0.0, PLAIN_GRAIN_HU, float(depth_mm.mean())
    if np.count_nonzero(at) >= LEAST_PIXELS:
        down = depth_mm[np.nonzero(at)[0]]
        slope, middle = _slope(down, hu[at]), float(down.mean())
        level = float(np.percentile(hu[at] - slope * (down - middle), LEVEL_PERCENT))
        grain = float(np.percentile(_spread(hu, pixel_mm)[at], GRAIN_PERCENT))
    plane = np.clip(level, *LEVEL_HU) + slope * (depth_mm - middle)
    found: Image = plane[:, None] + min(grain, MOST_GRAIN_HU) * _noise(hu.shape, pixel_mm)
    return found.astype(np.float32)


def _slope(down: Image, hu: Image) -> float:
    """HU for each mm towards the back, as least squares have it."""
    apart = down - down.mean()
    slope = float((apart * hu).mean() / max(float((apart**2).mean()), 1e-6))
    return float(np.clip(slope, -MOST_SLOPE_HU_MM, MOST_SLOPE_HU_MM))


def _spread(hu: Image, pixel_mm: tuple[float, float]) -> Image:
    """SD of the pixels around each."""
    size = tuple(max(3, round(WINDOW_MM / mm)) for mm in pixel_mm)
    mean, square = (ndimage.uniform_filter(plane, size) for plane in (hu, hu**2))
    found: Image = np.sqrt(np.maximum(square - mean**2, 0.0))
    return found


def _noise(shape: tuple[int, ...], pixel_mm: tuple[float, float]) -> Image:
    """Noise of SD 1 as a scanner blurs it."""
    white = np.random.default_rng(SEED).standard_normal(shape).astype(np.float32)
    blurred = ndimage.gaussian_filter(white, tuple(BLUR_MM / mm for mm in pixel_mm))
    found: Image = blurred / blurred.std()
    return found
