"""The network of Goh scores on the slices of the five levels, with disease drawn by the generator of this checker.

Truth is the label map: GG is ground glass and consolidation, RET is reticulation and honeycombing, TOT both, in % of
the true lung of the slice. Slices lie at the landmarks found on the true lungs, with one above and one below. Beside
the network, where an engine is asked: what is counted on the label maps that it draws on the whole of the same scan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from quant.agreement import kappa
from quant.engine.arrays import LEFT, RIGHT, Hu, Labels, Mask, Spacing
from quant.engine.result import Measured
from quant.engine.volume import Volume
from quant.evaluation import cases
from quant.evaluation.base import Base
from quant.evaluation.disease import FIBROSIS, LESION
from quant.evaluation.insert import insert
from quant.goh import levels, measured
from quant.goh.scores import Scorer

Scores = npt.NDArray[np.float64]
Measure = Callable[[Volume], Measured]
NAMES = ("tot", "gg", "ret")
TARGETS = {"mae": 4.0, "kappa": 0.70, "zero_tot": 2.0, "moved": 2.0}
TURN_DEGREES, GROWN = 30.0, 0.05
AIR_HU = -1024.0


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """The slice of a level with its neighbours, `middle` the index of it: HU, lungs and true patterns (z, y, x)."""

    scan: str
    case: str
    level: int
    hu: Hu
    lungs: Labels
    patterns: Labels
    middle: int
    voxel_mm: Spacing
    measured: Scores | None = None

    def truth(self, index: int) -> Scores:
        """TOT, GG, RET of one of the slices."""
        return truth_of(self.patterns[index], self.lungs[index] > 0)


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
    measured: Scores | None = None


def drawn(base: Base, seed: int, tell: Callable[[str], None], measure: Measure | None = None) -> Iterator[Drawn]:
    """The levels of the scan as it is, and with every case; `measure` is the engine to compare with."""
    sides = sided(base.lungs)
    carina = None if base.carina is None else round(base.carina)
    places = levels.find(sides, carina, base.volume.positions_mm, base.volume.voxel_mm)
    for case in (cases.Case("none", ()), *cases.PATTERNS):
        tell(f"{base.name}: {case.name}")
        found = insert(base, case.wanted, seed)
        told = measure(replace(base.volume, hu=found.hu)) if measure else None
        for place in places:
            if place.slice is not None and sides[place.slice].any():
                first = max(0, place.slice - 1)
                near = slice(first, place.slice + 2)
                yield Drawn(
                    base.name,
                    case.name,
                    place.level,
                    found.hu[near].copy(),
                    sides[near].copy(),
                    found.patterns[near].copy(),
                    place.slice - first,
                    base.volume.voxel_mm,
                    _counted(told, place.slice) if told else None,
                )


def _counted(told: Measured, index: int) -> Scores | None:
    """What the engine's own maps say of a slice; None where it sees no lung there."""
    counted = measured.score(told.lungs[index], told.patterns[index])
    scores = (counted.tot, counted.gg, counted.ret)
    return None if None in scores else np.array(scores, np.float64)


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


def score(one: Drawn, scorer: Scorer) -> Seen:
    """What the network says of a slice."""
    told = scorer.of_slices(one.hu, one.lungs, [one.middle], one.voxel_mm)[0]
    estimates = (told.tot, told.gg, told.ret)
    found, truth = np.array([each.value for each in estimates]), one.truth(one.middle)
    moved = {name: again - found for name, again in _moved(scorer, one.hu, one.lungs, one.middle, one.voxel_mm)}
    for beside in {0, len(one.hu) - 1} - {one.middle}:
        if (one.lungs[beside] > 0).any():
            again = _values(scorer, one.hu, one.lungs, beside, one.voxel_mm)
            moved[f"slice {beside - one.middle:+d}"] = again - found - (one.truth(beside) - truth)
    limits = np.array([(each.low, each.high) for each in estimates])
    return Seen(one.scan, one.case, one.level, truth, found, limits, moved, one.measured)


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


def document(seen: Sequence[Seen]) -> dict[str, Any]:
    """The summary of all slices, of each scan and of each case."""
    return {
        "all": summary(seen),
        "scans": {name: summary([one for one in seen if one.scan == name]) for name in sorted({s.scan for s in seen})},
        "cases": {name: summary([one for one in seen if one.case == name]) for name in sorted({s.case for s in seen})},
        "targets": TARGETS,
    }


def summary(seen: Sequence[Seen]) -> dict[str, Any]:
    """Figures over slices: errors, agreement, what is found where there is nothing, how far the scores move."""
    truth, found = (np.array([getattr(one, name) for one in seen]) for name in ("truth", "found"))
    limits = np.array([one.limits for one in seen])
    held = (limits[..., 0] <= truth) & (truth <= limits[..., 1])
    moves = sorted({name for one in seen for name in one.moved})
    counted = [one for one in seen if one.measured is not None]
    return {
        **_agreement(truth, found),
        "limits_hold_percent": _named(100.0 * held.mean(axis=0)),
        "moved": {
            name: _named(np.abs([one.moved[name] for one in seen if name in one.moved]).mean(axis=0)) for name in moves
        },
        "measured": _agreement(np.array([one.truth for one in counted]), np.array([one.measured for one in counted]))
        if counted
        else None,
    }


def _agreement(truth: Scores, found: Scores) -> dict[str, Any]:
    """Errors and kappa of scores (n, 3), and what is found where there is nothing."""
    healthy = truth[:, 0] == 0
    return {
        "slices": len(truth),
        "mae": _named(np.abs(found - truth).mean(axis=0)),
        "sd": _named((found - truth).std(axis=0)),
        "bias": _named((found - truth).mean(axis=0)),
        "kappa": {name: _rounded(kappa(truth[:, at], found[:, at]).value) for at, name in enumerate(NAMES)},
        "zero_slices": int(healthy.sum()),
        "zero": _named(found[healthy].mean(axis=0)) if healthy.any() else None,
        "zero_worst_tot": round(float(found[healthy, 0].max()), 2) if healthy.any() else None,
    }


def _named(values: Scores) -> dict[str, float]:
    return {name: round(float(value), 2) for name, value in zip(NAMES, values, strict=True)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
