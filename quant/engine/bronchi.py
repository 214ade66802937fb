"""The airway tree: from the trachea as far out as walls are seen, in branches with their generations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from quant.engine import lumens, paths
from quant.engine.airways import Airway
from quant.engine.arrays import Affine, Hu, Labels, Mask, Spacing
from quant.engine.lumens import Lumens
from quant.engine.morphology import components, volume_ml

Points = npt.NDArray[np.float64]
Json = dict[str, Any]

# Two forks closer than this are one fork of three; a lumen is drawn a little beyond the ring's half depth.
ONE_FORK_MM = 4.0
WIDER, BEYOND_MM, FARTHEST_MM = 1.3, 1.0, 6.0
MOST_GENERATIONS = 20


@dataclass(slots=True, eq=False)
class Branch:
    """Voxels (n, 3) from its fork to the next fork or its end, `radius_mm` of the lumen at each, 0 for the trachea.

    `length_mm` counts what lies outside the lumen that it leaves.
    """

    voxels: npt.NDArray[np.int32]
    radius_mm: Points
    generation: int
    length_mm: float
    is_end: bool


@dataclass(slots=True, eq=False)
class Tree:
    """`labels` of the lumen on the fine grid: 1 + generation, 0 elsewhere; the branches, outwards."""

    labels: Labels
    branches: list[Branch] = field(default_factory=list)


def find(hu: Hu, airway: Airway, lungs: Mask, voxel_mm: Spacing) -> Tree:
    """The tree that begins with `airway`; empty where no trachea was seen."""
    if not airway.mask.any():
        return Tree(np.zeros(hu.shape, np.uint8))
    found = lumens.find(hu, airway.mask, lungs, voxel_mm)
    at, radius, ways = paths.find(found, voxel_mm)
    branches = _branches(at, radius, ways, voxel_mm)
    labels = np.zeros(hu.shape, np.uint8)
    labels[found.box] = _drawn(found, branches, voxel_mm)
    offset = np.asarray([cut.start for cut in found.box], np.int32)
    for branch in branches:
        branch.voxels = branch.voxels + offset
    return Tree(labels, branches)


def _branches(
    at: npt.NDArray[np.int32], radius: Points, ways: list[npt.NDArray[np.int32]], voxel_mm: Spacing
) -> list[Branch]:
    """Paths cut where others leave them. A way begins on an earlier one, the first at the trachea's top."""
    onward: dict[int, list[int]] = {}
    for way in ways:
        for here, there in zip(way[:-1].tolist(), way[1:].tolist(), strict=True):
            onward.setdefault(here, []).append(there)
    if not ways:
        return []
    branches: list[Branch] = []
    todo = [([int(ways[0][0])], 0)]
    while todo:
        nodes, generation = todo.pop()
        while len(following := onward.get(nodes[-1], [])) == 1:
            nodes.append(following[0])
        branch = _branch(nodes, generation, at, radius, voxel_mm, is_end=not following)
        one_fork = branch.length_mm < ONE_FORK_MM and generation > 0 and not branch.is_end
        if not one_fork:
            branches.append(branch)
        after = min(generation + (not one_fork), MOST_GENERATIONS)
        todo.extend(([nodes[-1], child], after) for child in following)
    return branches


def _branch(
    nodes: list[int],
    generation: int,
    at: npt.NDArray[np.int32],
    radius: Points,
    voxel_mm: Spacing,
    *,
    is_end: bool,
) -> Branch:
    place = at[nodes] * np.asarray(voxel_mm)
    # The centre line begins on that of the parent: what lies within the parent's lumen is the parent's.
    own = np.linalg.norm(place - place[0], axis=1) >= (radius[nodes[0]] if generation else 0.0)
    steps = np.linalg.norm(np.diff(place, axis=0), axis=1)
    return Branch(at[nodes], radius[nodes], generation, float(steps[own[1:]].sum()), is_end)


def _drawn(found: Lumens, branches: list[Branch], voxel_mm: Spacing) -> Labels:
    """Each voxel of the lumen with the generation of the nearest centre line."""
    labels = np.zeros(found.trunk.shape, np.uint8)
    if not branches:
        labels[found.trunk] = 1
        return labels
    line = np.concatenate([branch.voxels for branch in branches])
    limit = WIDER * np.concatenate([branch.radius_mm for branch in branches]) + BEYOND_MM
    value = np.concatenate([np.full(len(b.voxels), 1 + b.generation, np.uint8) for b in branches])
    at = np.argwhere(found.trunk | (found.open_to & found.firm))
    query = cKDTree(line * np.asarray(voxel_mm)).query(at * np.asarray(voxel_mm))
    apart, nearest = (np.asarray(part) for part in query)
    kept = found.trunk[tuple(at.T)] | (apart <= np.minimum(limit[nearest], FARTHEST_MM))
    labels[tuple(at[kept].T)] = value[nearest[kept]]
    labels[tuple(line.T)] = value
    return labels


def carina_voxel(airway: Airway) -> tuple[float, float, float] | None:
    """The middle of the undivided lumen just above the carina (z, y, x), z the carina's slice; None if not seen."""
    if airway.carina is None:
        return None
    above = components(airway.mask[min(airway.carina + 1, len(airway.mask) - 1)], 4)
    if not above.any():
        return None
    y, x = np.nonzero(above == np.bincount(above[above > 0]).argmax())
    return float(airway.carina), float(y.mean()), float(x.mean())


def table(tree: Tree, airway: Airway, affine: Affine, voxel_mm: Spacing) -> Json:
    """The document's `airways`: mL of lumen, mm and number of branches, branches by generation, the carina.

    Generation 0 is the trachea. The carina is in DICOM patient mm [x, y, z]; everything is None without an airway.
    """
    if not tree.branches:
        return dict.fromkeys(("volume_ml", "length_mm", "branches", "generations", "carina_mm"))
    generations = np.bincount([branch.generation for branch in tree.branches])
    carina = carina_voxel(airway)
    return {
        "volume_ml": volume_ml(tree.labels > 0, voxel_mm),
        "length_mm": float(sum(branch.length_mm for branch in tree.branches)),
        "branches": len(tree.branches),
        "generations": generations.tolist(),
        "carina_mm": None if carina is None else _patient(carina, affine),
    }


def _patient(voxel: tuple[float, float, float], affine: Affine) -> list[float]:
    z, y, x = voxel
    right, front, up, _ = (affine @ [x, y, z, 1.0]).tolist()
    # Zero is added so that none is written as -0.0.
    return [round(value, 2) + 0.0 for value in (-right, -front, up)]
