"""Where the landmarks lie that readers and engines look for."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from quant.training.phantom import mediastinum, thorax
from quant.training.phantom.frame import Frame
from quant.training.phantom.grid import Grid

ABOVE_DOME_MM = 10.0


def points(person: Frame) -> npt.NDArray[np.float64]:
    """Places (4, 3) of great vessels, carina, venous confluence and right dome, (x, y, z) mm in the person's space."""
    heights = (mediastinum.GREAT_VESSELS_Z, mediastinum.CARINA_Z, mediastinum.VENOUS_CONFLUENCE_Z)
    reference = np.array([(0.0, 15.0, z) for z in heights] + [thorax.DOMES["right"]])
    return np.asarray(person.place(reference), np.float64)


def landmarks(person: Frame, grid: Grid) -> dict[str, Any]:
    """The carina and the five Goh levels: `slice` (None outside the scan) and `position_mm` (patient z)."""
    great, carina, veins, dome = points(person)[:, 2].tolist()
    base = dome + ABOVE_DOME_MM
    found = [great, carina, veins, (veins + base) / 2, base]
    levels = [{"level": level, **_place(z, grid)} for level, z in enumerate(found, 1)]
    return {"carina": _place(carina, grid), "goh_levels": levels}


def _place(z: float, grid: Grid) -> dict[str, Any]:
    index = round((z - float(grid.z[0])) / grid.spacing_mm[2])
    return {"slice": index if 0 <= index < grid.shape[0] else None, "position_mm": round(z, 2)}
