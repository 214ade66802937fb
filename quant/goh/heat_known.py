"""The thresholds under which a map's pixel counts as disease, as `manage.py evaluate --goh FILE --heat` chose them."""

from __future__ import annotations

import json
from pathlib import Path

from quant.engine.digest import sha256


def beside(weights: Path) -> Path:
    """Where the figures of a network's maps lie: `goh_scores.heat.json` beside `goh_scores.safetensors`."""
    return weights.with_suffix(".heat.json")


def thresholds(weights: Path) -> dict[str, float] | None:
    """By score; None where none were chosen for these very weights: what is told of others does not hold for them."""
    try:
        content = json.loads(beside(weights).read_text(encoding="utf-8"))
        if content["weights"] != sha256(weights):
            return None
        return {name: float(content["thresholds"][name]) for name in ("tot", "gg", "ret")}
    except (OSError, ValueError, KeyError, TypeError):
        return None
