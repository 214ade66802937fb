"""Goh scores of a patient's CTs, from the source that counts for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from quant.goh.names import NAMES, mean_of_five
from quant.models import LevelScore, Quantification
from quant.models.measures import ScoreSource

LEVELS = tuple(NAMES)
SOURCES = {"network": "by a network", "measured": "measured on the label maps", "reader": "by a reader"}
SHORT = {"network": "Network", "measured": "Measured", "reader": "Reader"}
RESEARCH = "Trained on synthetic patterns; research use, not clinically validated."
# Digits of a checksum that a page shows.
FEW = 12


@dataclass(frozen=True, slots=True)
class Extent:
    """Scores of the five levels by one source, in % of the lung area of each slice; None where there is no row.

    engine: name and version of what measured the CT. others: the other sources that have scores of it.
    """

    source: str
    scores: tuple[LevelScore | None, ...]
    engine: str = ""
    others: tuple[Extent, ...] = ()

    def of(self, score: str) -> tuple[float | None, ...]:
        """Of each level: tot, gg or ret."""
        return tuple(None if one is None else getattr(one, score) for one in self.scores)

    def mean_of(self, score: str) -> float | None:
        """Of the whole lungs: not given unless all five are."""
        return mean_of_five(self.of(score))

    @property
    def levels(self) -> tuple[float | None, ...]:
        """TOT of each level."""
        return self.of("tot")

    @property
    def mean(self) -> float | None:
        """The extent."""
        return self.mean_of("tot")

    @property
    def model(self) -> str:
        """Name and version of the model that made the scores; empty where the engine did."""
        named = next((one for one in self.scores if one is not None and one.model), None)
        return f"{named.model} {named.model_version}" if named else ""

    @property
    def weights(self) -> str:
        """The first digits of the checksum of the model's weights."""
        return next((one.weights_sha256[:FEW] for one in self.scores if one is not None), "")

    @property
    def made_by(self) -> str:
        """Name and version of what made the scores."""
        return self.model or self.engine

    @property
    def method(self) -> str:
        """What must be equal, beside the engine's method, for two extents to be compared."""
        return f"{self.source} {self.model}".strip()

    @property
    def in_words(self) -> str:
        return SOURCES[self.source]

    @property
    def short(self) -> str:
        """The source as a heading."""
        return SHORT[self.source]

    @property
    def caution(self) -> str:
        """What goes with these numbers wherever they are shown."""
        return "" if self.source == ScoreSource.READER else RESEARCH


def extents(history: Sequence[Quantification]) -> dict[int, Extent]:
    """By primary key of those that have scores; one query."""
    found: dict[int, dict[str, dict[int, LevelScore]]] = defaultdict(lambda: defaultdict(dict))
    for one in LevelScore.objects.filter(quantification__in=history, current=True):
        found[one.quantification_id][one.source][one.level] = one
    return {one.pk: _extent(one, found[one.pk]) for one in history if one.pk in found}


def _extent(one: Quantification, sources: dict[str, dict[int, LevelScore]]) -> Extent:
    counts = one.goh_default if one.goh_default in sources else min(sources)
    engine = f"{one.engine} {one.engine_version}"
    every = {
        source: Extent(source, tuple(rows.get(level) for level in LEVELS), engine) for source, rows in sources.items()
    }
    first = every.pop(counts)
    return replace(first, others=tuple(every[source] for source in sorted(every)))
