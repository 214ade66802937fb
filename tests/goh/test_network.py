"""The network's scores as a source: asked for the slices of the levels, and for nothing that it cannot score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from quant.engine.errors import UnusableInput
from quant.engine.volume import Volume
from quant.goh import network
from quant.goh.levels import Level
from quant.goh.scores import Estimate, SliceScore
from quant.goh.table import NOT_SCORED, Score


class Pretended:
    """Scores slice z with TOT z; slice 0 has no lung."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def of_slices(self, _hu: Any, _lungs: Any, slices: Sequence[int], *_: Any) -> list[SliceScore]:
        if 0 in slices:
            raise UnusableInput("no_lung", "no lung in slice 0")
        self.asked += slices
        return [
            SliceScore(Estimate(z, z - 1.0, z + 1.0), Estimate(z / 2, 0.0, z), Estimate(z / 2, 0.0, z), 0.7)
            for z in slices
        ]


class Scan:
    hu = None
    voxel_mm = (2.5, 1.0, 1.0)


def test_each_level_is_scored_on_its_slice_and_what_cannot_be_is_not() -> None:
    levels = [Level(level, index, 0.0, 0.9, "seen") for level, index in ((1, 40), (2, 30), (3, 0))]
    levels.append(Level(4, None, None, None, None))
    asked = Pretended()
    found = network.scores(asked, levels, cast(Volume, Scan()), cast(Any, None))
    assert asked.asked == [40, 30]
    assert found[0] == Score(40.0, 20.0, 20.0, 0.7, ((39.0, 41.0), (0.0, 40.0), (0.0, 40.0)))
    assert found[2:] == [NOT_SCORED, NOT_SCORED]
