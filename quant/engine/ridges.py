"""How the density of a plane is bent: bright lines, bright dots and dark holes, by the curvatures of each place."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from quant.engine.arrays import Image


def bent(
    image: Image, width: tuple[float, float], pixel: tuple[float, float] = (1.0, 1.0)
) -> tuple[Image, Image, Image]:
    """How much like a bright line, a bright dot and a dark hole each place of planes (z, y, x) is, 0 where it is not.

    `width` (y, x) is the SD in pixels that they are smoothed by first; curvature is per `pixel` (y, x) squared. A line
    is bent across and not along, a dot and a hole both ways (eigenvalues of the Hessian; Sato 1998).
    """
    smooth = ndimage.gaussian_filter(image, (0, *width), truncate=3.0)
    along_y, along_x = np.gradient(smooth, *pixel, axis=(1, 2))
    yy, yx = np.gradient(along_y, *pixel, axis=(1, 2))
    xx = np.gradient(along_x, pixel[1], axis=2)
    middle, apart = (yy + xx) / 2, np.sqrt(((yy - xx) / 2) ** 2 + yx**2)
    least, most = middle - apart, middle + apart
    line: Image = np.maximum(-least - np.abs(most), 0)
    return line, np.maximum(-most, 0), np.maximum(least, 0)
