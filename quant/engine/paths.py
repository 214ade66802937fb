"""Branches of a tree of lumens: the farthest tips first, each by its cheapest path to the tree that is there.

Tip after tip with what lies around a path taken off the list is the skeleton of Sato (TEASAR, 2000); a path is kept
only where it runs as a bronchus does: long enough, fairly straight, outwards, without a long gap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csgraph, csr_matrix
from scipy.spatial import cKDTree

from quant.engine.arrays import Mask, Spacing
from quant.engine.identity import DEFAULTS
from quant.engine.lumens import Lumens
from quant.engine.rings import STEPS

Numbers = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

# The stubs refuse every matrix in csr form.
DIJKSTRA: Any = csgraph.dijkstra
AHEAD = tuple(step for step in STEPS if step > (0, 0, 0))
CHEAPEST, DEAREST = 0.3, 5.0
BRIGHT_FROM_HU, BRIGHT_HU = -850.0, 50.0
GAP_MM, LEAST_MM, MOST_LOOSE = 3.0, 7.0, 0.25
LEAST_STRAIGHT, LONG_MM = 0.75, 40.0
BACKWARDS, HEADING_MM = -0.3, 8.0
AROUND_MM, AROUND_RADII, REJECTED_MM = 2.0, 1.5, 2.0
NONE = -1


@dataclass(slots=True, eq=False)
class _Nodes:
    """Voxels that paths may use: indices `at`, `place` in mm, the way to the `root` by `before`, its `length` in mm."""

    at: Indices
    place: Numbers
    radius: Numbers
    firm: Flags
    before: Indices
    length: Numbers
    root: int


@dataclass(slots=True, eq=False)
class _Growth:
    """The tree so far: which nodes are on a path, which are taken, the heading of each path node."""

    on_path: Flags
    taken: Flags
    heading: Numbers
    paths: list[Indices] = field(default_factory=list)


def find(lumens: Lumens, voxel_mm: Spacing) -> tuple[Indices, Numbers, list[Indices]]:
    """Nodes as voxels (n, 3) of the box and their radii in mm; paths as node numbers, each from the tree to its tip.

    The first path begins at the top of the trachea.
    """
    nodes = _nodes(lumens, voxel_mm)
    space = cKDTree(nodes.place)
    growth = _Growth(np.zeros(len(nodes.at), bool), np.zeros(len(nodes.at), bool), np.zeros((len(nodes.at), 3)))
    growth.on_path[nodes.root] = True
    for tip in _tips(nodes):
        if not growth.taken[tip]:
            _try(int(tip), nodes, growth, space)
    return nodes.at, nodes.radius, growth.paths


def _nodes(lumens: Lumens, voxel_mm: Spacing) -> _Nodes:
    inside = lumens.open_to
    at = np.argwhere(inside).astype(np.int32)
    place = at * np.asarray(voxel_mm)
    radius, trunk = lumens.radius[inside].astype(np.float64), lumens.trunk[inside]
    cost = _cost(lumens, radius, trunk)
    top = np.flatnonzero(trunk & (at[:, 0] == at[trunk][:, 0].max()))
    root = int(top[radius[top].argmax()])
    links = _links(inside, cost, voxel_mm)
    # Every node is reached: they are one component of 26 neighbours.
    before: Indices = DIJKSTRA(links, directed=False, indices=root, return_predecessors=True)[1]
    before[root] = root
    return _Nodes(at, place, radius, trunk | lumens.firm[inside], before, _lengths(place, before), root)


def _cost(lumens: Lumens, radius: Numbers, trunk: Flags) -> Numbers:
    """Per mm: low in the middle of the wide airway and deep within a ring, high where it is bright."""
    inside = lumens.open_to
    ring = np.maximum(lumens.ring[inside], 0.1)
    lumen = np.clip((DEFAULTS.bronchus_ring / ring) ** 2, CHEAPEST, DEAREST)
    bright = np.maximum(lumens.dark[inside] - BRIGHT_FROM_HU, 0.0) / BRIGHT_HU
    return np.where(trunk, 1.0 / (0.5 + radius), lumen + bright)


def _links(inside: Mask, cost: Numbers, voxel_mm: Spacing) -> csr_matrix[np.float64]:
    """Costs between neighbours, 26 of each voxel."""
    number = np.full(inside.shape, NONE, np.int32)
    number[inside] = np.arange(len(cost))
    rows, columns, weights = [], [], []
    for step in AHEAD:
        here = tuple(slice(max(0, -s), n - max(0, s)) for s, n in zip(step, inside.shape, strict=True))
        there = tuple(slice(max(0, s), n + min(0, s)) for s, n in zip(step, inside.shape, strict=True))
        both = inside[here] & inside[there]
        a, b = number[here][both], number[there][both]
        rows.append(a)
        columns.append(b)
        weights.append((cost[a] + cost[b]) * (0.5 * float(np.linalg.norm(np.multiply(step, voxel_mm)))))
    table = np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))
    return csr_matrix(table, shape=(len(cost), len(cost)))


def _lengths(place: Numbers, before: Indices) -> Numbers:
    """mm of the path from the root to each node: steps summed by doubling the stride."""
    length: Numbers = np.linalg.norm(place - place[before], axis=1)
    while not np.array_equal(before[before], before):
        length = length + length[before]
        before = before[before]
    return length


def _tips(nodes: _Nodes) -> Indices:
    """Firm nodes, farthest first, from which no firm node is reached."""
    leads_on = np.zeros(len(nodes.at), bool)
    leads_on[nodes.before[nodes.firm]] = True
    ends = np.flatnonzero(nodes.firm & ~leads_on)
    ordered: Indices = ends[np.argsort(-nodes.length[ends], kind="stable")].astype(np.int32)
    return ordered


def _try(tip: int, nodes: _Nodes, growth: _Growth, space: cKDTree) -> None:
    """Take the path to a tip into the tree, up to its first long gap, where it runs as a bronchus does."""
    path = _back(tip, nodes, growth)
    steps = np.concatenate([[0.0], np.linalg.norm(np.diff(nodes.place[path], axis=0), axis=1)])
    kept = _before_gap(nodes.firm[path], steps)
    used = path[:kept]
    growth.taken[path[kept:]] = True
    if not _like_a_bronchus(used, steps[:kept], nodes, growth):
        growth.taken[space.query_ball_point(nodes.place[tip], REJECTED_MM)] = True
        return
    growth.on_path[used] = True
    growth.paths.append(used)
    behind = nodes.place[used[np.maximum(np.arange(kept) - 6, 0)]]
    ahead = nodes.place[used] - behind
    growth.heading[used[1:]] = (ahead / np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-6))[1:]
    radii = AROUND_RADII * nodes.radius[used] + AROUND_MM
    for around in space.query_ball_point(nodes.place[used[::2]], radii[::2]):
        growth.taken[around] = True


def _back(tip: int, nodes: _Nodes, growth: _Growth) -> Indices:
    """From the tree to the tip."""
    path = [tip]
    while not growth.on_path[path[-1]]:
        path.append(int(nodes.before[path[-1]]))
    return np.asarray(path[::-1], np.int32)


def _before_gap(firm: Flags, steps: Numbers) -> int:
    """How many nodes of a path come before its first gap of more than GAP_MM; the last of them is firm."""
    gap = 0.0
    for index, (held, step) in enumerate(zip(firm, steps, strict=True)):
        gap = 0.0 if held else gap + step
        if gap > GAP_MM:
            before = np.flatnonzero(firm[:index])
            return int(before[-1]) + 1 if len(before) else 1
    return len(firm)


def _like_a_bronchus(path: Indices, steps: Numbers, nodes: _Nodes, growth: _Growth) -> bool:
    new = ~growth.taken[path]
    if steps[new].sum() < LEAST_MM or (~nodes.firm[path][new]).mean() > MOST_LOOSE:
        return False
    first = max(0, int(new.argmax()) - 1)
    along = float(steps[first + 1 :].sum())
    chord = float(np.linalg.norm(nodes.place[path[-1]] - nodes.place[path[first]]))
    if along < LONG_MM and chord < LEAST_STRAIGHT * along:
        return False
    onward = path[min(int(np.searchsorted(np.cumsum(steps), HEADING_MM)), len(path) - 1)]
    leaves = nodes.place[onward] - nodes.place[path[0]]
    return float(leaves @ growth.heading[path[0]]) >= BACKWARDS * float(np.linalg.norm(leaves))
