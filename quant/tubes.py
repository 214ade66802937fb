"""Airways and vessels as masks to lay over the pictures of a scan, and the airway tree whole, seen from the front."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from quant.engine.arrays import Image as Values
from quant.engine.arrays import Labels
from quant.painting import Ink, border, coloured, stretched

# The inks --ov-airway-* and --ov-vessel of static/tokens.css; of airways the trachea first, each step a generation.
AIRWAY_INKS = tuple(Ink(colour) for colour in ("#FFF6DC", "#FFE9A8", "#FFDB70", "#FFC933", "#F5A800"))
VESSEL_INK = "#C8102E"
LUNG_INK = "#4ADE80"
# Of the tree the last mm of vessel in a line of sight that each step of the ink stands for: thick hides more than thin.
VESSEL_MM, VESSEL_ALPHA = (2.0, 4.0, 8.0), (60, 110, 170, 235)
IN_SECTION = {"airways": AIRWAY_INKS, "vessels": (Ink(VESSEL_INK),)}
DARKEST_HU, BRIGHTEST_HU = -1000, 300


class Tubes(NamedTuple):
    """Label maps of one shape: 1 + generation of a branch, 1 in a vessel; None where they were not drawn."""

    airways: Labels | None
    vessels: Labels | None

    def cut(self, where: Any) -> Tubes:
        return Tubes(*(None if one is None else one[where] for one in self))


def save(tubes: Tubes, size: tuple[int, int], name: str, folder: Path) -> tuple[str, ...]:
    """Write a mask `name`-airways.png and `name`-vessels.png of what a section meets; says which there are."""
    met = {kind: labels for kind, labels in tubes._asdict().items() if labels is not None and labels.any()}
    for kind, labels in met.items():
        inks = IN_SECTION[kind]
        _write(coloured(stretched(np.minimum(labels, len(inks)), size), inks), folder / f"{name}-{kind}.png")
    return tuple(met)


class Front(NamedTuple):
    """A scan seen from the front, all depths over one another: (rows, columns) downward and from the patient's right.

    `grey` is the mean of what the line of sight meets; `lungs` whether it meets one; `airways` the branch nearest to
    the trachea that it meets; `vessels` by how many mm of vessel it meets.
    """

    grey: npt.NDArray[np.uint8]
    lungs: Labels
    airways: Labels
    vessels: Labels


def seen_from_front(hu: npt.NDArray[np.int16], lungs: Labels, tubes: Tubes, depth_mm: float) -> Front:
    """Of arrays (z from the head down, y, x); `depth_mm` is the size of a voxel in y."""
    blank = np.zeros((hu.shape[0], hu.shape[2]), np.uint8)
    thickness = depth_mm * tubes.vessels.sum(axis=1, dtype=np.float32) if tubes.vessels is not None else None
    outline: Labels = np.asarray((lungs > 0).any(axis=1), np.uint8)
    return Front(
        grey=_shades(np.clip(hu, DARKEST_HU, BRIGHTEST_HU).mean(axis=1, dtype=np.float32)),
        lungs=outline,
        airways=blank if tubes.airways is None else _nearest(tubes.airways),
        vessels=blank if thickness is None else _steps(thickness),
    )


def save_front(front: Front, size: tuple[int, int], name: str, folder: Path) -> tuple[str, ...]:
    """Write the grey picture, its mask with tree and lungs, and the vessels apart; says which tubes."""
    grey = Image.fromarray(front.grey).resize(size, Image.Resampling.BICUBIC)
    _write(grey, folder / f"{name}.png")
    painted, lungs = stretched(np.minimum(front.airways, len(AIRWAY_INKS)), size).copy(), stretched(front.lungs, size)
    painted[border(lungs) & (lungs > 0) & (painted == 0)] = len(AIRWAY_INKS) + 1
    _write(coloured(painted, (*AIRWAY_INKS, Ink(LUNG_INK))), folder / f"{name}-mask.png")
    if not front.vessels.any():
        return ()
    inks = [Ink(VESSEL_INK, alpha) for alpha in VESSEL_ALPHA]
    _write(coloured(stretched(front.vessels, size), inks), folder / f"{name}-vessels.png")
    return ("vessels",)


def _shades(mean_hu: Values) -> npt.NDArray[np.uint8]:
    """From the darkest to the brightest hundredth, in steps of two as every picture."""
    low, high = np.percentile(mean_hu, (1, 99))
    shade = np.clip((mean_hu - low) / max(float(high - low), 1.0), 0.0, 1.0) * 255.0
    halved: npt.NDArray[np.uint8] = (shade.astype(np.uint8) >> 1) << 1
    return halved


def _nearest(airways: Labels) -> Labels:
    """The lowest label but 0 along y."""
    # 0 - 1 is 255: none is the farthest.
    least: Labels = (airways - np.uint8(1)).min(axis=1) + np.uint8(1)
    return least


def _steps(thickness_mm: Values) -> Labels:
    steps: Labels = (1 + np.digitize(thickness_mm, VESSEL_MM)).astype(np.uint8)
    steps[thickness_mm <= 0] = 0
    return steps


def _write(picture: Image.Image, path: Path) -> None:
    picture.save(path, optimize=True)
