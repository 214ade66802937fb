"""Dense disease put into a clean chest: where it lies varies widely, its texture hardly matters at 3 mm."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from scipy import ndimage
from torch.nn.functional import interpolate

from quant.engine.arrays import Image, Labels, Mask
from quant.engine.morphology import depth
from quant.engine.seeing import GRID_MM
from quant.training.lungs.cases import Case

Random = np.random.Generator
SPACING = (GRID_MM, GRID_MM, GRID_MM)
CLEAN_SHARE = 0.2


class Diseased(NamedTuple):
    """A chest with disease: HU, and where it is dense."""

    hu: Image
    dense: Mask


def insert(case: Case, random: Random) -> Diseased:
    """The case with none to three kinds of disease in one lung or both."""
    hu, dense = case.hu.copy(), np.zeros(case.hu.shape, bool)
    if random.random() < CLEAN_SHARE:
        return Diseased(hu, dense)
    if random.random() < 0.5:
        hu += random.uniform(60, 420) * _region(case.lungs, random, random.uniform(0.05, 0.7))
    if random.random() < 0.4:
        share = _region(case.lungs, random, random.uniform(0.05, 0.4))
        hu += share * (_mesh(hu.shape, random) - hu)
    for _ in range(int(random.integers(1, 4))):
        extent = random.uniform(0.005, 0.08) if random.random() < 0.5 else random.uniform(0.05, 0.5)
        share = _region(case.lungs, random, extent)
        hu += share * (random.uniform(-200, 80) + random.uniform(0, 40) * _noise(hu.shape, random, 1.0) - hu)
        dense |= share > 0.5
    return Diseased(np.where(case.lungs > 0, hu, case.hu).astype(np.float32), dense)


def _region(lungs: Labels, random: Random, extent: float) -> Image:
    """A share 0..1 of each voxel: the given part of one lung or both, chosen by depth, height and patches."""
    where: Mask = lungs > 0 if random.random() < 0.5 else lungs == random.integers(1, 3)
    depths = depth(where, SPACING)
    levels, rows = (np.linspace(-1, 1, n, dtype=np.float32) for n in lungs.shape[:2])
    taste = random.uniform(0, 3) * np.exp(-depths / random.uniform(6, 40)) + random.uniform(0.2, 2) * _noise(
        lungs.shape, random, random.uniform(1.5, 10)
    )
    taste += random.uniform(-3, 1) * levels[:, None, None] + random.uniform(-1, 2) * rows[None, :, None]
    chosen = where & (taste > np.quantile(taste[where], 1 - extent))
    if random.random() < 0.5:
        chosen = ndimage.binary_opening(chosen)
    return ndimage.gaussian_filter(chosen.astype(np.float32), random.uniform(0.3, 0.8), truncate=2.0)


def _noise(shape: tuple[int, ...], random: Random, sigma: float) -> Image:
    """Smooth noise of mean 0 and SD 1; `sigma` in voxels."""
    step = max(1.0, sigma)
    knots = random.standard_normal([round(n / step) + 2 for n in shape], dtype=np.float32)
    smooth = interpolate(torch.from_numpy(knots)[None, None], size=shape, mode="trilinear", align_corners=False)
    return (smooth / smooth.std())[0, 0].numpy()


def _mesh(shape: tuple[int, ...], random: Random) -> Image:
    """Lines and holes too fine for the grid: each voxel another mixture of tissue and air."""
    return (random.uniform(-700, -250) + random.uniform(60, 250) * _noise(shape, random, 0.6)).clip(-1000, 100)
