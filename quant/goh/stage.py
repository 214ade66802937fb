"""The engine's stage "goh": the five levels of a scan, and what every source scores there.

Another source joins in `score`; whoever calls it asks for no source by name.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from quant.engine.arrays import Labels
from quant.engine.patterns import NAMES
from quant.engine.volume import Flag, Volume
from quant.goh import levels as landmarks
from quant.goh import measured, table
from quant.goh.levels import Level

# Which source counts where there are several: by measured agreement.
DEFAULT = table.MEASURED


@dataclass(frozen=True, slots=True)
class Scored:
    """`document` is the contract's "goh"; `levels` are where its scores were taken; `warnings` what has no score."""

    document: dict[str, Any]
    levels: tuple[Level, ...]
    warnings: tuple[Flag, ...]


def score(
    volume: Volume,
    lungs: Labels,
    patterns: Labels,
    carina: int | None,
    looked_for: Collection[str] = NAMES,
    device: str = "cpu",
) -> Scored:
    """Find the levels and score them.

    Args:
        volume: the scan.
        lungs: label map (z, y, x) on its grid.
        patterns: label map on its grid.
        carina: slice where the airway divides, None where that is not seen.
        looked_for: names of the patterns that the engine looks for.
        device: where the level network computes.
    """
    levels = landmarks.locate(volume.hu, lungs, carina, volume.positions_mm, volume.voxel_mm, device)
    found = measured.scores(levels, lungs, patterns, looked_for)
    sources = {table.MEASURED: table.source(levels, found, volume.sop_uids)}
    missing = list(measured.unscored(levels, found))
    warnings = [Flag("goh_incomplete", "; ".join(missing))] if missing else []
    if apart := landmarks.disagreement(levels):
        warnings.append(Flag("levels_apart", apart))
    return Scored(table.document(sources, DEFAULT), levels, tuple(warnings))
