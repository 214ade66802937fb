"""Heat maps as pictures to lay over those of the levels: the same cut and scale, transparent where nothing is marked.

What is painted is what counts as disease, so that its share of the lung is the score that the map gives back; it is
painted in steps, the last where all of the lung that was replaced had counted. Without a threshold chosen for the
network half of that is taken, and no share is told.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from quant.engine import arrays
from quant.engine.arrays import Labels
from quant.engine.errors import UnusableInput
from quant.engine.volume import Volume
from quant.goh import heatmap
from quant.goh.heatmap import HeatMap
from quant.goh.scores import RESEARCH_USE, Scorer
from quant.heat import SCORES, Heat, LevelHeat, Part
from quant.painting import Ink, coloured
from quant.pictures import frame, scale, size_of

# From the threshold to -1, light to dark: told apart in grey as well.
INKS = tuple(
    Ink(colour, alpha) for colour, alpha in (("#FFE08A", 90), ("#FDB24B", 120), ("#F4743B", 150), ("#C9253C", 180))
)
DEEPEST, UNCHOSEN = -1.0, -0.5
OUTSIDE = "This level lies outside the scan, or was not found."


def draw(
    volume: Volume,
    lungs: Labels,
    slices: Mapping[int, int | None],
    scorer: Scorer,
    weights: str,
    limits: Mapping[str, float] | None,
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
        levels.append(_level(level, index, volume, lungs, scorer, limits, partial, device))
    found = Heat(weights, RESEARCH_USE, dict(limits) if limits else None, tuple(levels))
    found.write(partial)
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)
    return found


def _level(
    level: int,
    index: int | None,
    volume: Volume,
    lungs: Labels,
    scorer: Scorer,
    limits: Mapping[str, float] | None,
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
        cut = limits[name] if limits else UNCHOSEN
        painted(found, name, cut, box, size).save(folder / f"level-{level}-{name}.png", optimize=True)
        parts[name] = Part(round(told, 2), round(found.percent(name, cut), 2) if limits else None)
    return LevelHeat(level, index, "", *size, parts)


def painted(found: HeatMap, name: str, threshold: float, box: arrays.Box, size: tuple[int, int]) -> Image.Image:
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
    edges = np.linspace(threshold, min(DEEPEST, 2 * threshold), len(INKS), endpoint=False)
    steps = sum((smooth < edge).astype(np.uint8) for edge in edges)
    return coloured((steps * lung).astype(np.uint8), INKS)
