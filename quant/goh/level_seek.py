"""Where the level network sees the landmarks of a scan: several crops along z, their median and how they agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from quant.engine.arrays import Hu, Labels, Spacing
from quant.goh.level_view import GRID_MM, LANDMARKS, View, inputs, view

if TYPE_CHECKING:
    from quant.goh.level_net import HeatMaps, Positions

# Shares of the planes left out below and above: the whole, and crops slid along it.
CROPS = ((0.0, 0.0), (0.08, 0.0), (0.0, 0.08), (0.16, 0.0), (0.0, 0.16))
NEAR_PLANES, EDGE_PLANES = 3, 3
LEAST_INSIDE = 0.5
LEAST_PLANES = 16

Probabilities = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sight:
    """One landmark by the network.

    `height_mm` above the lowest slice, None where it is not in the scan: `outside` then says "above" or "below".
    `confidence` 0..1 is the mean probability within 9 mm of it; `spread_mm` the SD over the crops that hold it.
    """

    height_mm: float | None
    confidence: float
    spread_mm: float
    outside: str | None


@dataclass(frozen=True, slots=True)
class _Look:
    """One crop's word on one landmark, planes counted in the whole."""

    plane: float
    inside: float
    near: Probabilities
    start: int


def seek(hu: Hu, lungs: Labels, voxel_mm: Spacing, weights: Path, device: str = "cpu") -> dict[str, Sight]:
    """The landmarks of a scan (z, y, x) whose `lungs` are labelled; empty where there is too little lung."""
    seen = view(hu, lungs, voxel_mm)
    return {} if seen is None else sights(seen, trained(weights, device), device)


def sights(seen: View, network: HeatMaps | Positions, device: str = "cpu") -> dict[str, Sight]:
    """The landmarks in what the network sees; empty for less than LEAST_PLANES planes."""
    count = len(seen.hu)
    if count < LEAST_PLANES:
        return {}
    image = inputs(seen.hu, seen.side)
    spans = [(int(below * count), count - int(above * count)) for below, above in CROPS]
    crops = [(start, probabilities(network, image[:, start:stop], device)) for start, stop in spans]
    return {
        name: _sight([_look(found[index], start) for start, found in crops], count, seen.bottom_mm)
        for index, name in enumerate(LANDMARKS)
    }


def probabilities(network: HeatMaps | Positions, image: npt.NDArray[np.float32], device: str) -> Probabilities:
    """Of each landmark (landmarks, z + 2): below, each plane, above."""
    import torch

    with torch.inference_mode():
        found = network(torch.from_numpy(np.ascontiguousarray(image))[None].to(device))[0].exp()
    return np.asarray(found.float().cpu().numpy())


def place(found: Probabilities) -> float:
    """The plane of one landmark: the mean about the likeliest of its planes (z + 2 with both ends)."""
    planes = found[1:-1]
    best = int(planes.argmax())
    low = max(best - NEAR_PLANES, 0)
    near = planes[low : best + NEAR_PLANES + 1]
    return float(low + (near * np.arange(len(near))).sum() / max(float(near.sum()), 1e-9))


def _look(found: Probabilities, start: int) -> _Look:
    return _Look(start + place(found), float(found[1:-1].sum()), found, start)


def _sight(looks: list[_Look], count: int, bottom_mm: float) -> Sight:
    """The first look is at the whole, which says whether the landmark is there."""
    whole = looks[0]
    if whole.inside < LEAST_INSIDE:
        side = "below" if whole.near[0] > whole.near[-1] else "above"
        return Sight(None, 1 - whole.inside, 0.0, side)
    used = [look for look in looks if look is whole or _holds(look, whole.plane)]
    agree = [look for look in used if look.inside >= LEAST_INSIDE]
    plane = float(np.median([look.plane for look in agree]))
    near = sum(_mass(look, plane) for look in used) / len(used)
    spread = float(np.std([look.plane for look in agree])) * GRID_MM[0]
    return Sight(bottom_mm + plane * GRID_MM[0], min(1.0, near), spread, None)


def _holds(look: _Look, plane: float) -> bool:
    stop = look.start + len(look.near) - 2
    return look.start + EDGE_PLANES <= plane < stop - EDGE_PLANES


def _mass(look: _Look, plane: float) -> float:
    """Probability within NEAR_PLANES of a plane."""
    planes = look.start + np.arange(len(look.near) - 2)
    return float(look.near[1:-1][np.abs(planes - plane) <= NEAR_PLANES].sum())


@lru_cache(maxsize=2)
def trained(path: Path, device: str) -> HeatMaps | Positions:
    """The network of a file, kept warm. The file says its form."""
    import torch
    from safetensors import safe_open

    from quant.goh.level_net import FORMS

    with safe_open(path, "pt") as kept:
        network = FORMS[_about(kept.metadata())["form"]]()
        network.load_state_dict({name: kept.get_tensor(name).float() for name in kept.keys()})  # noqa: SIM118
    return network.to(torch.device(device)).eval()


def _about(metadata: Mapping[str, str] | None) -> Mapping[str, str]:
    return metadata or {"form": "heat_maps"}
