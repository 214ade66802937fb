"""Trachea, carina and main bronchi: a chain of round dark sections, grown until it would leak."""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from quant.engine.arrays import Box, Hu, Image, Mask, Spacing
from quant.engine.identity import DEFAULTS
from quant.engine.morphology import bounding_box, components, depth, dilate, volume_ml

SECTION_MM2 = (35.0, 900.0)
LUMEN_HU = -750.0
LEAST_ROUND, MOST_LONG = 0.5, 2.5
STEP_MM = 6.0
# Half widths of what an airway hangs on a hole by, tried in turn.
NARROW_MM = (1.0, 1.5, 2.0, 3.0)
LEAST_CHAIN_MM = 25.0
OFF_MIDLINE_MM = 45.0
REACH_MM = (110.0, 60.0, 75.0)
PART_MM2, PARTS_APART_MM, PARTS_LAST_MM, MOST_SEPTUM_MM = 40.0, 12.0, 7.0, 8.0
# The septum below the carina is thin: where it fills half a voxel, the threshold that the lumen was grown by passes it.
SEPTUM_HU = -900


class Section(NamedTuple):
    """A round dark patch of one axial slice, centre in voxels."""

    z: int
    y: float
    x: float
    area_mm2: float


@dataclass(frozen=True, slots=True, eq=False)
class Airway:
    """`mask` of the lumen on the fine grid; `carina` is the slice of the bifurcation, None if not seen."""

    mask: Mask
    carina: int | None


def find(hu: Hu, coarse: Image, coarse_mm: Spacing, voxel_mm: Spacing, inside: Mask) -> Airway:
    """The airway of a scan, empty where no trachea is seen. `inside` (coarse) is the air within the body."""
    chain = trachea(coarse, inside, coarse_mm)
    mask = np.zeros(hu.shape, bool)
    if not chain:
        return Airway(mask, None)
    scale = [c / f for c, f in zip(coarse_mm, voxel_mm, strict=True)]
    box = _surroundings(chain, scale, hu.shape, voxel_mm)
    crop = hu[box]
    seed = _seed(chain, scale, box, crop)
    lumen = _grow(crop, seed, voxel_mm)
    mask[box] = lumen
    found = _carina(lumen & (crop < SEPTUM_HU), seed, voxel_mm)
    if found is None:
        found = _carina(lumen, seed, voxel_mm)
    return Airway(mask, None if found is None else found + box[0].start)


def trachea(coarse: Image, inside: Mask, voxel_mm: Spacing) -> list[Section]:
    """The longest chain of sections from the top down, [] when none is long enough."""
    sections = _sections(inside & (coarse < LUMEN_HU), voxel_mm)
    best: list[Section] = []
    top = max(sections, default=0)
    for z in range(top, top // 2, -1):
        for start in sections.get(z, []):
            chain = _follow(start, sections, voxel_mm)
            if len(chain) > len(best):
                best = chain
    return best if len(best) * voxel_mm[0] >= LEAST_CHAIN_MM else []


def _sections(dark: Mask, voxel_mm: Spacing) -> dict[int, list[Section]]:
    """Round sections of each slice near the midline of what is dark."""
    columns = np.flatnonzero(dark.any(axis=(0, 1)))
    middle = float(columns.mean()) if len(columns) else 0.0
    found = {}
    for z in range(dark.shape[0]):
        patches = _patches(dark[z], z, voxel_mm)
        found[z] = [s for s in patches if abs(s.x - middle) * voxel_mm[2] < OFF_MIDLINE_MM]
    return {z: some for z, some in found.items() if some}


def _patches(dark: Mask, z: int, voxel_mm: Spacing) -> list[Section]:
    labels = components(dark, 4)
    found = []
    for index in range(1, int(labels.max()) + 1):
        y, x = np.nonzero(labels == index)
        area = len(y) * voxel_mm[1] * voxel_mm[2]
        height, width = np.ptp(y) + 1, np.ptp(x) + 1
        round_enough = len(y) >= LEAST_ROUND * height * width and max(height, width) <= MOST_LONG * min(height, width)
        if SECTION_MM2[0] <= area <= SECTION_MM2[1] and round_enough:
            found.append(Section(z, float(y.mean()), float(x.mean()), area))
    return found


def _follow(start: Section, sections: dict[int, list[Section]], voxel_mm: Spacing) -> list[Section]:
    chain = [start]
    while True:
        last = chain[-1]
        near = [
            s
            for s in sections.get(last.z - 1, [])
            if np.hypot((s.y - last.y) * voxel_mm[1], (s.x - last.x) * voxel_mm[2]) < STEP_MM
            and 0.5 < s.area_mm2 / last.area_mm2 < 2.0
        ]
        if not near:
            return chain
        chain.append(min(near, key=lambda s: abs(s.area_mm2 - last.area_mm2)))


def _surroundings(chain: list[Section], scale: list[float], shape: tuple[int, ...], voxel_mm: Spacing) -> Box:
    """A box around the chain that also holds the main and lobar bronchi below it."""
    below, beside_y, beside_x = (round(r / mm) for r, mm in zip(REACH_MM, voxel_mm, strict=True))
    z0, z1 = round(chain[-1].z * scale[0]), round((chain[0].z + 1) * scale[0])
    y = round(float(np.mean([s.y for s in chain])) * scale[1])
    x = round(float(np.mean([s.x for s in chain])) * scale[2])
    return (
        slice(max(0, z0 - below), min(shape[0], z1)),
        slice(max(0, y - beside_y), min(shape[1], y + beside_y)),
        slice(max(0, x - beside_x), min(shape[2], x + beside_x)),
    )


def _seed(chain: list[Section], scale: list[float], box: Box, crop: Hu) -> tuple[int, int, int]:
    """The darkest fine voxel near the centre of the chain's middle section."""
    middle = chain[len(chain) // 2]
    z, y, x = (
        min(round((value + 0.5) * s), cut.stop - 1) - cut.start
        for value, s, cut in zip((middle.z, middle.y, middle.x), scale, box, strict=True)
    )
    near = crop[z, max(0, y - 3) : y + 4, max(0, x - 3) : x + 4]
    dy, dx = np.unravel_index(int(near.argmin()), near.shape)
    return z, max(0, y - 3) + int(dy), max(0, x - 3) + int(dx)


def _grow(crop: Hu, seed: tuple[int, int, int], voxel_mm: Spacing) -> Mask:
    """The largest connected lumen below a rising threshold that has not leaked into the lung.

    In emphysema every threshold leaks, into holes as dark: then without what hangs on the lumen by a narrow place.
    """
    for radius_mm in (0.0, *NARROW_MM):
        grown = _rise(crop, seed, voxel_mm, radius_mm)
        if grown is not None:
            return grown
    return np.zeros(crop.shape, bool)


def _rise(crop: Hu, seed: tuple[int, int, int], voxel_mm: Spacing, radius_mm: float) -> Mask | None:
    last: Mask | None = None
    volume = 0.0
    for threshold in range(DEFAULTS.airway_from_hu, DEFAULTS.airway_to_hu + 1, DEFAULTS.airway_step_hu):
        if crop[seed] >= threshold:
            continue
        grown = _joined(crop < threshold, seed, voxel_mm, radius_mm)
        if not grown[seed]:
            continue
        now = volume_ml(grown, voxel_mm)
        doubled = now > DEFAULTS.airway_doubling_ml and now > 2 * volume
        if last is not None and (now > DEFAULTS.airway_most_ml or doubled):
            break
        if now > DEFAULTS.airway_most_ml:
            break
        last, volume = grown, now
    return last


def _joined(dark: Mask, seed: tuple[int, int, int], voxel_mm: Spacing, radius_mm: float) -> Mask:
    """What is joined to the seed by places wider than twice the radius."""
    core = depth(dark, voxel_mm) > radius_mm if radius_mm else dark
    labels = components(core)
    joined: Mask = (labels == labels[seed]) & core
    return dark & dilate(joined, radius_mm, voxel_mm) if radius_mm else joined


def _carina(lumen: Mask, seed: tuple[int, int, int], voxel_mm: Spacing) -> int | None:
    """The first slice, going down from the seed, where a septum parts the lumen for good."""
    needed = max(1, round(PARTS_LAST_MM / voxel_mm[0]))
    for z in range(seed[0], needed - 2, -1):
        parts = [_parts(lumen[z - i], voxel_mm) for i in range(needed)]
        if all(_apart(found) for found in parts) and _by_a_septum(parts[0]):
            return z
    return None


def _parts(section: Mask, voxel_mm: Spacing) -> list[tuple[float, float, float]]:
    """Centre, least and greatest x in mm of each part of a section that is wide enough for a main bronchus."""
    labels = components(section, 4)
    areas = np.bincount(labels.ravel()) * voxel_mm[1] * voxel_mm[2]
    columns = [np.nonzero(labels == i)[1] * voxel_mm[2] for i in range(1, len(areas)) if areas[i] > PART_MM2]
    return sorted((float(x.mean()), float(x.min()), float(x.max())) for x in columns)


def _apart(parts: list[tuple[float, float, float]]) -> bool:
    return len(parts) >= 2 and parts[-1][0] - parts[0][0] > PARTS_APART_MM


def _by_a_septum(parts: list[tuple[float, float, float]]) -> bool:
    """Two neighbours close together: an upper lobe bronchus that rises past the carina lies far from the trachea."""
    return any(
        right[0] - left[0] > PARTS_APART_MM and right[1] - left[2] < MOST_SEPTUM_MM for left, right in pairwise(parts)
    )


def wide_part(mask: Mask, least_radius_mm: float, margin_mm: float, voxel_mm: Spacing) -> Mask:
    """The airway without its thin branches, widened by `margin_mm` for its wall."""
    wide = np.zeros_like(mask)
    if not mask.any():
        return wide
    room = [int(np.ceil((margin_mm + least_radius_mm) / mm)) + 1 for mm in voxel_mm]
    box = bounding_box(mask, room)
    core = depth(mask[box], voxel_mm) > least_radius_mm
    wide[box] = dilate(core, least_radius_mm + margin_mm, voxel_mm)
    return wide
