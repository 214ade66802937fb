"""Files of limits, as an engine's evaluation writes them."""

from __future__ import annotations

from typing import Any

from quant import repeatability
from quant.engine import identity

METHOD = "Noise, kernel and position, six copies of each scan."


def document(limits: dict[str, float], **changes: Any) -> dict[str, Any]:
    """Of the engine that tests measure with."""
    engine = {"name": identity.ENGINE_NAME, "version": identity.ENGINE_VERSION, "weights": {}}
    return {
        "schema": repeatability.SCHEMA, "engine": engine, "date": "2026-11-01", "scans": 24, "method": METHOD,
        "limits": limits, **changes,
    }  # fmt: skip


def known(**limits: float) -> None:
    """Register these."""
    repeatability.register(document(limits))
