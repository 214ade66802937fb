"""Other bodies and other scanners out of one: bent, scaled, shifted, brightened, blurred."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, interpolate

from quant.engine.arrays import LEFT, RIGHT

Random = np.random.Generator
KNOTS = 5
BEND = 0.06
MOST_CUT = 0.08
AIR_HU = -1000.0


class Sample(NamedTuple):
    """What one step learns from: HU (1, 1, z, y, x); labels and dense disease (1, z, y, x); lobes where known."""

    hu: Tensor
    lungs: Tensor
    lobes: Tensor | None
    dense: Tensor


def bend(sample: Sample, random: Random) -> Sample:
    """The sample scaled, turned, sheared and bent smoothly, all of its arrays alike."""
    grid = _grid(sample.hu.shape, random)
    hu = grid_sample(sample.hu - AIR_HU, grid, mode="bilinear", align_corners=False) + AIR_HU
    labels = [sample.lungs, sample.dense] if sample.lobes is None else [sample.lungs, sample.dense, sample.lobes]
    moved = grid_sample(torch.stack(labels, 1).float(), grid, mode="nearest", align_corners=False).long()
    return Sample(hu, moved[:, 0], None if sample.lobes is None else moved[:, 2], moved[:, 1])


def _grid(shape: torch.Size, random: Random) -> Tensor:
    matrix = np.eye(3, 4)
    matrix[:, :3] = np.diag(random.uniform(0.85, 1.15) * random.uniform(0.9, 1.1, 3))
    matrix[:, :3] += random.normal(0, 0.05, (3, 3))
    matrix[:, 3] = random.normal(0, 0.04, 3)
    grid = affine_grid(torch.tensor(matrix[None], dtype=torch.float32), list(shape), align_corners=False)
    knots = torch.from_numpy(random.normal(0, BEND, (1, 3, KNOTS, KNOTS, KNOTS)).astype(np.float32))
    moved = interpolate(knots, size=shape[2:], mode="trilinear", align_corners=True)
    return grid + moved.permute(0, 2, 3, 4, 1)


def mirror(sample: Sample, random: Random) -> Sample:
    """Half of the samples with right and left exchanged; five lobes have no mirror image, so they are forgotten."""
    if random.random() < 0.5:
        return sample
    other = torch.tensor([0, LEFT, RIGHT])
    return Sample(sample.hu.flip(-1), other[sample.lungs.flip(-1)], None, sample.dense.flip(-1))


def crop(sample: Sample, random: Random) -> Sample:
    """Up to a twelfth of the image cut off on each side, as boxes around diseased lungs differ."""
    cuts = []
    for n in sample.hu.shape[2:]:
        low, high = (int(random.uniform(0, MOST_CUT) * n) for _ in range(2))
        cuts.append(slice(low, n - high))
    cut = tuple(cuts)
    lobes = None if sample.lobes is None else sample.lobes[:, *cut]
    return Sample(sample.hu[:, :, *cut], sample.lungs[:, *cut], lobes, sample.dense[:, *cut])


def rescan(hu: Tensor, random: Random) -> Tensor:
    """Another scanner, breath and contrast: soft tissue brighter in places, shifted, blurred or noisy."""
    tissue = ((hu + 100) / 100).clamp(0, 1)
    knots = torch.from_numpy(random.normal(0, 1, (1, 1, 6, 6, 6)).astype(np.float32))
    places = interpolate(knots, size=hu.shape[2:], mode="trilinear", align_corners=True)
    hu = hu + tissue * (random.uniform(-20, 60) + random.uniform(0, 50) * places)
    hu = hu + random.normal(0, 10) + (1 - tissue) * random.normal(0, 20)
    noise = torch.from_numpy(random.standard_normal(tuple(hu.shape), dtype=np.float32))
    return hu + random.uniform(0, 30) * noise
