"""The five lobes by a prior: where fissures usually run in the box of each lung.

w = a + b(u-.5) + c(v-.5) + d(u-.5)^2 + e(v-.5)^2 + f(u-.5)(v-.5) with u right to left, v front to back and
w bottom to top, all 0..1 in the box. The coefficients are a fit to seven scans; no fissure is looked at here.
"""

import numpy as np
import numpy.typing as npt

from quant.engine.arrays import LEFT, RIGHT, Labels, Mask
from quant.engine.morphology import bounding_box

NAMES = ("RUL", "RML", "RLL", "LUL", "LLL")
RUL, RML, RLL, LUL, LLL = 1, 2, 3, 4, 5
LEFT_OBLIQUE = (0.469, -0.078, 0.842, 0.106, -0.002, -0.101)
RIGHT_OBLIQUE = (0.450, 0.025, 0.582, -0.063, -0.095, 0.104)
HORIZONTAL = (0.528, -0.013, 0.042, -0.052, -0.098, 0.083)
# A prior that has seen no fissure of this patient is right about most of a lobe and wrong about its border.
CONFIDENCE = 0.2

Grid = npt.NDArray[np.float64]


def by_prior(lungs: Labels) -> Labels:
    """Lobe labels 1..5 (RUL, RML, RLL, LUL, LLL) of labelled lungs."""
    lobes = np.zeros(lungs.shape, np.uint8)
    for side in (RIGHT, LEFT):
        lung: Mask = lungs == side
        if lung.any():
            box = bounding_box(lung)
            divide = _right if side == RIGHT else _left
            lobes[box][lung[box]] = divide(*_place(lung[box].shape))[lung[box]]
    return lobes


def _place(shape: tuple[int, ...]) -> tuple[Grid, Grid, Grid]:
    """u, v and w of the voxel centres of a box."""
    w, v, u = ((np.arange(n) + 0.5) / n for n in shape)
    return u[None, None, :], v[None, :, None], w[:, None, None]


def _height(surface: tuple[float, ...], u: Grid, v: Grid) -> Grid:
    a, b, c, d, e, f = surface
    du, dv = u - 0.5, v - 0.5
    height: Grid = a + b * du + c * dv + d * du**2 + e * dv**2 + f * du * dv
    return height


def _right(u: Grid, v: Grid, w: Grid) -> Labels:
    below = w < _height(RIGHT_OBLIQUE, u, v)
    upper = w >= _height(HORIZONTAL, u, v)
    return np.where(below, RLL, np.where(upper, RUL, RML)).astype(np.uint8)


def _left(u: Grid, v: Grid, w: Grid) -> Labels:
    return np.where(w < _height(LEFT_OBLIQUE, u, v), LLL, LUL).astype(np.uint8)
