"""The "goh" part of the document: what each source of scores says of the five levels, in the contract's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from quant.goh.levels import Level
from quant.goh.names import mean_of_five

Json = dict[str, Any]
MEASURED, NETWORK, READER = "measured", "network", "reader"
SCORES, ENDS = ("tot", "gg", "ret"), ("low", "high")


@dataclass(frozen=True, slots=True)
class Score:
    """TOT, GG and RET of one slice in % of its lung area; None is not scored, never 0.

    confidence: 0..1 of the score; None where it is no surer or less sure than its level.
    limits: (low, high) of TOT, GG and RET, where the source gives any.
    """

    tot: float | None
    gg: float | None
    ret: float | None
    confidence: float | None = None
    limits: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """A network: name, version, and the SHA-256 of its weights."""

    name: str
    version: str
    sha256: str


NOT_SCORED = Score(None, None, None)


def source(
    levels: Sequence[Level], scores: Sequence[Score], sop_uids: Sequence[str | None], model: Model | None = None
) -> Json:
    """One source: its extent and the levels in their order.

    Args:
        levels: where they lie; all of one outside the scan is null.
        scores: of the same levels.
        sop_uids: of each slice of the volume, None where the input has none.
        model: what made the scores; None is the engine.
    """
    return {
        **({"model": asdict(model)} if model else {}),
        "extent_percent": extent(scores),
        "levels": [_level(*pair, sop_uids) for pair in zip(levels, scores, strict=True)],
    }


def document(sources: Mapping[str, Json], default: str) -> Json:
    """All sources and the name of the one that counts. Raises ValueError where that one is missing."""
    if default not in sources:
        raise ValueError(f"no Goh source {default}")
    return {"default": default, "sources": dict(sources)}


def extent(scores: Sequence[Score]) -> float | None:
    """Mean of the five TOT in %; None unless all are scored.

    >>> extent([Score(10, 4, 6)] * 5), extent([Score(10, 4, 6)] * 4 + [NOT_SCORED])
    (10.0, None)
    """
    return mean_of_five(one.tot for one in scores)


def _level(level: Level, score: Score, sop_uids: Sequence[str | None]) -> Json:
    sure = level.confidence if score.confidence is None else score.confidence
    return {
        "level": level.level,
        "slice": level.slice,
        "position_mm": level.position_mm,
        "sop_uid": None if level.slice is None else sop_uids[level.slice],
        **{name: getattr(score, name) for name in SCORES},
        "confidence": None if level.slice is None else sure,
        **_limits(score),
    }


def _limits(score: Score) -> Json:
    pairs = zip(SCORES, score.limits, strict=True) if score.limits else ()
    return {f"{name}_{end}": value for name, pair in pairs for end, value in zip(ENDS, pair, strict=True)}
