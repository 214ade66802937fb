"""The lungs of a scan: coarse air, airway out, sides, dense parts closed in, then the fine border."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from quant.engine import air, airways, recovery, seeing, sides
from quant.engine.airways import Airway
from quant.engine.arrays import LEFT, RIGHT, Box, Hu, Image, Labels, Mask, Spacing
from quant.engine.identity import DEFAULTS
from quant.engine.morphology import bounding_box, close, depth, dilate, drop_small, fill_slices
from quant.engine.sampling import Factors, block_mean, factors_for, upsample, weighted_mean

if TYPE_CHECKING:
    import torch

AROUND_LUNG_MM = (100.0, 40.0, 40.0)
AXIAL_HOLE_MM2 = 400.0
FINE_HOLE_MM2 = 60.0
WIDE_BRONCHUS_MM = 1.8
FINE_PART_ML = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Lungs:
    """On the fine grid: `labels` RIGHT, LEFT or 0, `recovered` dense disease within them, the airway.

    `box` holds both lungs with a margin; it is None where there is no lung.
    """

    labels: Labels
    recovered: Mask
    airway: Airway
    box: Box | None


class _Shape(NamedTuple):
    """On the coarse grid: air of each lung, what closing added, what was recovered."""

    sides: Labels
    filled: Labels
    recovered: Labels


def segment(hu: Hu, voxel_mm: Spacing, device: torch.device, weights: Path | None = None) -> Lungs:
    """Both lungs with the vessels inside them, without trachea, main and lobar bronchi.

    Dense disease at the surface is found by the shape that a lung should have, wider where the network of `weights`
    sees lung.
    """
    factors = factors_for(voxel_mm, DEFAULTS.coarse_mm)
    coarse, coarse_mm = overview(hu, voxel_mm, device)
    inside = air.inside_body(coarse)
    airway = airways.find(hu, coarse, coarse_mm, voxel_mm, inside)
    bronchi = airways.wide_part(airway.mask, WIDE_BRONCHUS_MM, DEFAULTS.airway_margin_mm, voxel_mm)
    coarse_bronchi = block_mean(bronchi, factors, device) > 0.5
    lung_air = air.lung_air(coarse, inside, coarse_bronchi, coarse_mm)
    if not lung_air.any():
        return Lungs(np.zeros(hu.shape, np.uint8), np.zeros(hu.shape, bool), airway, None)
    seen = None
    if weights is not None and recovery.has_ribs(coarse, lung_air, coarse_mm):
        seen = seeing.find(coarse, lung_air, coarse_mm, weights, device)
    shape = _shape(coarse, lung_air, coarse_bronchi, seen, coarse_mm)
    return _refine(hu, coarse, shape, bronchi, airway, factors, voxel_mm, device)


def airway(hu: Hu, voxel_mm: Spacing, device: torch.device) -> Airway:
    """Only the airway, as `segment` finds it."""
    coarse, coarse_mm = overview(hu, voxel_mm, device)
    return airways.find(hu, coarse, coarse_mm, voxel_mm, air.inside_body(coarse))


def overview(hu: Hu, voxel_mm: Spacing, device: torch.device) -> tuple[Image, Spacing]:
    """The scan on the coarse grid, and the size of its voxels."""
    factors = factors_for(voxel_mm, DEFAULTS.coarse_mm)
    z, y, x = (mm * f for mm, f in zip(voxel_mm, factors, strict=True))
    return block_mean(np.minimum(hu, np.int16(DEFAULTS.soft_hu_cap)), factors, device), (z, y, x)


def _shape(coarse: Image, lung_air: Mask, bronchi: Mask, seen: Image | None, voxel_mm: Spacing) -> _Shape:
    """Each lung closed over its vessels and over dense disease within it and at its surface."""
    split = sides.split(coarse, lung_air, voxel_mm)
    possible, middle = recovery.airless(coarse), recovery.between(split)
    filled, recovered = np.zeros_like(split), np.zeros_like(split)
    margin = [int(np.ceil(around / mm)) for around, mm in zip(AROUND_LUNG_MM, voxel_mm, strict=True)]
    for side in (RIGHT, LEFT):
        if not (split == side).any():
            continue
        box = bounding_box(split == side, margin)
        others = split[box] == RIGHT + LEFT - side
        closed = close(split[box] == side, DEFAULTS.close_mm, voxel_mm)
        closed = fill_slices(closed, AXIAL_HOLE_MM2, voxel_mm) & ~bronchi[box] & ~others
        masses = recovery.enclosed(closed, voxel_mm)
        share = None if seen is None else seen[side - 1][box]
        dense = possible[box] & (split[box] == 0) & ~bronchi[box]
        lost = recovery.find(coarse[box], dense, closed | masses, middle[box], voxel_mm, share)
        filled[box][closed & (split[box] == 0)] = side
        recovered[box][(masses | lost) & ~bronchi[box]] = side
    return _Shape(split, filled, recovered)


def _refine(
    hu: Hu,
    coarse: Image,
    shape: _Shape,
    bronchi: Mask,
    airway: Airway,
    factors: Factors,
    voxel_mm: Spacing,
    device: torch.device,
) -> Lungs:
    """The border at full resolution, where the density is half way between lung and tissue."""
    z, y, x = (mm * f for mm, f in zip(voxel_mm, factors, strict=True))
    whole = (shape.sides > 0) | (shape.filled > 0) | (shape.recovered > 0)
    coarse_box = bounding_box(whole, (2, 2, 2))
    box = _fine_box(coarse_box, factors, hu.shape)
    crop = hu[box]

    def up(image: Image | Mask) -> Image:
        return upsample(image[coarse_box].astype(np.float32), factors, crop.shape, device)

    near = up(dilate(whole, 1.5 * max(z, y, x), (z, y, x))) > 0.5
    inner = depth(whole, (z, y, x)) > max(z, y, x)
    fine = (crop < up(_border_hu(coarse, inner, (z, y, x)))) & near
    fine |= up(inner) > 0.5
    recovered = up(shape.recovered > 0) > 0.5
    fine |= (up(shape.filled > 0) > 0.5) | recovered
    fine &= ~bronchi[box]
    fine = fill_slices(fine, FINE_HOLE_MM2, voxel_mm) & ~bronchi[box]
    fine = drop_small(fine, FINE_PART_ML * 1000.0 / float(np.prod(voxel_mm)))
    is_right = up(_rightness(shape, (z, y, x))) > 0
    labels = np.zeros(hu.shape, np.uint8)
    labels[box] = np.where(fine, np.where(is_right, RIGHT, LEFT), 0)
    kept = np.zeros(hu.shape, bool)
    kept[box] = recovered & fine
    return Lungs(labels, kept, airway, box)


def _border_hu(coarse: Image, inner: Mask, voxel_mm: Spacing) -> Image:
    """HU where lung ends: higher by as much as the lung nearby is denser than airy, for lines and cysts are no wall."""
    beside = weighted_mean(coarse, inner.astype(np.float32), DEFAULTS.border_beside_mm, voxel_mm)
    rise = np.nan_to_num(beside, nan=-1000.0) - DEFAULTS.airy_hu
    border: Image = np.clip(DEFAULTS.lung_border_hu + rise, DEFAULTS.lung_border_hu, DEFAULTS.dense_border_hu)
    return border


def _rightness(shape: _Shape, voxel_mm: Spacing) -> Image:
    """Positive where the right lung is nearer than the left, in mm."""
    right, left = ((shape.sides == s) | (shape.filled == s) | (shape.recovered == s) for s in (RIGHT, LEFT))
    if not right.any() or not left.any():
        return np.full(right.shape, 1.0 if right.any() else -1.0, np.float32)
    return depth(~left, voxel_mm) - depth(~right, voxel_mm)


def _fine_box(coarse: Box, factors: Factors, shape: tuple[int, ...]) -> Box:
    z, y, x = (slice(cut.start * f, min(cut.stop * f, n)) for cut, f, n in zip(coarse, factors, shape, strict=True))
    return z, y, x
