"""How well patterns are found in a chest that the network never saw, drawn in a way that it never saw.

Nothing here is shared with what draws the training samples but the clean chests themselves: lines are tubes
along a graph of neighbours, cysts balls on a shaken lattice, emphysema overlapping balls, regions sums of sines
and chains of balls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import edt
import numpy as np
import numpy.typing as npt
from scipy import ndimage, spatial

from quant.engine.arrays import Box, Hu, Image, Labels, Mask, Spacing
from quant.engine.morphology import bounding_box
from quant.engine.patterns import CONSOLIDATION, EMPHYSEMA, GROUND_GLASS, HONEYCOMBING, NAMES, RETICULATION
from quant.training.patterns.scans import Clean

CUBE, STEP_MM = 112, 0.7
WIDE_MM = CUBE * STEP_MM
PLANES = 3
Points = npt.NDArray[np.float64]
Find = Callable[[Hu, Mask, Spacing], Labels]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A crop around the lungs with patterns of known extent in it."""

    name: str
    hu: Hu
    lung: Mask
    truth: Labels
    voxel_mm: Spacing


@dataclass(frozen=True, slots=True)
class Score:
    """One pattern in one case: Dice, None where it is neither there nor found, and both extents in % of lung."""

    case: str
    pattern: str
    dice: float | None
    truth: float
    found: float


RECIPES: dict[str, tuple[int, ...]] = {
    "clean": (),
    "ground glass": (GROUND_GLASS,),
    "consolidation": (CONSOLIDATION,),
    "reticulation": (RETICULATION,),
    "honeycombing": (HONEYCOMBING,),
    "emphysema": (EMPHYSEMA,),
    "fibrosis": (GROUND_GLASS, RETICULATION, HONEYCOMBING),
    "mixed": (EMPHYSEMA, GROUND_GLASS, CONSOLIDATION),
}


def cases(chest: Clean, seed: int, names: tuple[str, ...] = tuple(RECIPES)) -> Iterator[Case]:
    """The chest with each recipe drawn into it."""
    box = bounding_box(chest.lung, (0, 2, 2))
    for name in names:
        rng = np.random.default_rng([seed, list(RECIPES).index(name)])
        hu, labels = chest.hu[box].astype(np.float32), np.zeros(chest.hu[box].shape, np.uint8)
        for pattern in RECIPES[name]:
            hu = _draw(rng, chest, box, pattern, hu, labels)
        lung = chest.lung[box]
        yield Case(name, np.rint(hu).clip(-1024, 3000).astype(np.int16), lung, labels * lung, chest.voxel_mm)


def score(case: Case, found: Labels) -> list[Score]:
    """Every pattern that is there or found, and ILD in all."""
    total = np.count_nonzero(case.lung)
    pairs = [(name, case.truth == value, found == value) for value, name in enumerate(NAMES, 1)]
    pairs.append(("ild", np.isin(case.truth, (1, 2, 3, 4)), np.isin(found, (1, 2, 3, 4))))
    scores = []
    for name, there, seen in pairs:
        a, b, both = (int(np.count_nonzero(m & case.lung)) for m in (there, seen, there & seen))
        dice = 2 * both / (a + b) if a else None
        scores.append(Score(case.name, name, dice, 100 * a / total, 100 * b / total))
    return scores


def judge(chest: Clean, find: Find, seed: int = 77) -> list[Score]:
    """All cases of one chest."""
    return [s for case in cases(chest, seed) for s in score(case, find(case.hu, case.lung, case.voxel_mm))]


def _draw(rng: np.random.Generator, chest: Clean, box: Box, pattern: int, hu: Image, labels: Labels) -> Image:
    """One pattern into `hu`, its region into `labels`."""
    inside = _region(rng, chest, box, pattern)
    share = np.clip(0.5 + inside / rng.choice((0.8, 2.5)), 0, 1).astype(np.float32) * chest.lung[box]
    index = np.nonzero(share > 0)
    at = np.stack(index, -1) * np.asarray(chest.voxel_mm)
    texture = TEXTURES[pattern](rng, _Reader(rng, share.shape, index, at, chest.voxel_mm), hu)
    hu_new: Image = (hu + share * (texture.hu - hu)).astype(np.float32)
    labels[(share > 0.5) & texture.where] = pattern
    return hu_new


def _region(rng: np.random.Generator, chest: Clean, box: Box, pattern: int) -> Image:
    """Roughly the distance in mm into a region that suits the pattern."""
    lung, deep = chest.lung[box], chest.depth[box]
    at = [np.arange(n) * mm for n, mm in zip(lung.shape, chest.voxel_mm, strict=True)]
    waves = np.zeros(lung.shape, np.float32)
    for _ in range(7):
        way = rng.normal(size=3)
        way *= 2 * np.pi / rng.uniform(22, 80) / np.linalg.norm(way)
        phases = [a * w for a, w in zip(at, way, strict=True)]
        angle = phases[0][:, None, None] + phases[1][None, :, None] + phases[2] + rng.uniform(0, 6.3)
        waves += np.sin(angle).astype(np.float32)
    if pattern in (RETICULATION, HONEYCOMBING):
        basal = 1.0 - at[0] / at[0].max()
        reach = rng.uniform(14, 22) if pattern == RETICULATION else rng.uniform(8, 13)
        inside = reach * basal[:, None, None] ** 0.5 + 3.5 * waves - deep
    elif pattern == CONSOLIDATION:
        inside = _chain(rng, lung, at, 4)
    else:
        inside = (waves - np.quantile(waves[lung], rng.uniform(0.65, 0.88))) * 6.0
    found: Image = inside.astype(np.float32)
    return found


def _chain(rng: np.random.Generator, lung: Mask, at: list[Points], count: int) -> Image:
    """Chains of balls that start somewhere in the lung."""
    places = np.argwhere(lung[::4, ::8, ::8]) * (4, 8, 8)
    found = np.full(lung.shape, -50.0, np.float32)
    for start in places[rng.integers(len(places), size=count)]:
        centre = np.array([a[i] for a, i in zip(at, start, strict=True)])
        for _ in range(5):
            centre = centre + rng.normal(0, 9, 3)
            z, y, x = (a - c for a, c in zip(at, centre, strict=True))
            far = np.sqrt(z[:, None, None] ** 2 + y[None, :, None] ** 2 + x**2)
            found = np.maximum(found, (rng.uniform(7, 17) - far).astype(np.float32))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Texture:
    hu: Image
    where: Mask


class _Reader:
    """Reads a cube that repeats, over a region, with the partial volume of the slices."""

    def __init__(
        self,
        rng: np.random.Generator,
        shape: tuple[int, ...],
        index: tuple[npt.NDArray[np.intp], ...],
        at: Points,
        mm: Spacing,
    ) -> None:
        self.rng, self.shape, self.index, self.at, self.mm = rng, shape, index, at, mm

    def share(self, cube: Image) -> Image:
        total = np.zeros(len(self.at), np.float32)
        shift = self.rng.uniform(0, WIDE_MM, 3)
        for part in range(PLANES):
            lift = np.array([(part - (PLANES - 1) / 2) * self.mm[0] / PLANES, 0, 0])
            where = np.rint((self.at + lift + shift) / STEP_MM).astype(int) % CUBE
            total += cube[tuple(where.T)]
        full = np.zeros(self.shape, np.float32)
        full[self.index] = total / PLANES
        blurred: Image = ndimage.gaussian_filter(full, (0, 0.6 / self.mm[1], 0.6 / self.mm[2]))
        return blurred

    def grain(self, sd: float) -> Image:
        """The noise of the scanner, which a drawn texture lacks."""
        raw = ndimage.gaussian_filter(self.rng.normal(size=self.shape).astype(np.float32), (0, 0.7, 0.7))
        scaled: Image = raw * np.float32(sd / raw.std())
        return scaled


def _seeds(rng: np.random.Generator, apart_mm: float) -> Points:
    """A shaken lattice that repeats; every other layer is shifted by half a step."""
    count = 2 * round(WIDE_MM / apart_mm / 2)
    step = WIDE_MM / count
    grid = np.stack(np.meshgrid(*[np.arange(count)] * 3, indexing="ij"), -1).reshape(-1, 3).astype(float)
    grid[:, 1:] += (grid[:, :1] % 2) / 2
    return (grid * step + rng.normal(0, 0.16 * step, grid.shape)) % WIDE_MM


def _balls(rng: np.random.Generator, seeds: Points, radius: tuple[float, float]) -> Image:
    """Share of each voxel of a cube inside balls around the seeds."""
    axis = (np.arange(CUBE) + 0.5) * STEP_MM
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
    tree: Any = spatial.cKDTree(seeds, boxsize=np.full(3, WIDE_MM))
    near, which = tree.query(grid, k=3)
    radii = rng.uniform(*radius, len(seeds))
    inside = (radii[which] - near).max(axis=1)
    share: Image = np.clip(0.5 + inside / STEP_MM, 0, 1).reshape((CUBE,) * 3).astype(np.float32)
    return share


def _tubes(rng: np.random.Generator, seeds: Points, radius: float, links: int) -> Image:
    """Share of each voxel inside straight tubes between neighbouring seeds."""
    tree: Any = spatial.cKDTree(seeds, boxsize=np.full(3, WIDE_MM))
    _, near = tree.query(seeds, k=links + 1)
    way = seeds[near[:, 1:]] - seeds[:, None]
    way -= WIDE_MM * np.round(way / WIDE_MM)
    along = np.linspace(0, 1, 40)[:, None, None, None]
    path = np.rint((seeds[:, None] + along * way).reshape(-1, 3) / STEP_MM).astype(int) % CUBE
    empty = np.ones((CUBE,) * 3, bool)
    empty[tuple(path.T)] = False
    far = edt.edt(np.pad(empty, 8, mode="wrap"), anisotropy=(STEP_MM,) * 3)[8:-8, 8:-8, 8:-8]
    share: Image = np.clip(0.5 + (radius - far) / STEP_MM, 0, 1).astype(np.float32)
    return share


def _ground_glass(rng: np.random.Generator, reader: _Reader, hu: Image) -> _Texture:
    haze = rng.uniform(160, 330) * (1 - np.clip((hu + 500) / 400, 0, 1))
    return _Texture((hu + haze).astype(np.float32), np.ones(hu.shape, bool))


def _consolidation(rng: np.random.Generator, reader: _Reader, hu: Image) -> _Texture:
    air = reader.share(_tubes(rng, _seeds(rng, 16.0), 1.1, 1))
    filled = 35.0 - 700.0 * air + reader.grain(22.0)
    return _Texture(filled.astype(np.float32), np.ones(hu.shape, bool))


def _reticulation(rng: np.random.Generator, reader: _Reader, hu: Image) -> _Texture:
    lines = reader.share(_tubes(rng, _seeds(rng, rng.uniform(6, 9)), rng.uniform(0.5, 0.8), 4))
    base = hu + rng.uniform(20, 120)
    return _Texture((base + lines * np.maximum(-30 - base, 0)).astype(np.float32), np.ones(hu.shape, bool))


def _honeycombing(rng: np.random.Generator, reader: _Reader, hu: Image) -> _Texture:
    apart = rng.uniform(5.5, 9.0)
    air = reader.share(_balls(rng, _seeds(rng, apart), (0.38 * apart, 0.56 * apart)))
    drawn = -90.0 + air * (-940.0 + 90.0) + reader.grain(25.0)
    return _Texture(drawn.astype(np.float32), np.ones(hu.shape, bool))


def _emphysema(rng: np.random.Generator, reader: _Reader, hu: Image) -> _Texture:
    holes = reader.share(_balls(rng, rng.uniform(0, WIDE_MM, (300, 3)), (2.0, 6.0)))
    drawn = hu + holes * np.minimum(-985.0 + reader.grain(22.0) - hu, 0)
    return _Texture(drawn.astype(np.float32), holes > 0.5)


TEXTURES: dict[int, Callable[[np.random.Generator, _Reader, Image], _Texture]] = {
    GROUND_GLASS: _ground_glass,
    CONSOLIDATION: _consolidation,
    RETICULATION: _reticulation,
    HONEYCOMBING: _honeycombing,
    EMPHYSEMA: _emphysema,
}
