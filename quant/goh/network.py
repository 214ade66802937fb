"""Goh scores of a scan's levels by the score network: a source beside the measured one.

Trained on synthetic patterns; research use, not clinically validated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from quant.engine.arrays import Hu, Labels, Spacing
from quant.engine.errors import UnusableInput
from quant.engine.volume import Volume
from quant.goh.levels import Level
from quant.goh.scores import SliceScore
from quant.goh.table import NOT_SCORED, Score


class Scores(Protocol):
    """What a network is asked: quant.goh.scores.Scorer."""

    def of_slices(
        self, hu: Hu, lungs: Labels, slices: Sequence[int], voxel_mm: Spacing, device: str = "cpu"
    ) -> list[SliceScore]:
        """Scores of slices; raises UnusableInput for one without lung."""
        ...


def scores(scorer: Scores, levels: Sequence[Level], volume: Volume, lungs: Labels, device: str = "cpu") -> list[Score]:
    """Of each level; one outside the scan, or whose slice has too little lung, is not scored."""
    return [_score(scorer, one, volume, lungs, device) for one in levels]


def _score(scorer: Scores, level: Level, volume: Volume, lungs: Labels, device: str) -> Score:
    if level.slice is None:
        return NOT_SCORED
    try:
        (found,) = scorer.of_slices(volume.hu, lungs, [level.slice], volume.voxel_mm, device)
    except UnusableInput:
        return NOT_SCORED
    parts = (found.tot, found.gg, found.ret)
    limits = tuple((one.low, one.high) for one in parts)
    return Score(found.tot.value, found.gg.value, found.ret.value, found.confidence, limits)
