"""From a volume to the document of the contract and its label maps, stage by stage."""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np

from quant.engine import bronchi, lobes, lungs, measures, quality, shipped, textured, vessels, zones
from quant.engine import device as devices
from quant.engine.arrays import LEFT, RIGHT
from quant.engine.errors import UnusableInput
from quant.engine.external import takeover
from quant.engine.external.takeover import Parts
from quant.engine.identity import ENGINE_NAME
from quant.engine.lobes import Lobes
from quant.engine.lungs import Lungs
from quant.engine.patterns import Patterns
from quant.engine.result import Measured, to_json, write
from quant.engine.volume import Flag, Volume
from quant.goh import stage
from quant.goh.stage import Scored

__all__ = ["Measured", "Progress", "quantify", "to_json", "write"]

SCHEMA = "ildportal.quantification/1"
Progress = Callable[[str, int], None]


def _no_progress(stage: str, percent: int) -> None:
    """Where nobody watches."""


class _Clock:
    """Seconds of each stage, told to whoever watches as it begins."""

    def __init__(self, progress: Progress) -> None:
        self.seconds: dict[str, float] = {}
        self._progress = progress
        self._start = time.perf_counter()

    @contextmanager
    def stage(self, name: str, percent: int) -> Iterator[None]:
        self._progress(name, percent)
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)

    def finish(self) -> dict[str, float]:
        self._progress("measured", 95)
        return {**self.seconds, "total": round(time.perf_counter() - self._start, 3)}


def quantify(
    volume: Volume,
    *,
    device: str = "auto",
    engine: str = ENGINE_NAME,
    goh: bool = True,
    progress: Progress = _no_progress,
) -> Measured:
    """Measure a scan. `progress` is called with a stage name and a percent as each stage begins.

    `engine`: ours, or one of others by name; what it draws is taken, the rest is drawn and all is measured here.
    `goh`: score the five Goh levels; the document's "goh" is null without.

    Raises:
        UnusableInput: not a chest CT in HU, an engine that is not here or fails, or a device that is not there.
    """
    taker = takeover.taker(engine)
    clock = _Clock(progress)
    with clock.stage("checks", 0):
        torch_device = devices.resolve(device)
        quality.check_volume(volume)
        identity = taker.identity()
    with clock.stage("external", 2) if taker.other else nullcontext():
        parts = taker.draw(volume, torch_device)
    with clock.stage("lungs", 5):
        found = parts.lungs or lungs.segment(volume.hu, volume.voxel_mm, torch_device, shipped.weights("lungs"))
        warnings = (*quality.check_lungs(volume, found), *parts.warnings())
    with clock.stage("airways", 45):
        tree = bronchi.find(volume.hu, found.airway, found.labels > 0, volume.voxel_mm)
    with clock.stage("lobes", 55):
        lobe = parts.lobes or lobes.find(volume.hu, found.labels, volume.voxel_mm, torch_device)
    with clock.stage("patterns", 60):
        textures = _patterns(volume, found, torch_device)
        textures = parts.textures(textures, found.labels)
    with clock.stage("measures", 90):
        numbers = parts.told(_numbers(volume, found, lobe, textures))
    with clock.stage("goh", 93) if goh else nullcontext():
        scored = _goh(volume, found, textures, parts.looked_for, torch_device.type) if goh else None
    document = {
        "schema": SCHEMA,
        "source": volume.source,
        "engine": {**identity, **_makers(parts), "device": torch_device.type, "seconds": clock.finish()},
        "quality": _quality((*warnings, *(scored.warnings if scored else ()))),
        **numbers,
        "goh": scored.document if scored else None,
        "airways": bronchi.table(tree, found.airway, volume.affine, volume.voxel_mm),
    }
    return Measured(
        document,
        found.labels,
        lobe.labels,
        textures.labels,
        volume,
        found.airway.carina,
        tree.labels,
        textures.vessels.astype(np.uint8),
        scored.levels if scored else None,
    )


def _makers(parts: Parts) -> dict[str, Any]:
    return {"parts": parts.makers(), "methods": parts.methods()}


def _goh(volume: Volume, found: Lungs, textures: Patterns, looked_for: Collection[str], device: str) -> Scored:
    return stage.score(volume, found.labels, textures.labels, found.airway.carina, looked_for, device)


def _patterns(volume: Volume, found: Lungs, torch_device: Any) -> Patterns:
    """Patterns put back from the box of the lungs onto the whole grid."""
    if found.box is None:
        raise UnusableInput("not_chest", "no lungs to look for patterns in")
    box = found.box
    crop = textured.find(volume.hu[box], found.labels[box] > 0, volume.voxel_mm, torch_device)
    labels, tubes = np.zeros(volume.hu.shape, np.uint8), np.zeros(volume.hu.shape, bool)
    labels[box], tubes[box] = crop.labels, vessels.told_apart(crop.vessels, volume.voxel_mm)
    return replace(crop, labels=labels, vessels=tubes)


def _quality(warnings: tuple[Flag, ...]) -> dict[str, Any]:
    return {
        "accepted": quality.accepted(warnings),
        "warnings": [{"code": w.code, "detail": w.detail} for w in warnings],
    }


def _numbers(volume: Volume, found: Lungs, lobe: Lobes, textures: Patterns) -> dict[str, Any]:
    """Every number of the contract; as if every pattern had been looked for."""
    lung = found.labels > 0
    total = int(np.count_nonzero(lung))
    counts = measures.counts_within(textures.labels, lung)
    table = measures.lobe_table(lobe.labels, textures.labels, volume.voxel_ml, textures.doubt)
    lesion, fibrosis = (
        100.0 * int(sum(counts[v] for v in part)) / total for part in (measures.LESION, measures.FIBROSIS)
    )
    return {
        "lungs": {
            "volume_ml": total * volume.voxel_ml,
            "right_ml": np.count_nonzero(found.labels == RIGHT) * volume.voxel_ml,
            "left_ml": np.count_nonzero(found.labels == LEFT) * volume.voxel_ml,
            "recovered_ml": np.count_nonzero(found.recovered) * volume.voxel_ml,
            **measures.histogram_measures(volume.hu, lung),
            "vessel_ml": np.count_nonzero(textures.vessels) * volume.voxel_ml,
        },
        "patterns": measures.pattern_table(counts, total, volume.voxel_ml, textures.doubt),
        "lesion_percent": lesion,
        "fibrosis_percent": fibrosis,
        "ild_percent": lesion + fibrosis,
        "lobes": table,
        "lobes_source": lobe.source,
        "lobe_confidence": lobe.confidence,
        "fissures": lobe.seen,
        "zones": zones.table(found.labels, textures.labels, volume.voxel_mm),
        "severity": {
            "scheme": "guiot2025",
            "total": measures.total_severity(table),
            "estimated": lobe.source == "prior",
        },
    }
