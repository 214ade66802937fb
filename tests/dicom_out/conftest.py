"""A small series on disk in several shapes, with label maps drawn by hand and a document to match."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quant.engine.result import Measured
from quant.engine.volume import load_dicom
from tests.engine import files
from tests.phantom import chest

LOBES = ("RUL", "RML", "RLL", "LUL", "LLL")
PATTERNS = ("ground_glass", "consolidation", "reticulation", "honeycombing", "emphysema")


def mirrored(folder: Path) -> list[Path]:
    return files.write(folder, chest(slices=24, size=64), lambda ds, _n: files.turn(ds, rows=True, columns=True))


def with_a_gap(folder: Path) -> list[Path]:
    written = files.write(folder, chest(slices=24, size=64))
    written.pop(11).unlink()
    return written


def leaning(folder: Path) -> list[Path]:
    """The table went down a little from slice to slice, as under a tilted gantry."""

    def shear(ds: Any, index: int) -> None:
        x, y, z = ds.ImagePositionPatient
        ds.ImagePositionPatient = [x, y + 0.2 * index, z]

    return files.write(folder, chest(slices=24, size=64), shear)


def multi_frame(folder: Path) -> list[Path]:
    folder.mkdir(parents=True)
    return [files.save(files.enhanced(chest(slices=24, size=64)), folder / "all.dcm")]


SHAPES: dict[str, Callable[[Path], list[Path]]] = {
    "mirrored": mirrored,
    "gap": with_a_gap,
    "tilt": leaning,
    "multi-frame": multi_frame,
}


@dataclass(frozen=True)
class Case:
    """A measured series: its files and what was found in it."""

    name: str
    files: list[Path]
    measured: Measured


@pytest.fixture(scope="session", params=SHAPES)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Every region has another size, so that none can stand for another."""
    written = SHAPES[request.param](tmp_path_factory.mktemp(request.param) / "ct")
    volume = load_dicom(written)
    lungs, lobes, patterns = (np.zeros(volume.hu.shape, np.uint8) for _ in range(3))
    lungs[3:20, 20:44, 8:24], lungs[3:20, 20:43, 40:56] = 1, 2
    for value, height in enumerate(((12, 20), (9, 12), (3, 9)), 1):
        lobes[slice(*height)][lungs[slice(*height)] == 1] = value
    lobes[:11][lungs[:11] == 2], lobes[11:][lungs[11:] == 2] = 5, 4
    for value in (1, 2, 3, 5):
        patterns[4 : 5 + value, 20 + 3 * value : 22 + 3 * value, 10 : 10 + 2 * value] = value
    airways, vessels = (np.zeros(volume.hu.shape, np.uint8) for _ in range(2))
    airways[14:24, 30:34, 30:33], airways[12:14, 30:33, 26:38] = 1, 2
    vessels[5:18, 25:27, 12:15] = 1
    measured = Measured(document(), lungs, lobes, patterns, volume, None, airways, vessels)
    return Case(request.param, written, measured)


def document() -> dict[str, Any]:
    """Numbers that differ from one another; there is no honeycombing, and fibrosis was not measured."""
    lungs = (
        "volume_ml", "right_ml", "left_ml", "mean_density_hu", "haa_percent", "laa950_percent", "perc15_hu",
        "skewness", "kurtosis", "vessel_ml",
    )  # fmt: skip
    return {
        "engine": {"name": "density", "version": "9.9"},
        "lungs": {key: 1000.5 + n for n, key in enumerate(lungs)},
        "patterns": {
            **{name: {"ml": 10.25 + n, "percent": 1.125 + n} for n, name in enumerate(PATTERNS)},
            "honeycombing": {"ml": 0.0, "percent": 0.0},
        },
        "lesion_percent": 7.25,
        "fibrosis_percent": None,
        "ild_percent": 9.5,
        "lobes": {
            name: {"ml": 500.5 + n, "lesion_percent": 20.25 + n, "severity": n % 5} for n, name in enumerate(LOBES)
        },
        "airways": {
            "volume_ml": 61.5,
            "length_mm": 1440.25,
            "branches": 7,
            "generations": [1, 2, 4],
            "carina_mm": [1.0, 2.0, 3.0],
        },
        "severity": {"scheme": "guiot2025", "total": 12, "estimated": True},
    }
