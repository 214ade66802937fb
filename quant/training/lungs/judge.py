"""How well lungs are found: round masses at the pleura and airless bases put into clean scans at full resolution.

These shapes (balls with a few bumps, everything below a plane) and their even texture have nothing in common
with what the network learned from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from scipy import ndimage

from quant.engine import lungs
from quant.engine.arrays import Hu, Labels, Mask, Spacing
from quant.engine.morphology import depth
from quant.engine.volume import Volume

SMALL_MM, LARGE_MM = (8.0, 16.0), (25.0, 40.0)
APART_MM = 60.0
EDGE_VOXELS = 0.7
GRAIN_HU = 12.0
Random = np.random.Generator


class Row(NamedTuple):
    """How much of inserted disease is `inside` the lungs found (0..1), what else is found, Dice of both lungs."""

    scan: str
    case: str
    disease_ml: float
    inside: float | None
    outside_ml: float
    dice: float
    wrong_side_ml: float


@dataclass(frozen=True, slots=True, eq=False)
class Clean:
    """A scan without dense disease and its lungs."""

    name: str
    hu: Hu
    voxel_mm: Spacing
    lungs: Labels


def clean(name: str, volume: Volume) -> Clean:
    """A scan whose lungs the engine finds by density alone."""
    found = lungs.segment(volume.hu, volume.voxel_mm, torch.device("cpu"), weights=None)
    return Clean(name, volume.hu, volume.voxel_mm, found.labels)


def masses(scan: Clean, radii_mm: tuple[float, float], count: int, random: Random) -> Mask:
    """Bumpy balls centred within 4 mm of the pleura, at least 60 mm apart."""
    z, y, x = scan.voxel_mm
    lung = scan.lungs > 0
    rim = np.argwhere(lung & (depth(lung, scan.voxel_mm) < 4.0))
    found = np.zeros(lung.shape, bool)
    centres: list[np.ndarray] = []
    for point in random.permutation(rim):
        centre = point * (z, y, x)
        if len(centres) < count and all(np.hypot(*(centre - c)[1:]) + abs(centre - c)[0] > APART_MM for c in centres):
            centres.append(centre)
            _add_ball(found, point, random.uniform(*radii_mm), scan.voxel_mm, random)
    return found & lung


def _add_ball(found: Mask, point: np.ndarray, radius: float, voxel_mm: Spacing, random: Random) -> None:
    reach = [int(1.4 * radius / mm) + 1 for mm in voxel_mm]
    box = tuple(slice(max(0, p - r), p + r + 1) for p, r in zip(point, reach, strict=True))
    axes = [
        (np.arange(cut.start, min(cut.stop, n)) - p) * mm
        for cut, p, n, mm in zip(box, point, found.shape, voxel_mm, strict=True)
    ]
    dz, dy, dx = np.meshgrid(*axes, indexing="ij")
    bumps = sum(0.1 * np.sin(k[0] * dz + k[1] * dy + k[2] * dx + k[3]) for k in random.normal(0, 2.5 / radius, (3, 4)))
    found[box] |= np.sqrt(dz**2 + dy**2 + dx**2) < radius * (1 + bumps)


def base(scan: Clean, percent: float, random: Random) -> Mask:
    """The lowest `percent` of one lung, below a tilted plane."""
    lung = scan.lungs == random.integers(1, 3)
    z, y, x = (i * mm for i, mm in zip(np.nonzero(lung), scan.voxel_mm, strict=True))
    height = z - random.uniform(0.0, 0.6) * y + random.uniform(-0.2, 0.2) * x
    found = np.zeros(lung.shape, bool)
    found[lung] = height < np.percentile(height, percent)
    return found


def airless(scan: Clean, where: Mask, random: Random) -> Hu:
    """The scan with soft tissue there, its edge inside the lung blurred, vessels brighter than it kept."""
    share = ndimage.gaussian_filter(where.astype(np.float32), EDGE_VOXELS)
    share = np.where(scan.lungs > 0, share, 0.0)
    tissue = random.uniform(10, 60) + ndimage.gaussian_filter(
        random.normal(0, 3 * GRAIN_HU, where.shape).astype(np.float32), 0.7
    )
    hu = scan.hu + share * (tissue - scan.hu)
    # Partial volume at the pleura: the outermost voxels already hold chest wall, and keep what they hold of it.
    return np.where(share > 0, np.maximum(hu, scan.hu), scan.hu).astype(np.int16)


def judge(scan: Clean, weights: Path | None, seed: int = 0) -> Iterator[Row]:
    """The scan as it is, with small and large masses, and with the base of one lung airless."""
    random = np.random.default_rng([seed, 77])
    yield measure(scan, "clean", np.zeros(scan.lungs.shape, bool), scan.hu, weights)
    for name, where in (
        ("small masses", masses(scan, SMALL_MM, 8, random)),
        ("large masses", masses(scan, LARGE_MM, 3, random)),
        ("base 12 %", base(scan, 12.0, random)),
        ("base 25 %", base(scan, 25.0, random)),
    ):
        yield measure(scan, name, where, airless(scan, where, random), weights)


def measure(scan: Clean, case: str, where: Mask, hu: Hu, weights: Path | None) -> Row:
    """The row of this image of the scan, diseased in `where`."""
    found = lungs.segment(hu, scan.voxel_mm, torch.device("cpu"), weights).labels
    inside, truth = found > 0, scan.lungs > 0
    ml = float(np.prod(scan.voxel_mm)) / 1000
    return Row(
        scan.name,
        case,
        where.sum() * ml,
        float(inside[where].mean()) if where.any() else None,
        (inside & ~truth).sum() * ml,
        2 * (inside & truth).sum() / (inside.sum() + truth.sum()),
        (inside & truth & (found != scan.lungs)).sum() * ml,
    )
