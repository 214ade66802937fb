"""The network of Goh scores on the slices of the five levels, with disease drawn by the generator of this checker.

Truth is the label map: GG is ground glass and consolidation, RET is reticulation and honeycombing, TOT both, in % of
the true lung of the slice. Slices lie at the landmarks found on the true lungs, with one above and one below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from quant.engine.arrays import LEFT, RIGHT, Hu, Labels, Mask, Spacing
from quant.evaluation import cases
from quant.evaluation.base import Base
from quant.evaluation.disease import FIBROSIS, LESION
from quant.evaluation.insert import insert
from quant.goh import levels
from quant.goh.scores import Scorer

Scores = npt.NDArray[np.float64]
NAMES = ("tot", "gg", "ret")
TARGETS = {"mae": 4.0, "kappa": 0.70, "zero_tot": 2.0, "moved": 2.0}
STEP, TURN_DEGREES, GROWN = 5.0, 30.0, 0.05
AIR_HU = -1024.0


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One slice: whose, with which disease, `truth` and `found` (3) in points, the limits (3, 2), and how far `found`
    moves (3) when the slice is turned, grown, or its neighbour is taken; the neighbour's own truth is taken off.
    """

    scan: str
    case: str
    level: int
    truth: Scores
    found: Scores
    limits: Scores
    moved: dict[str, Scores]


def score(base: Base, scorer: Scorer, seed: int, tell: Callable[[str], None]) -> Iterator[Seen]:
    """Every case, and the scan as it is."""
    sides = sided(base.lungs)
    carina = None if base.carina is None else round(base.carina)
    places = levels.find(sides, carina, base.volume.positions_mm, base.volume.voxel_mm)
    for case in (cases.Case("none", ()), *cases.PATTERNS):
        tell(f"{base.name}: {case.name}")
        drawn = insert(base, case.wanted, seed)
        for place in places:
            if place.slice is not None and sides[place.slice].any():
                yield _seen(base, scorer, sides, drawn.hu, drawn.patterns, case.name, (place.level, place.slice))


def sided(lungs: Mask) -> Labels:
    """Right and left lung by the middle of both."""
    filled = np.flatnonzero(lungs.any(axis=(0, 1)))
    right = np.arange(lungs.shape[2]) < (filled[0] + filled[-1]) / 2
    return np.where(lungs, np.where(right, RIGHT, LEFT), 0).astype(np.uint8)


def truth_of(patterns: Labels, lung: Mask) -> Scores:
    """TOT, GG, RET of a slice (y, x) in % of its lung."""
    area = max(1, int(np.count_nonzero(lung)))
    gg, ret = (100.0 * int(np.isin(patterns[lung], values).sum()) / area for values in (LESION, FIBROSIS))
    return np.array([gg + ret, gg, ret])


def _seen(
    base: Base, scorer: Scorer, lungs: Labels, hu: Hu, patterns: Labels, case: str, place: tuple[int, int]
) -> Seen:
    level, index = place
    voxel_mm = base.volume.voxel_mm
    told = scorer.of_slices(hu, lungs, [index], voxel_mm)[0]
    estimates = (told.tot, told.gg, told.ret)
    found, truth = np.array([one.value for one in estimates]), truth_of(patterns[index], lungs[index] > 0)
    moved = {name: again - found for name, again in _moved(scorer, hu, lungs, index, voxel_mm)}
    for step in (-1, 1):
        beside = index + step
        if 0 <= beside < len(hu) and (lungs[beside] > 0).any():
            other = truth_of(patterns[beside], lungs[beside] > 0)
            moved[f"slice {step:+d}"] = _values(scorer, hu, lungs, beside, voxel_mm) - found - (other - truth)
    limits = np.array([(one.low, one.high) for one in estimates])
    return Seen(base.name, case, level, truth, found, limits, moved)


def _moved(scorer: Scorer, hu: Hu, lungs: Labels, index: int, voxel_mm: Spacing) -> Iterator[tuple[str, Scores]]:
    """The scores of the slice turned and of another size."""
    for degrees in (-TURN_DEGREES, TURN_DEGREES):
        turned = ndimage.rotate(hu[index].astype(np.float32), degrees, reshape=True, order=1, cval=AIR_HU)
        lung = ndimage.rotate(lungs[index], degrees, reshape=True, order=0)
        one = np.rint(turned).astype(np.int16)[None]
        yield f"{degrees:+g} degrees", _values(scorer, one, lung[None], 0, voxel_mm)
    for grown in (-GROWN, GROWN):
        z, y, x = voxel_mm
        yield f"{100 * grown:+g} %", _values(scorer, hu, lungs, index, (z, y * (1 + grown), x * (1 + grown)))


def _values(scorer: Scorer, hu: Hu, lungs: Labels, index: int, voxel_mm: Spacing) -> Scores:
    told = scorer.of_slices(hu, lungs, [index], voxel_mm)[0]
    return np.array([told.tot.value, told.gg.value, told.ret.value])


def kappa(truth: Scores, found: Scores) -> float:
    """Linear-weighted Cohen kappa of percents (n) rounded to steps of 5.

    >>> kappa(np.array([0.0, 10.0, 20.0]), np.array([0.0, 10.0, 20.0]))
    1.0
    """
    a, b = (np.rint(values / STEP) for values in (truth, found))
    apart = float(np.abs(a - b).mean())
    by_chance = float(np.abs(a[:, None] - b[None]).mean())
    return 1.0 if by_chance == 0.0 else 1.0 - apart / by_chance


def summary(seen: Sequence[Seen]) -> dict[str, Any]:
    """Figures over slices: errors, agreement, what is found where there is nothing, how far the scores move."""
    truth, found = (np.array([getattr(one, name) for one in seen]) for name in ("truth", "found"))
    limits = np.array([one.limits for one in seen])
    off = np.abs(found - truth)
    held = (limits[..., 0] <= truth) & (truth <= limits[..., 1])
    healthy = truth[:, 0] == 0
    moves = sorted({name for one in seen for name in one.moved})
    return {
        "slices": len(seen),
        "mae": _named(off.mean(axis=0)),
        "sd": _named((found - truth).std(axis=0)),
        "bias": _named((found - truth).mean(axis=0)),
        "kappa": {name: round(kappa(truth[:, at], found[:, at]), 3) for at, name in enumerate(NAMES)},
        "limits_hold_percent": _named(100.0 * held.mean(axis=0)),
        "zero_slices": int(healthy.sum()),
        "zero": _named(found[healthy].mean(axis=0)) if healthy.any() else None,
        "zero_worst_tot": round(float(found[healthy, 0].max()), 2) if healthy.any() else None,
        "moved": {
            name: _named(np.abs([one.moved[name] for one in seen if name in one.moved]).mean(axis=0)) for name in moves
        },
    }


def _named(values: Scores) -> dict[str, float]:
    return {name: round(float(value), 2) for name, value in zip(NAMES, values, strict=True)}
