"""Goh scores counted on the engine's own label maps: what it drew on the slice of each level, no second opinion.

RET is reticulation and honeycombing, GG ground glass and consolidation, TOT all four, each in % of the lung voxels of
that slice; emphysema is in none of them. A voxel has one pattern, so TOT is GG + RET here, which readers and networks,
who see the two over each other, need not give.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from quant.engine.arrays import Labels
from quant.engine.known import FIBROSIS as RET
from quant.engine.known import LESION as GG
from quant.engine.measures import counts_within
from quant.engine.patterns import NAMES
from quant.goh.levels import Level
from quant.goh.table import NOT_SCORED, Score


def scores(
    levels: Sequence[Level], lungs: Labels, patterns: Labels, looked_for: Collection[str] = NAMES
) -> list[Score]:
    """Of each level.

    Args:
        levels: where they lie; one outside the scan is not scored.
        lungs: label map (z, y, x), 0 outside both lungs.
        patterns: label map of the same grid, 1..5 in the order of quant.engine.patterns.NAMES.
        looked_for: names of the patterns that the engine looks for; a score that needs another one is None.
    """
    return [
        NOT_SCORED if one.slice is None else score(lungs[one.slice], patterns[one.slice], looked_for) for one in levels
    ]


def score(lungs: Labels, patterns: Labels, looked_for: Collection[str] = NAMES) -> Score:
    """Of one slice (y, x); not scored where it holds no lung."""
    lung = lungs > 0
    area = int(lung.sum())
    if not area:
        return NOT_SCORED
    counts = dict(zip(NAMES, counts_within(patterns, lung).tolist()[1:], strict=True))

    def percent(names: frozenset[str]) -> float | None:
        return 100.0 * sum(counts[name] for name in names) / area if names <= set(looked_for) else None

    gg, ret = percent(GG), percent(RET)
    # The sum of the two, not a division of its own: no rounding may lift TOT above GG + RET.
    return Score(tot=None if gg is None or ret is None else min(100.0, gg + ret), gg=gg, ret=ret)


def unscored(levels: Sequence[Level], found: Sequence[Score]) -> Iterator[str]:
    """In words, every level without scores and why."""
    for level, one in zip(levels, found, strict=True):
        if level.slice is None:
            yield f"level {level.level}: {level.reason or 'it lies outside the scan'}"
        elif one == NOT_SCORED:
            yield f"there is no lung in the slice of level {level.level}"
