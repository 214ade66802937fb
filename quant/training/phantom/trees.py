"""Airways, arteries and veins: trees that fill the lobes from the hilum outwards.

Volume-filling branching after the idea of Tawhai et al., J Appl Physiol 2004;97:2310: a set of end points is
halved again and again, each branch runs a part of the way to the middle of its half. Diameters follow Murray's law.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quant.training.phantom import lobes, mediastinum
from quant.training.phantom.frame import Frame
from quant.training.phantom.lobes import LLL, LUL, RLL, RML, RUL

Points = npt.NDArray[np.float64]
# End points per mL of lobe: about 12 mm between the last vessels that are drawn.
ENDS_PER_ML = 1.2
REACH = 0.36
MURRAY = 1.0 / 2.7
LEAST_MM = 1.0
# Where each lobe's bronchus, artery and vein start (x, y, z of the reference chest), and the bronchi on the way there.
BRONCHI = {
    RUL: ((-22, 18, -20), (-34, 15, -16), (-46, 12, -10)),
    RML: ((-34, 19, -42), (-40, 12, -56), (-48, -2, -66)),
    RLL: ((-34, 19, -42), (-40, 23, -60), (-46, 29, -78)),
    LUL: ((36, 20, -32), (46, 14, -30), (54, 6, -26)),
    LLL: ((36, 20, -32), (42, 25, -50), (48, 31, -70)),
}
ARTERIES = {
    RUL: ((-28, -5, -21), (-40, 3, -14), (-50, 6, -6)),
    RML: ((-34, -3, -26), (-46, 4, -46), (-54, -8, -64)),
    RLL: ((-32, -4, -24), (-48, 12, -46), (-54, 24, -74)),
    LUL: ((36, 8, -8), (48, 6, -12), (58, 2, -16)),
    LLL: ((38, 14, -14), (50, 24, -40), (56, 32, -66)),
}
VEINS = {
    RUL: ((-26, 2, -46), (-38, -10, -34), (-50, -14, -16)),
    RML: ((-26, 0, -50), (-38, -12, -52), (-50, -22, -60)),
    RLL: ((-28, 10, -56), (-42, 22, -68), (-52, 30, -84)),
    LUL: ((30, 2, -44), (42, -8, -32), (54, -12, -20)),
    LLL: ((30, 10, -56), (44, 22, -66), (54, 30, -80)),
}
LUMEN_MM = {RUL: 4.6, RML: 3.4, RLL: 5.0, LUL: 5.0, LLL: 4.8}
VESSEL_MM = {RUL: 6.2, RML: 4.8, RLL: 7.0, LUL: 6.8, LLL: 6.8}


@dataclass(frozen=True, eq=False)
class Tree:
    """Branches as arrays: start and end (n, 3) x, y, z in mm of the person's space, radii (n, 2) in mm.

    `wide` marks the trachea, the main and the lobar branches.
    """

    start: Points
    end: Points
    radii: Points
    wide: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Trees:
    """Lumen of the airways, arteries, veins."""

    airways: Tree
    arteries: Tree
    veins: Tree


def grow(frame: Frame, ends: dict[int, Points], tall: float) -> Trees:
    """The three trees; `ends` are points within each lobe of the inspired reference chest, (n, 3) x, y, z in mm."""
    random = np.random.default_rng([frame.subject.seed, 31])
    airways, arteries, veins = _Branches(), _Branches(), _Branches()
    for points, radii in mediastinum.AIRWAYS:
        airways.way(points, [r - 1.8 for r in radii], wide=True)
    for lobe, own in ends.items():
        half = len(own) // 2
        stem = LUMEN_MM[lobe]
        start = airways.way(BRONCHI[lobe], (stem * 1.15, stem, stem * 0.85), wide=True)
        _fill(airways, start, BRONCHI[lobe], own[:half], stem * 0.8, random)
        for tree, ways, some in ((arteries, ARTERIES, own[:half]), (veins, VEINS, own[half:])):
            caliber = VESSEL_MM[lobe]
            start = tree.way(ways[lobe], (caliber * 1.25, caliber, caliber * 0.85), wide=True)
            _fill(tree, start, ways[lobe], some, caliber * 0.8, random)
    return Trees(*(branches.placed(frame, tall) for branches in (airways, arteries, veins)))


def only_wide(tree: Tree) -> Tree:
    """Trachea, main and lobar branches alone."""
    return Tree(tree.start[tree.wide], tree.end[tree.wide], tree.radii[tree.wide], tree.wide[tree.wide])


class _Branches:
    """Collects the branches of one tree in reference coordinates."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, ...]] = []

    def add(self, a: Points, b: Points, ra: float, rb: float, *, wide: bool = False) -> None:
        self.rows.append((*a, *b, ra, rb, float(wide)))

    def way(
        self, points: tuple[tuple[float, float, float], ...], radii: list[float] | tuple[float, ...], *, wide: bool
    ) -> Points:
        """A polyline; its last point."""
        for a, b, ra, rb in zip(points[:-1], points[1:], radii[:-1], radii[1:], strict=True):
            self.add(np.asarray(a, float), np.asarray(b, float), ra, rb, wide=wide)
        return np.asarray(points[-1], float)

    def placed(self, frame: Frame, tall: float) -> Tree:
        """The tree in the person's space, its calibers scaled with the person."""
        table = np.asarray(self.rows)
        start, end = frame.place(table[:, :3]), frame.place(table[:, 3:6])
        return Tree(start, end, table[:, 6:8] * tall, table[:, 8] > 0)


def _fill(
    tree: _Branches,
    start: Points,
    way: tuple[tuple[float, float, float], ...],
    ends: Points,
    radius: float,
    random: np.random.Generator,
) -> None:
    """Branch from `start` until each end point has its own branch."""
    heading = np.subtract(way[-1], way[-2])
    todo = [(start, heading / np.linalg.norm(heading), ends, radius)]
    while todo:
        at, heading, own, wide = todo.pop()
        for part in _halves(at, heading, own):
            if len(part) == 0:
                continue
            goal = part.sum(axis=0) / len(part)
            length = max(math.dist(goal, at), LEAST_MM)
            caliber = max(wide * (len(part) / len(own)) ** MURRAY, 0.52)
            if len(part) == 1:
                tree.add(at, at + 0.9 * (part[0] - at), caliber, 0.5)
                continue
            tip = at + REACH * (goal - at) + 0.10 * length * heading
            middle = (at + tip) / 2 + random.normal(0.0, 0.02 * length, 3)
            tree.add(at, middle, caliber, caliber)
            tree.add(middle, tip, caliber, caliber)
            todo.append((tip, (tip - middle) / math.dist(tip, middle), part, caliber))


def _halves(at: Points, heading: Points, ends: Points) -> tuple[Points, Points]:
    """The end points on either side of a plane through the branch, across where they spread most."""
    if len(ends) < 2:
        return ends, ends[:0]
    offsets = ends - at
    across = offsets - np.outer(offsets @ heading, heading)
    spread = np.linalg.eigh(across.T @ across)[1][:, -1]
    order = np.argsort(across @ spread)
    cut = len(ends) // 2
    return ends[order[:cut]], ends[order[cut:]]


def end_points(labels: npt.NDArray[np.uint8], frame: Frame) -> dict[int, Points]:
    """Random points within each lobe of the inspired person, in reference coordinates."""
    random = np.random.default_rng([frame.subject.seed, 32])
    found = {}
    z, y, x = np.nonzero(labels)
    at = frame.soft
    value = labels[z, y, x]
    for lobe in (lobes.RUL, RML, RLL, LUL, LLL):
        mine = np.flatnonzero(value == lobe)
        count = max(8, int(len(mine) * 0.027 * ENDS_PER_ML))
        chosen = mine[random.permutation(len(mine))[:count]]
        found[lobe] = np.stack([c[z[chosen], y[chosen], x[chosen]] for c in (at.x, at.y, at.z)], axis=1).astype(float)
    return found
