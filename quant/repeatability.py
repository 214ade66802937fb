"""Repeatability limits: registered from a file that came with the engine, looked up for a measurement.

The file (schema ildportal.repeatability/1, docs/repeatability.md):

    {"schema": "ildportal.repeatability/1", "engine": {"name": "density", "version": "0.2.0", "weights": {}},
     "date": "2026-11-20", "scans": 24, "method": "...", "limits": {"fibrosis_percent": 1.4, ...}}
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from quant.engine.identity import SIMULATED_ENGINE
from quant.models import Quantification, RepeatabilityLimit, RepeatedMeasure
from quant.models.runs import ENGINE_LETTERS, VERSION_LETTERS

SCHEMA = "ildportal.repeatability/1"
KEYS = ("schema", "engine", "date", "scans", "method", "limits")
ENGINE_KEYS = ("name", "version", "weights")
# Where a column of Quantification has another name than the measure.
COLUMNS = {RepeatedMeasure.LUNG_VOLUME: "volume_ml"}
MEASURES = {COLUMNS.get(measure, measure.value): measure for measure in RepeatedMeasure}

Maker = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Limits:
    """Every registered limit; empty where none is known."""

    known: Mapping[Maker, Mapping[str, float]]

    def of(self, one: Quantification, column: str) -> float | None:
        """Of a column of `one`, or of goh_extent_percent, by its engine, version and weights; None: not known."""
        measure = MEASURES.get(column)
        return self.all_of(one).get(measure) if measure else None

    def all_of(self, one: Quantification) -> Mapping[str, float]:
        """By measure: what is known of the engine that made `one`."""
        return self.known.get(_maker(one.engine, one.engine_version, one.weights), {})


NONE_KNOWN = Limits({})
SHIPPED = Path(__file__).parent / "limits"


def limits() -> Limits:
    """One query."""
    found: dict[Maker, dict[str, float]] = {}
    for one in RepeatabilityLimit.objects.all():
        found.setdefault(_maker(one.engine, one.engine_version, one.weights), {})[one.measure] = one.limit
    return Limits(found)


@transaction.atomic
def register(document: object) -> list[RepeatabilityLimit]:
    """Keep the limits of a file; those of the same engine, version, weights and measure are replaced.

    Raises:
        ValidationError: a sentence for each thing wrong with the document; nothing is kept then.
    """
    checked = _checked(document)
    engine = checked["engine"]
    about = {"engine": engine["name"], "engine_version": engine["version"], "weights": engine["weights"]}
    facts = {name: checked[name] for name in ("scans", "method", "date")}
    return [
        RepeatabilityLimit.objects.update_or_create(
            **about, measure=measure, defaults={**facts, "limit": limit, "registered_at": Now()}
        )[0]
        for measure, limit in checked["limits"].items()
    ]


def register_shipped() -> list[RepeatabilityLimit]:
    """Keep the limits that came with the engine, but none of an engine, version and weights whose limits are known.

    What a hospital has measured on its own scanners and registered stays.
    """
    known = limits().known
    found = []
    for path in sorted(SHIPPED.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        engine = document["engine"]
        if _maker(engine["name"], engine["version"], engine["weights"]) not in known:
            found += register(document)
    return found


def _maker(engine: str, version: str, weights: Mapping[str, str]) -> Maker:
    return engine, version, json.dumps(weights, sort_keys=True)


def _checked(document: object) -> dict[str, Any]:
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise ValidationError(f"This is no document of schema {SCHEMA}.")
    faults = [*_strange(document, KEYS, ""), *_engine(document.get("engine")), *_rest(document)]
    faults += _limits(document.get("limits"))
    if faults:
        raise ValidationError(faults)
    return {**document, "date": dt.date.fromisoformat(document["date"])}


def _strange(given: Mapping[str, object], known: tuple[str, ...], of: str) -> list[str]:
    missing = [f"{of}{name} is missing." for name in known if name not in given]
    return missing + [f"{of}{name} is none of: {', '.join(known)}." for name in given if name not in known]


def _engine(engine: object) -> list[str]:
    if not isinstance(engine, dict):
        return ["engine is no object."]
    faults = _strange(engine, ENGINE_KEYS, "engine.")
    for name, longest in (("name", ENGINE_LETTERS), ("version", VERSION_LETTERS)):
        if not (isinstance(engine.get(name), str) and 0 < len(engine[name]) <= longest):
            faults.append(f"engine.{name} is no text of 1 to {longest} characters.")
    weights = engine.get("weights")
    if not (isinstance(weights, dict) and all(isinstance(one, str) for one in weights.values())):
        faults.append("engine.weights is no object of names and SHA-256; {} for an engine without any.")
    if engine.get("name") == SIMULATED_ENGINE:
        faults.append(f"{SIMULATED_ENGINE} numbers are invented: nothing repeats them.")
    return faults


def _rest(document: Mapping[str, Any]) -> list[str]:
    faults = []
    scans, method = document.get("scans"), document.get("method")
    if isinstance(scans, bool) or not isinstance(scans, int) or not 2 <= scans < 2**31:
        faults.append("scans is no whole number of 2 or more.")
    if not (isinstance(method, str) and method.strip()):
        faults.append("method says nothing: how was it measured?")
    day = _date(document.get("date"))
    if day is None or day > timezone.localdate():
        faults.append("date is no day up to today, such as 2026-11-20.")
    return faults


def _date(given: object) -> dt.date | None:
    try:
        return dt.date.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None


def _limits(limits: object) -> list[str]:
    if not isinstance(limits, dict) or not limits:
        return ["limits holds no limit."]
    faults = []
    for name, limit in limits.items():
        if name not in RepeatedMeasure.values:
            faults.append(f"limits.{name} is none of: {', '.join(RepeatedMeasure.values)}.")
        elif isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 <= limit < math.inf:
            faults.append(f"limits.{name} is no number of 0 or more.")
    return faults
