"""Heat maps of a network of Goh scores: do they give back its scores, and do they point at what was drawn?

The threshold under which a pixel counts as disease is chosen on slices of another generator, that of the training,
which whoever asks brings along; all else is told of other slices, drawn by the generator of this checker.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from quant.engine.arrays import Hu, Mask, Spacing
from quant.evaluation import goh
from quant.evaluation.base import Base
from quant.evaluation.disease import FIBROSIS, ILD, LESION
from quant.goh import heatmap
from quant.goh.scores import Scorer

# Points for each % of the lung replaced.
CUTS = tuple(round(-0.02 * step, 2) for step in range(1, 51))
Values = npt.NDArray[np.float64]
# A clean chest and a count to slices: HU, lung, where TOT, GG and RET lie, voxel in mm.
Draw = Callable[[Hu, Mask, Spacing, int], Iterator[tuple[Hu, Mask, tuple[Mask, ...], Spacing]]]


@dataclass(frozen=True, slots=True, eq=False)
class Mapped:
    """One slice: `told` (3) by the network without views, `shown` with them, `truth`, all in points; `percent`
    (cuts, 3) that the map gives back; `hits` (cuts, 3, 3): pixels marked and ill, marked, ill.
    """

    told: Values
    shown: Values
    truth: Values
    percent: Values
    hits: Values
    seconds: float


def validation(base: Base, count: int, draw: Draw, scorer: Scorer, device: str) -> Iterator[Mapped]:
    """Slices of another generator, drawn into the same base."""
    for hu, lung, ill, voxel_mm in draw(base.volume.hu, base.lungs, base.volume.voxel_mm, count):
        yield _mapped(hu, lung, ill, voxel_mm, scorer, device)


def held_out(
    base: Base, count: int, seed: int, scorer: Scorer, device: str, tell: Callable[[str], None]
) -> Iterator[Mapped]:
    """`count` of the levels of this checker's generator, spread over its cases."""
    drawn = list(goh.drawn(base, seed, tell))
    for at in np.unique(np.linspace(0, len(drawn) - 1, min(count, len(drawn))).round().astype(int)):
        one = drawn[int(at)]
        patterns, lung = one.patterns[one.middle], one.lungs[one.middle] > 0
        ill = tuple(np.isin(patterns, values) & lung for values in (ILD, LESION, FIBROSIS))
        yield _mapped(one.hu[one.middle], lung, ill, one.voxel_mm, scorer, device)


def _mapped(hu: Hu, lung: Mask, ill: Sequence[Mask], voxel_mm: Spacing, scorer: Scorer, device: str) -> Mapped:
    labels = lung.astype(np.uint8)[None]
    started = time.monotonic()
    found = heatmap.maps(hu[None], labels, 0, voxel_mm, scorer, device)
    seconds = time.monotonic() - started
    shown = scorer.of_slices(hu[None], labels, [0], voxel_mm, device)[0]
    percent, hits = np.zeros((len(CUTS), 3)), np.zeros((len(CUTS), 3, 3))
    for at, cut in enumerate(CUTS):
        for score, name in enumerate(heatmap.NAMES):
            marked = found.marked(name, cut)
            percent[at, score] = found.percent(name, cut)
            hits[at, score] = [int(np.count_nonzero(x)) for x in (marked & ill[score], marked, ill[score])]
    truth = np.array([100.0 * one[lung].mean() for one in ill])
    values = np.array([shown.tot.value, shown.gg.value, shown.ret.value])
    return Mapped(found.scores, values, truth, percent, hits, seconds)


def r2(wanted: Values, found: Values) -> float | None:
    """The share of the spread of `wanted` (n) that `found` gives back, as they are and without a fitted line.

    Below 0 where the mean would be nearer; None where all wanted are the same.

    >>> r2(np.array([0.0, 10.0, 20.0]), np.array([0.0, 10.0, 20.0]))
    1.0
    """
    spread = float(((wanted - wanted.mean()) ** 2).sum())
    return None if spread < 1e-9 else round(1.0 - float(((wanted - found) ** 2).sum()) / spread, 3)


def chosen(seen: Sequence[Mapped]) -> list[int]:
    """For each score the place in CUTS at which maps come nearest to what the network said."""
    percent, told = np.array([one.percent for one in seen]), np.array([one.told for one in seen])
    found: list[int] = ((percent - told[:, None]) ** 2).mean(axis=0).argmin(axis=0).tolist()
    return found


def figures(seen: Sequence[Mapped], at: Sequence[int]) -> dict[str, Any]:
    """By score: R2 of the map against what the network said (without and with views) and against the truth, the mean
    distance from what it said, and the overlap (Dice) of what is marked with what was drawn.
    """
    found: dict[str, Any] = {"slices": len(seen)}
    for score, name in enumerate(heatmap.NAMES):
        percent = np.array([one.percent[at[score], score] for one in seen])
        told, shown, truth = (np.array([getattr(one, k)[score] for one in seen]) for k in ("told", "shown", "truth"))
        both, marked, ill = np.array([one.hits[at[score], score] for one in seen]).sum(axis=0)
        found[name] = {
            "r2": r2(told, percent),
            "r2_line": round(float(np.corrcoef(told, percent)[0, 1]) ** 2, 3) if percent.std() > 0 else None,
            "r2_shown": r2(shown, percent),
            "r2_truth": r2(truth, percent),
            "network_r2_truth": r2(truth, told),
            "apart": round(float(np.abs(percent - told).mean()), 2),
            "dice": round(float(2 * both / max(1.0, marked + ill)), 3),
        }
    return found


def document(held: Sequence[Mapped], other: Sequence[Mapped], held_seed: int, seed: int, device: str) -> dict[str, Any]:
    """The thresholds and what they were chosen on, then what is told of other slices."""
    at = chosen(held)
    return {
        "thresholds": {name: CUTS[one] for name, one in zip(heatmap.NAMES, at, strict=True)},
        "unit": "points for each % of the lung replaced by healthy lung",
        "validation": {"generator": "quant.goh.synthesis", "seed": held_seed, **figures(held, at)},
        "consistency": {"generator": "quant.evaluation", "seed": seed, **figures(other, at)},
        "device": device,
        "seconds_a_slice": round(float(np.median([one.seconds for one in (*held, *other)])), 2),
    }
