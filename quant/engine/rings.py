"""How deep each voxel lies within a ring: darker than the wall that it meets in every direction of some plane.

A gap between vessels is dark too, but open to one side at least; the lumen of a bronchus is closed all around.
The closed ring is the idea of grey-scale reconstruction (Aykac 2003), here in nine planes and without its cost.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from quant.engine.arrays import Box, Hu, Mask, Spacing
from quant.engine.morphology import THREADS, bounding_box

Step = tuple[int, int, int]
SIGNS = (-1, 0, 1)
STEPS: tuple[Step, ...] = tuple((z, y, x) for z in SIGNS for y in SIGNS for x in SIGNS if z or y or x)
NORMALS: tuple[Step, ...] = (
    (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 1), (0, 1, -1), (1, 0, 1), (1, 0, -1), (1, 1, 0), (1, -1, 0),
)  # fmt: skip
PLANES = tuple(tuple(step for step in STEPS if not np.dot(step, normal)) for normal in NORMALS)
SLAB = 12
DARKEST = -1024


def depth_hu(hu: Hu, voxel_mm: Spacing, reach_mm: float, room: Mask) -> Hu:
    """HU by which the lowest wall of the best plane, looked for within `reach_mm`, exceeds each voxel of `room`.

    0 at least, and 0 outside `room`.
    """
    far = {step: max(1, round(reach_mm / _length(step, voxel_mm))) for step in STEPS}
    halo = [max(count for step, count in far.items() if step[axis]) for axis in range(3)]
    found = np.zeros(hu.shape, np.int16)

    def take(low: int) -> None:
        slab = slice(low, low + SLAB)
        if not room[slab].any():
            return
        z, y, x = bounding_box(room[slab])
        inner = slice(low + z.start, low + z.stop), y, x
        outer, back = _widened(inner, halo, hu.shape)
        found[inner] = np.where(room[inner], _deepest(hu[outer], far)[back], 0)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(take, range(0, len(hu), SLAB)))
    return found


def _length(step: Step, voxel_mm: Spacing) -> float:
    return float(np.linalg.norm(np.multiply(step, voxel_mm)))


def _widened(box: Box, halo: list[int], shape: tuple[int, ...]) -> tuple[Box, Box]:
    """A box with a halo where there is room, and where the box lies in it."""
    wide = [slice(max(0, c.start - h), min(n, c.stop + h)) for c, h, n in zip(box, halo, shape, strict=True)]
    back = [slice(c.start - w.start, c.stop - w.start) for c, w in zip(box, wide, strict=True)]
    return (wide[0], wide[1], wide[2]), (back[0], back[1], back[2])


def _deepest(hu: Hu, far: dict[Step, int]) -> Hu:
    walls = {step: _brightest(hu, step, count) for step, count in far.items()}
    best = np.full(hu.shape, DARKEST, np.int16)
    lowest = np.empty_like(best)
    for first, *others in PLANES:
        lowest[...] = walls[first]
        for step in others:
            np.minimum(lowest, walls[step], out=lowest)
        np.maximum(best, lowest, out=best)
    best -= hu
    return np.maximum(best, 0, out=best)


def _brightest(hu: Hu, step: Step, count: int) -> Hu:
    """The highest HU among the next `count` voxels in one direction; what lies outside the image is dark."""
    found, reached = _moved(hu, step, 1), 1
    while reached < count:
        more = min(reached, count - reached)
        found = np.maximum(found, _moved(found, step, more))
        reached += more
    return found


def _moved(hu: Hu, step: Step, count: int) -> Hu:
    moved = np.full(hu.shape, DARKEST, np.int16)
    here, there = [], []
    for size, one in zip(hu.shape, step, strict=True):
        by = one * count
        here.append(slice(max(0, -by), size - max(0, by)))
        there.append(slice(max(0, by), size + min(0, by)))
    if all(cut.stop > cut.start for cut in here):
        moved[tuple(here)] = hu[tuple(there)]
    return moved
