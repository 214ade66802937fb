"""Pictures of a measured scan: the five Goh levels, a coronal section and the airway tree, with masks to lay over.

Radiological convention: the patient's right is at the left of the picture, front or head at the top. All pictures of
a scan share one scale, square in mm. The masks are transparent but for the patterns, the lobes' borders and the lungs'
outline, so that a page can fade them without touching the grey picture below; airways and vessels have theirs.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from quant import tubes
from quant.album import CORONAL, TREE, Album, Picture
from quant.engine.arrays import Labels
from quant.engine.morphology import bounding_box
from quant.engine.patterns import NAMES as PATTERN_NAMES
from quant.engine.result import Measured
from quant.engine.volume import Volume
from quant.goh import levels
from quant.goh.levels import Level
from quant.painting import Ink, border, coloured, stretched
from quant.tubes import LUNG_INK, Tubes

LEVEL_HU, WIDTH_HU = -600.0, 1500.0
LONGEST_PX, MARGIN_MM = 640, 22.0
# The inks --ov-* and --ct-ink-2 of static/tokens.css.
INKS = {
    "ground_glass": "#5CD6F0",
    "consolidation": "#F068B2",
    "reticulation": "#C8E25C",
    "honeycombing": "#A06CFF",
    "emphysema": "#D94F1E",
}
LOBE_INK = "#C9D1D9"
LOBE_BORDER, LUNG_BORDER = 6, 7
PALETTE = tuple(map(Ink, (*(INKS[name] for name in PATTERN_NAMES), LOBE_INK, LUNG_INK)))

Grey = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A plane through a scan, (rows, columns) downward and from the patient's right; `pixel_mm` is of (row, column)."""

    hu: npt.NDArray[np.int16]
    lungs: Labels
    lobes: Labels
    patterns: Labels
    tubes: Tubes
    pixel_mm: tuple[float, float]


def draw(measured: Measured, folder: Path) -> Album:
    """Write every picture, its mask and their album into `folder`; an older set there is replaced as a whole."""
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    box = frame(measured.lungs, measured.volume)
    mm = scale(box, measured.volume)
    volume = measured.volume
    found = measured.levels or levels.find(measured.lungs, measured.carina, volume.positions_mm, volume.voxel_mm)
    drawn = [_level(measured, level, box, mm, partial) for level in found]
    drawn.append(_coronal(measured, box, mm, partial))
    if measured.airways is not None and measured.airways.any():
        drawn.append(_tree(measured, box, mm, partial))
    album = Album(_digest(partial), mm, tuple(drawn))
    album.write(partial)
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)
    return album


def _digest(folder: Path) -> str:
    """Of all files: the same pictures have the same version."""
    whole = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        whole.update(file.read_bytes())
    return whole.hexdigest()[:16]


def frame(lungs: Labels, volume: Volume) -> tuple[slice, slice, slice]:
    """Both lungs with a margin."""
    margin = [round(MARGIN_MM / mm) for mm in volume.voxel_mm]
    return bounding_box(lungs > 0, margin)


def scale(box: tuple[slice, slice, slice], volume: Volume) -> float:
    """mm for one pixel, so that the longest side of any picture is LONGEST_PX."""
    sides = [(cut.stop - cut.start) * mm for cut, mm in zip(box, volume.voxel_mm, strict=True)]
    return float(max(sides)) / LONGEST_PX


def _level(measured: Measured, level: Level, box: tuple[slice, slice, slice], mm: float, folder: Path) -> Picture:
    facts: dict[str, Any] = {
        "level": level.level,
        "title": level.name,
        "slice": level.slice,
        "position_mm": level.position_mm,
        "confidence": level.confidence,
        "basis": level.basis,
    }
    if level.slice is None:
        return Picture(name="", width=0, height=0, patterns=(), **facts)
    _, y_mm, x_mm = measured.volume.voxel_mm
    section = _cut(measured, (level.slice, *box[1:]), (y_mm, x_mm))
    return _save(section, f"level-{level.level}", facts, mm, folder)


def _coronal(measured: Measured, box: tuple[slice, slice, slice], mm: float, folder: Path) -> Picture:
    """The coronal plane in which the lungs are largest."""
    y = int(np.count_nonzero(measured.lungs, axis=(0, 2)).argmax())
    z_mm, _, x_mm = measured.volume.voxel_mm
    section = _cut(measured, (_downward(box[0]), y, box[2]), (z_mm, x_mm))
    # RAS counts to the front, DICOM to the back.
    position = -float((measured.volume.affine @ (0.0, y, 0.0, 1.0))[1])
    facts = {"level": None, "title": "Coronal, where the lungs are largest", "slice": y, "position_mm": position}
    return _save(section, CORONAL, {**facts, "confidence": None, "basis": None}, mm, folder)


def _tree(measured: Measured, box: tuple[slice, slice, slice], mm: float, folder: Path) -> Picture:
    """The airways of all depths over one another."""
    z_mm, y_mm, x_mm = measured.volume.voxel_mm
    where = (_downward(box[0]), *box[1:])
    found = tubes.seen_from_front(measured.volume.hu[where], measured.lungs[where], _tubes(measured).cut(where), y_mm)
    size = size_of(found.grey.shape, (z_mm, x_mm), mm)
    return Picture(
        name=TREE,
        level=None,
        title="Airway tree, from the front",
        slice=None,
        position_mm=None,
        confidence=None,
        basis=None,
        width=size[0],
        height=size[1],
        patterns=(),
        tubes=tubes.save_front(found, size, TREE, folder),
    )


def _tubes(measured: Measured) -> Tubes:
    return Tubes(measured.airways, measured.vessels)


def _downward(rows: slice) -> slice:
    """The same slices from the head down."""
    return slice(rows.stop - 1, rows.start - 1 if rows.start else None, -1)


def _cut(measured: Measured, where: Any, pixel_mm: tuple[float, float]) -> Section:
    maps = (measured.volume.hu, measured.lungs, measured.lobes, measured.patterns)
    hu, lungs, lobes, patterns = (one[where] for one in maps)
    return Section(hu, lungs, lobes, patterns, _tubes(measured).cut(where), pixel_mm)


def _save(section: Section, name: str, facts: dict[str, Any], mm: float, folder: Path) -> Picture:
    size = size_of(section.hu.shape, section.pixel_mm, mm)
    grey = Image.fromarray(window(section.hu)).resize(size, Image.Resampling.BICUBIC)
    grey.save(folder / f"{name}.png", optimize=True)
    _paint(section, size).save(folder / f"{name}-mask.png", optimize=True)
    met = tubes.save(section.tubes, size, name, folder)
    seen = tuple(one for value, one in enumerate(PATTERN_NAMES, 1) if (section.patterns == value).any())
    return Picture(name=name, width=size[0], height=size[1], patterns=seen, tubes=met, **facts)


def size_of(shape: tuple[int, ...], pixel_mm: tuple[float, float], mm: float) -> tuple[int, int]:
    """Columns and rows of a section drawn at `mm` a pixel."""
    rows, columns = (round(n * one / mm) for n, one in zip(shape, pixel_mm, strict=True))
    return columns, rows


def window(hu: npt.NDArray[np.int16]) -> Grey:
    """Lung window, 0 to 254 in steps of two: the eye sees no more, and the file is a fifth smaller."""
    shade = (hu.astype(np.float32) - (LEVEL_HU - WIDTH_HU / 2)) * (255.0 / WIDTH_HU)
    halved: Grey = (np.clip(shade, 0, 255).astype(np.uint8) >> 1) << 1
    return halved


def _paint(section: Section, size: tuple[int, int]) -> Image.Image:
    """Of the size (columns, rows): 1..5 patterns, then the borders."""
    patterns, lobes, lungs = (stretched(one, size) for one in (section.patterns, section.lobes, section.lungs))
    painted = patterns.copy()
    painted[border(lobes) & (lungs > 0)] = LOBE_BORDER
    painted[border(lungs) & (lungs > 0)] = LUNG_BORDER
    return coloured(painted, PALETTE)
