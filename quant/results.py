"""From the contract's JSON document to rows."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from quant import queue
from quant.models import LevelScore, LobeMeasure, Quantification, Run, State
from quant.models.measures import BOUNDS, PATTERNS

LUNG_KEYS = (
    "volume_ml", "right_ml", "left_ml", "recovered_ml", "vessel_ml", "mean_density_hu", "haa_percent",
    "laa950_percent", "perc15_hu", "skewness", "kurtosis",
)  # fmt: skip
LEVEL_KEYS = ("level", "slice", "position_mm", "tot", "gg", "ret", "confidence")


def columns(document: dict[str, Any]) -> dict[str, Any]:
    """The columns of Quantification out of a document of schema ildportal.quantification/1."""
    engine, quality, severity = document["engine"], document["quality"], document["severity"]
    values = {
        "engine": engine["name"],
        "engine_version": engine["version"],
        "weights": engine["weights"],
        "methods": engine.get("methods", {}),
        "device": engine["device"],
        "seconds": engine["seconds"],
        "seconds_total": engine["seconds"]["total"],
        "accepted": quality["accepted"],
        "warnings": quality["warnings"],
        "lobes_source": document["lobes_source"],
        "lobe_confidence": document["lobe_confidence"],
        "fissures": document.get("fissures", {}),
        "severity_scheme": severity["scheme"],
        "severity_total": severity["total"],
        "severity_estimated": severity["estimated"],
        "goh_default": (document["goh"] or {}).get("default", ""),
        **{key: document["lungs"][key] for key in LUNG_KEYS},
        **{key: document[key] for key in ("lesion_percent", "fibrosis_percent", "ild_percent")},
    }
    for pattern in PATTERNS:
        for key, value in document["patterns"][pattern].items():
            values[f"{pattern}_{key}"] = value
    return values


def lobes(quantification: Quantification, document: dict[str, Any]) -> list[LobeMeasure]:
    """Lobes, and the zones that engines of others may lack; a zone has no severity."""
    return [
        LobeMeasure(
            quantification=quantification,
            region=region,
            severity=found.get("severity"),
            **{key: found[key] for key in ("ml", "lesion_ml", "lesion_percent")},
            **{f"{pattern}_ml": found["patterns"][pattern]["ml"] for pattern in PATTERNS},
        )
        for region, found in {**document["lobes"], **document.get("zones", {})}.items()
    ]


def levels(quantification: Quantification, document: dict[str, Any]) -> list[LevelScore]:
    sources = (document["goh"] or {}).get("sources", {})
    return [row for source, scores in sources.items() for row in _scores(quantification, source, scores)]


def _scores(quantification: Quantification, source: str, scores: dict[str, Any]) -> list[LevelScore]:
    """The rows of one source; `model` (name, version, sha256) and the bounds are of networks."""
    model = scores.get("model") or {}
    made_by = {
        "model": model.get("name", ""),
        "model_version": model.get("version", ""),
        "weights_sha256": model.get("sha256", ""),
    }
    return [
        LevelScore(
            quantification=quantification,
            source=source,
            sop_uid=level["sop_uid"] or "",
            **made_by,
            **{key: level[key] for key in LEVEL_KEYS},
            **{key: level.get(key) for key in BOUNDS},
        )
        for level in scores["levels"]
    ]


@transaction.atomic
def add_scores(quantification: Quantification, source: str, scores: dict[str, Any], *, default: bool = False) -> bool:
    """Keep one more source, or one more version of a source's model, beside those there are: it counts from now on.

    Args:
        quantification: whose levels these are.
        source: "network", "measured" or "reader".
        scores: the contract's "levels", with `model` (name, version, sha256) where a network made them.
        default: whether this source counts before the others; it does where there is no other.

    Returns whether these scores are new: those of a model and version that are there already change nothing but
    which version counts.
    """
    # One writer at a time for a measurement, so that one version counts.
    Quantification.objects.select_for_update().get(pk=quantification.pk)
    rows = _scores(quantification, source, scores)
    new = not let_count(quantification, source, rows[0].model, rows[0].model_version)
    if new:
        LevelScore.objects.filter(quantification=quantification, source=source, current=True).update(current=False)
        LevelScore.objects.bulk_create(rows)
    if default or not quantification.goh_default:
        Quantification.objects.filter(pk=quantification.pk).update(goh_default=source)
        quantification.goh_default = source
    return new


@transaction.atomic
def let_count(quantification: Quantification, source: str, model: str, version: str) -> bool:
    """Let this version of a model count for its source; False where it has not scored, and nothing changes."""
    of_source = LevelScore.objects.filter(quantification=quantification, source=source)
    same = of_source.filter(model=model, model_version=version)
    if not same.exists():
        return False
    of_source.filter(current=True).exclude(model=model, model_version=version).update(current=False)
    same.filter(current=False).update(current=True)
    return True


@transaction.atomic
def store(claim: queue.Claim, document: dict[str, Any], settings: dict[str, Any], label_path: str) -> Quantification:
    """Everything of one run in one transaction, or nothing. Raises StaleAttempt when the run is not ours."""
    queue.finish(claim)
    series_id = Run.objects.values_list("series_id", flat=True).get(pk=claim.run_id)
    replaced = list(
        Quantification.objects.select_for_update().filter(series_id=series_id, current=True).values_list("pk", "run_id")
    )
    Quantification.objects.filter(pk__in=[pk for pk, _ in replaced]).update(current=False)
    quantification = Quantification.objects.create(
        run_id=claim.run_id, series_id=series_id, settings=settings, label_path=label_path, **columns(document)
    )
    Quantification.objects.filter(pk__in=[pk for pk, _ in replaced]).update(superseded_by=quantification)
    Run.objects.filter(pk__in=[run for _, run in replaced]).update(state=State.SUPERSEDED)
    LobeMeasure.objects.bulk_create(lobes(quantification, document))
    LevelScore.objects.bulk_create(levels(quantification, document))
    return quantification
