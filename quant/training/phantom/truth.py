"""The truth of a phantom in the words of the contract, counted on its label maps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from quant.training.phantom.model import LOBES, PATTERNS, Labels

Json = dict[str, Any]
LESION, FIBROSIS = (1, 2), (3, 4)


def truth(lungs: Labels, lobes: Labels, patterns: Labels, spacing_mm: tuple[float, float, float]) -> Json:
    """Volumes in mL, extents in percent of all lung voxels, severity by scheme guiot2025."""
    ml = math.prod(spacing_mm) / 1000.0
    joint = np.bincount(lobes.ravel() * np.uint8(8) + patterns.ravel(), minlength=48)[:48].reshape(6, 8)
    sides = np.bincount(lungs.ravel(), minlength=3)
    counts = joint[1:].sum(axis=0)
    table = {name: _lobe(row, ml) for name, row in zip(LOBES, joint[1:], strict=True)}
    scores = [lobe["severity"] for lobe in table.values()]
    return {
        "lungs": {
            "volume_ml": int(sides[1] + sides[2]) * ml,
            "right_ml": int(sides[1]) * ml,
            "left_ml": int(sides[2]) * ml,
        },
        "patterns": _patterns(counts, ml),
        "lesion_percent": _percent(counts, LESION),
        "fibrosis_percent": _percent(counts, FIBROSIS),
        "ild_percent": _percent(counts, LESION + FIBROSIS),
        "lobes": table,
        "severity": {"scheme": "guiot2025", "total": None if None in scores else sum(scores), "estimated": False},
    }


def goh(levels: list[Json], lungs: Labels, patterns: Labels) -> list[Json]:
    """The Goh levels with TOT, GG and RET of their slices in % of its lung; None outside the scan or without lung."""
    return [{**level, **_scores(level["slice"], lungs, patterns)} for level in levels]


def _scores(index: int | None, lungs: Labels, patterns: Labels) -> Json:
    inside = np.empty(0, np.uint8) if index is None else patterns[index][lungs[index] > 0]
    counts = np.bincount(inside, minlength=6)
    parts = {"tot": LESION + FIBROSIS, "gg": LESION, "ret": FIBROSIS}
    return {name: _percent(counts, values) for name, values in parts.items()}


def severity(lesion_voxels: int, lobe_voxels: int) -> int | None:
    """Lobe score 0..5: below 1 %, below 5 %, to 25 %, below 50 %, to 75 %, above; None for an empty lobe."""
    if lobe_voxels == 0:
        return None
    percent = [100 * lesion_voxels - limit * lobe_voxels for limit in (1, 5, 25, 50, 75)]
    reached = (percent[0] >= 0, percent[1] >= 0, percent[2] > 0, percent[3] >= 0, percent[4] > 0)
    return sum(reached)


def _lobe(row: npt.NDArray[np.int64], ml: float) -> Json:
    total, lesion = int(row.sum()), int(sum(row[v] for v in LESION))
    return {
        "ml": total * ml,
        "lesion_ml": lesion * ml,
        "lesion_percent": _percent(row, LESION),
        "severity": severity(lesion, total),
        "patterns": _patterns(row, ml),
    }


def _patterns(counts: npt.NDArray[np.int64], ml: float) -> Json:
    return {
        name: {"ml": int(counts[value]) * ml, "percent": _percent(counts, (value,))}
        for value, name in enumerate(PATTERNS, 1)
    }


def _percent(counts: npt.NDArray[np.int64], values: tuple[int, ...]) -> float | None:
    total = int(counts.sum())
    return 100.0 * int(sum(counts[v] for v in values)) / total if total else None
