"""Goh scores of a patient's CTs, from the source that counts for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from quant.models import LevelScore, Quantification

LEVELS = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Extent:
    """TOT of the five levels, in % of the lung area of each slice; None where a level lies outside the scan."""

    source: str
    levels: tuple[float | None, ...]

    @property
    def mean(self) -> float | None:
        """The extent of the whole lungs: not given unless all five are."""
        known = [one for one in self.levels if one is not None]
        return sum(known) / len(LEVELS) if len(known) == len(LEVELS) else None


def extents(history: Sequence[Quantification]) -> dict[int, Extent]:
    """By primary key of those that have scores; one query."""
    found: dict[int, dict[str, dict[int, float | None]]] = defaultdict(lambda: defaultdict(dict))
    for one in LevelScore.objects.filter(quantification__in=history, current=True):
        found[one.quantification_id][one.source][one.level] = one.tot
    return {one.pk: _extent(one, found[one.pk]) for one in history if one.pk in found}


def _extent(one: Quantification, sources: dict[str, dict[int, float | None]]) -> Extent:
    source = one.goh_default if one.goh_default in sources else min(sources)
    return Extent(source, tuple(sources[source].get(level) for level in LEVELS))
