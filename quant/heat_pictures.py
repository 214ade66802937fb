"""Heat maps as pictures to lay over those of the levels: the same cut and scale, transparent where nothing is marked.

What is painted is what counts as disease, so that its share of the lung is the score that the map gives back; it is
painted in steps, the last where all of the lung that was replaced had counted. Without a threshold chosen for the
network half of that is taken, and no share is told.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from quant.engine import arrays
from quant.engine.arrays import Labels, Mask
from quant.engine.errors import UnusableInput
from quant.engine.volume import Volume
from quant.goh import heatmap
from quant.goh.heatmap import HeatMap
from quant.goh.scores import RESEARCH_USE, Scorer
from quant.heat import SCORES, Heat, LevelHeat, Network, Part
from quant.painting import Ink, coloured
from quant.pictures import frame, scale, size_of

# From the threshold to -1, dark to light, the inks --ov-heat-* of static/tokens.css: told apart in grey and by
# people who see two colours alone (tests hold it).
INKS = tuple(Ink(colour, 190) for colour in ("#6A2A9A", "#C43C75", "#FB8861", "#FFF3B0"))
OUTSIDE = "This level lies outside the scan, or was not found."


def draw(
    volume: Volume,
    lungs: Labels,
    slices: Mapping[int, int | None],
    scorer: Scorer,
    network: Network,
    folder: Path,
    device: str = "cpu",
    pause: Callable[[], None] = lambda: None,
) -> Heat:
    """Write the maps of every level and their list into `folder`, which is there as a whole or not at all.

    `slices` by level; `pause` is called before each and may raise, for whoever has better to do.
    """
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    levels = []
    for level, index in sorted(slices.items()):
        pause()
        levels.append(_level(level, index, volume, lungs, scorer, network, partial, device))
    found = Heat(RESEARCH_USE, network, tuple(levels), _digest(partial))
    found.write(partial)
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)
    return found


def _digest(folder: Path) -> str:
    """Of all files: the same maps have the same version."""
    whole = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        whole.update(file.name.encode() + file.read_bytes())
    return whole.hexdigest()[:16]


def _level(
    level: int,
    index: int | None,
    volume: Volume,
    lungs: Labels,
    scorer: Scorer,
    network: Network,
    folder: Path,
    device: str,
) -> LevelHeat:
    if index is None:
        return LevelHeat(level, None, OUTSIDE, 0, 0, {})
    try:
        found = heatmap.maps(volume.hu, lungs, index, volume.voxel_mm, scorer, device)
    except UnusableInput as refused:
        return LevelHeat(level, index, f"{refused.detail}.", 0, 0, {})
    box = frame(lungs, volume)
    size = size_of((box[1].stop - box[1].start, box[2].stop - box[2].start), volume.voxel_mm[1:], scale(box, volume))
    parts = {}
    for name, told in zip(SCORES, found.scores.tolist(), strict=True):
        painted(found, name, network.edges(name), box, size).save(folder / f"level-{level}-{name}.png", optimize=True)
        parts[name] = _part(found, name, told, lungs[index], network.thresholds)
    return LevelHeat(level, index, "", *size, parts)


def _part(found: HeatMap, name: str, told: float, lungs: Labels, limits: Mapping[str, float] | None) -> Part:
    if limits is None:
        return Part(round(told, 2), None)
    marked = found.marked(name, limits[name])
    right, left = (_share(marked, lungs == side) for side in (1, 2))
    return Part(round(told, 2), round(found.percent(name, limits[name]), 2), right, left)


def _share(marked: Mask, lung: Mask) -> float | None:
    """In % of the lung (y, x); None where the slice has none of it."""
    area = int(np.count_nonzero(lung))
    return round(100.0 * int(np.count_nonzero(marked & lung)) / area, 2) if area else None


def painted(found: HeatMap, name: str, edges: Sequence[float], box: arrays.Box, size: tuple[int, int]) -> Image.Image:
    """A map as a palette picture of the size (columns, rows), cut to the box (z, y, x) of the lungs."""
    plane = found.of(name)[box[1:]]
    inside = np.isfinite(plane)
    # Stretched smoothly, but cut at the lung's own pixels: nothing is painted beyond them.
    smooth, lung = (
        np.asarray(Image.fromarray(one).resize(size, how))
        for one, how in (
            (np.nan_to_num(plane).astype(np.float32), Image.Resampling.BILINEAR),
            (inside.astype(np.uint8), Image.Resampling.NEAREST),
        )
    )
    steps = sum((smooth < edge).astype(np.uint8) for edge in edges)
    return coloured((steps * lung).astype(np.uint8), INKS)
