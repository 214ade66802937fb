"""What `manage.py evaluate --goh FILE --heat` found out about a network's maps, as it lies beside the weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from quant.engine.digest import sha256
from quant.heat import SCORES, Trust


def beside(weights: Path) -> Path:
    """Where the figures of a network's maps lie: `goh_scores.heat.json` beside `goh_scores.safetensors`."""
    return weights.with_suffix(".heat.json")


def thresholds(weights: Path) -> dict[str, float] | None:
    """Under which a map's pixel counts as disease, by score; None where none were chosen for these very weights."""
    try:
        return {name: float(_figures(weights)["thresholds"][name]) for name in SCORES}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def trust(weights: Path) -> dict[str, Trust]:
    """How well the maps give the scores back, on slices that chose nothing; empty where that was not measured."""
    try:
        found = _figures(weights)["consistency"]
        return {name: Trust(found[name]["r2"], found[name]["dice"]) for name in SCORES}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _figures(weights: Path) -> dict[str, Any]:
    """What is told of other weights does not hold for these."""
    content: dict[str, Any] = json.loads(beside(weights).read_text(encoding="utf-8"))
    if content["weights"] != sha256(weights):
        raise ValueError("of other weights")
    return content
