"""From the contract's JSON document to rows."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from quant import queue
from quant.models import LevelScore, LobeMeasure, Quantification, Run, State
from quant.models.measures import PATTERNS

LUNG_KEYS = (
    "volume_ml", "right_ml", "left_ml", "recovered_ml", "vessel_ml", "mean_density_hu", "haa_percent",
    "laa950_percent", "perc15_hu", "skewness", "kurtosis",
)  # fmt: skip


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
    return [
        LevelScore(quantification=quantification, source=source, **{**level, "sop_uid": level["sop_uid"] or ""})
        for source, scores in sources.items()
        for level in scores["levels"]
    ]


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
