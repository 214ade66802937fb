"""The five lobes by their fissures: each followed from where it usually runs in the box of its lung.

w = a + b(u-.5) + c(v-.5) + d(u-.5)^2 + e(v-.5)^2 + f(u-.5)(v-.5) with u right to left, v front to back and
w bottom to top, all 0..1 in the box. The coefficients, a fit to seven scans, decide alone where no fissure
is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from quant.engine.arrays import LEFT, RIGHT, Hu, Image, Labels, Mask, Spacing
from quant.engine.fissures import LEAST_SEEN, Fissure, follow
from quant.engine.identity import DEFAULTS
from quant.engine.morphology import bounding_box
from quant.engine.sampling import block_mean, factors_for

if TYPE_CHECKING:
    import torch

NAMES = ("RUL", "RML", "RLL", "LUL", "LLL")
RUL, RML, RLL, LUL, LLL = 1, 2, 3, 4, 5
LEFT_OBLIQUE = (0.469, -0.078, 0.842, 0.106, -0.002, -0.101)
RIGHT_OBLIQUE = (0.450, 0.025, 0.582, -0.063, -0.095, 0.104)
HORIZONTAL = (0.528, -0.013, 0.042, -0.052, -0.098, 0.083)
# A prior that has seen no fissure of this patient is right about most of a lobe and wrong about its border.
CONFIDENCE = 0.2

Grid = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Lobes:
    """Labels 1..5 (RUL, RML, RLL, LUL, LLL) of lung voxels; of each fissure how much was seen beyond chance, 0..1.

    `external`: drawn by an engine of others, which says nothing of fissures.
    """

    labels: Labels
    seen: dict[str, float]
    external: bool = False

    @property
    def confidence(self) -> float | None:
        """That of the fissure seen least: the prior's, or from 0.5 for one just followed to 1 for half of one seen.

        None: not told.
        """
        if self.external:
            return None
        return min((_confidence(share) for share in self.seen.values()), default=CONFIDENCE)

    @property
    def source(self) -> str:
        """`fissures` when every one of them was followed."""
        if self.confidence is None:
            return "external"
        return "fissures" if self.confidence > CONFIDENCE else "prior"


def _confidence(seen: float) -> float:
    return CONFIDENCE if seen < LEAST_SEEN else min(1.0, 0.5 + seen)


def find(hu: Hu, lungs: Labels, voxel_mm: Spacing, device: torch.device) -> Lobes:
    """The lobes of labelled lungs by the fissures that can be seen, by their usual place where they cannot."""
    labels = np.zeros(lungs.shape, np.uint8)
    seen: dict[str, float] = {}
    factors = factors_for(voxel_mm, DEFAULTS.pattern_mm)
    z, y, x = (mm * f for mm, f in zip(voxel_mm, factors, strict=True))
    for side in (RIGHT, LEFT):
        if not (lungs == side).any():
            continue
        box = bounding_box(lungs == side)
        lung: Mask = lungs[box] == side
        image, coarse = block_mean(hu[box], factors, device), block_mean(lung, factors, device) > 0.5
        found = _Lung(image, coarse, (z, y, x), [n * mm for n, mm in zip(lung.shape, voxel_mm, strict=True)])
        points = _centres(lung, voxel_mm, (z, y, x))
        labels[box][lung] = found.right(points, seen) if side == RIGHT else found.left(points, seen)
    return Lobes(labels, seen)


class _Lung:
    """One lung on the coarse grid, its fissures followed and its points sorted."""

    def __init__(self, hu: Image, lung: Mask, voxel_mm: Spacing, size_mm: Sequence[float]) -> None:
        self.hu, self.lung, self.voxel_mm, self.size_mm = hu, lung, voxel_mm, size_mm

    def right(self, points: Grid, seen: dict[str, float]) -> Labels:
        oblique = self._follow(self.lung, RIGHT_OBLIQUE)
        upper = self.lung.copy()
        upper[self.lung] = oblique.above(np.argwhere(self.lung) * np.asarray(self.voxel_mm))
        horizontal = self._follow(upper, HORIZONTAL)
        seen |= {"right_oblique": oblique.seen, "horizontal": horizontal.seen}
        above = np.where(horizontal.above(points), RUL, RML)
        return np.where(oblique.above(points), above, RLL).astype(np.uint8)

    def left(self, points: Grid, seen: dict[str, float]) -> Labels:
        oblique = self._follow(self.lung, LEFT_OBLIQUE)
        seen |= {"left_oblique": oblique.seen}
        return np.where(oblique.above(points), LUL, LLL).astype(np.uint8)

    def _follow(self, lung: Mask, surface: tuple[float, ...]) -> Fissure:
        def usual(points: Grid) -> Grid:
            w, v, u = ((p + mm / 2) / size for p, mm, size in zip(points, self.voxel_mm, self.size_mm, strict=True))
            return np.asarray((w - _height(surface, u, v)) * self.size_mm[0])

        return follow(self.hu, lung, self.voxel_mm, usual)


def _centres(lung: Mask, voxel_mm: Spacing, coarse_mm: Spacing) -> Grid:
    """Where the lung's voxels lie, mm from the centre of the first coarse voxel, (n, 3)."""
    fine, coarse = np.asarray(voxel_mm), np.asarray(coarse_mm)
    return np.asarray((np.argwhere(lung) + 0.5) * fine - coarse / 2)


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
