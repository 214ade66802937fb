"""How far levels are found from where they lie: of landmarks, network and both, on scans with marks and phantoms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from quant.engine import lungs, shipped
from quant.engine.arrays import Hu, Labels, Spacing
from quant.goh import level_seek, levels
from quant.goh.names import NAMES
from quant.training.goh.level_cases import person
from quant.training.goh.level_scans import Chest
from quant.training.phantom import make


class Error(NamedTuple):
    """One level by one way: mm above (+) or below (-) the truth, None where it was not found."""

    scan: str
    way: str
    level: int
    mm: float | None
    confidence: float | None


def scan(chest: Chest, weights: Path) -> Iterator[Error]:
    """A marked scan."""
    volume = chest.volume
    yield from judge(
        chest.name, volume.hu, chest.lungs, chest.carina, volume.positions_mm, volume.voxel_mm, chest.marks, weights
    )


def phantoms(seeds: range, weights: Path) -> Iterator[Error]:
    """Phantoms whose lungs and carina the engine finds."""
    for seed in seeds:
        made = make(*person(seed))
        x, y, z = made.spacing_mm
        found = lungs.segment(made.hu, (z, y, x), torch.device("cpu"), shipped.weights("lungs"))
        truth = {one["level"]: one["position_mm"] for one in made.truth["goh_levels"]}
        positions = [made.origin_mm[2] + index * z for index in range(len(made.hu))]
        name = f"phantom {seed}"
        yield from judge(name, made.hu, found.labels, found.airway.carina, positions, (z, y, x), truth, weights)


def judge(
    name: str,
    hu: Hu,
    labels: Labels,
    carina: int | None,
    positions_mm: Sequence[float],
    voxel_mm: Spacing,
    truth: dict[int, float],
    weights: Path,
) -> Iterator[Error]:
    """Errors of landmarks alone, network alone and both together."""
    seen = level_seek.seek(hu, labels, voxel_mm, weights)
    ways = {
        "landmarks": levels.find(labels, carina, positions_mm, voxel_mm),
        "network": levels.by_network(seen, positions_mm, voxel_mm[0]),
        "both": levels.find(labels, carina, positions_mm, voxel_mm, seen),
    }
    for way, found in ways.items():
        for one in found:
            if one.level in truth:
                mm = None if one.position_mm is None else one.position_mm - truth[one.level]
                yield Error(name, way, one.level, mm, one.confidence)


def table(errors: Sequence[Error]) -> Iterator[str]:
    """Mean and greatest distance in mm of each level by each way, in words."""
    for way in dict.fromkeys(one.way for one in errors):
        for level in NAMES:
            some = [one for one in errors if one.way == way and one.level == level]
            found = [abs(one.mm) for one in some if one.mm is not None]
            mean = f"{np.mean(found):.1f} mm, at most {max(found):.1f}" if found else "-"
            yield f"{way} level {level}: {mean}, {len(found)} of {len(some)} found"
