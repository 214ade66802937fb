"""Goh scores in the portal as sides of a comparison: what readers said, and what counts of engine or network."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from patients.models import CTSeries
from quant.evaluation.agreement.sides import Place, Score, Side
from quant.models import LevelScore, Quantification
from quant.models.measures import ScoreSource

# A reader's row names its reader where an engine's row names its model.
NAMELESS = "reader"
NAMES = {ScoreSource.MEASURED: "the engine", ScoreSource.NETWORK: "the network"}


def readings() -> list[Score]:
    """Every reader's newest score of each level. A measurement that was replaced keeps them: they are of the scan."""
    rows = LevelScore.objects.filter(source=ScoreSource.READER).select_related("quantification__series")
    found: dict[tuple[str, int, str], Score] = {}
    for row in rows.order_by("quantification__pk", "current", "pk"):
        one = _score(row, row.model or NAMELESS)
        found[(*one.place, one.by)] = one
    return list(found.values())


def counting(source: ScoreSource, series_uids: Collection[str]) -> Side:
    """What counts now of the engine ("measured") or of the network, for these series; simulated numbers never do."""
    measured = Quantification.objects.filter(series__series_uid__in=series_uids, current=True).select_related("series")
    by_series = {one.series.series_uid: one for one in measured}
    real = {one.pk: one for one in by_series.values() if not one.is_simulated}
    scores: dict[Place, Score] = {}
    made_by: dict[str, dict[str, Any]] = {}
    rows = LevelScore.objects.filter(quantification__in=real, source=source, current=True)
    for row in rows.select_related("quantification__series"):
        one = _score(row, NAMES[source])
        scores[one.place] = one
        made_by[one.series_uid] = _made_by(row)
    known = set(CTSeries.objects.filter(series_uid__in=series_uids).values_list("series_uid", flat=True))
    why_not = {uid: why for uid in series_uids if (why := _why_not(uid, known, by_series, made_by, NAMES[source]))}
    return Side(NAMES[source], source.value, scores, why_not, made_by)


def _why_not(
    uid: str, known: set[str], measured: dict[str, Quantification], made_by: dict[str, dict[str, Any]], name: str
) -> str:
    if uid not in known:
        return "the series is not in the portal"
    if uid not in measured:
        return "the series is not measured"
    if measured[uid].is_simulated:
        return "the numbers of the series are simulated"
    return "" if uid in made_by else f"the series is not scored by {name}"


def _score(row: LevelScore, by: str) -> Score:
    series_uid = row.quantification.series.series_uid
    return Score(series_uid, row.level, (row.tot, row.gg, row.ret), by, row.position_mm)


def _made_by(row: LevelScore) -> dict[str, Any]:
    if row.model:
        return {"name": row.model, "version": row.model_version, "weights": {row.model: row.weights_sha256}}
    engine = row.quantification
    return {"name": engine.engine, "version": engine.engine_version, "weights": engine.weights}
