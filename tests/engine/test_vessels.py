"""Vessels are narrow or branch; plates and lumps are neither."""

from __future__ import annotations

import numpy as np

from quant.engine import vessels

VOXEL = (1.0, 1.0, 1.0)


def ball(shape: tuple[int, int, int], centre: tuple[int, int, int], radius: float) -> np.ndarray:
    z, y, x = np.ogrid[: shape[0], : shape[1], : shape[2]]
    found: np.ndarray = (z - centre[0]) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2 <= radius**2
    return found


def scene() -> dict[str, np.ndarray]:
    shape = (40, 60, 60)
    parts = {name: np.zeros(shape, bool) for name in ("tube", "tree", "plate", "speck")}
    parts["tube"][4:36, 4:8, 4:8] = True
    tree = parts["tree"]
    tree[4:36, 30:33, 30:33] = True
    for z in (8, 16, 24, 32):
        tree[z : z + 2, 30:32, 20:44] = tree[z : z + 2, 18:44, 30:32] = True
    parts["plate"][4:30, 50:52, 4:24] = True
    parts["nodule"] = ball(shape, (20, 12, 48), 5.5)
    parts["speck"][37:39, 55:58, 55:58] = True
    return parts


def test_tubes_trees_and_specks_stay_plates_and_lumps_go() -> None:
    parts = scene()
    found = vessels.told_apart(np.logical_or.reduce(list(parts.values())), VOXEL)
    kept = {name for name, part in parts.items() if (found & part).any()}
    assert kept == {"tube", "tree", "speck"}
    assert all(found[parts[name]].all() for name in kept)


def test_nothing_bright_is_no_vessel() -> None:
    assert not vessels.told_apart(np.zeros((4, 5, 6), bool), VOXEL).any()
