"""A picture of a case to look at: the clean slice, the slice with disease, what was drawn, what was found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from quant.engine.arrays import Hu, Labels, Mask
from quant.engine.result import Measured
from quant.evaluation.base import Base
from quant.evaluation.insert import Inserted

LOW_HU, WIDTH_HU = -1350.0, 1500.0
INKS = np.array(
    [(0, 0, 0), (92, 214, 240), (240, 104, 178), (200, 226, 92), (160, 108, 255), (217, 79, 30)], np.float32
)
OUTLINE = (74, 222, 128)
MARGIN, SLICES, APART_MM, LOOK = 15, 3, 20.0, 0.45
Rgb = npt.NDArray[np.float32]


def save(path: Path, base: Base, inserted: Inserted | None, measured: Measured) -> None:
    """Write the slices that hold most disease (or most lung), one below the other; radiological left and right."""
    truth = inserted.patterns if inserted is not None else np.zeros_like(measured.patterns)
    hu = inserted.hu if inserted is not None else base.volume.hu
    weight = (truth > 0) if inserted is not None else base.lungs
    rows = []
    for z in _slices(weight, base.volume.voxel_mm[0]):
        y, x = (np.flatnonzero(base.lungs[z].any(axis=axis)) for axis in (1, 0))
        cut = (
            slice(max(0, int(y[0]) - MARGIN), int(y[-1]) + MARGIN),
            slice(max(0, int(x[0]) - MARGIN), int(x[-1]) + MARGIN),
        )
        rows.append(
            np.hstack(
                [
                    _grey(base.volume.hu[z][cut]),
                    _grey(hu[z][cut]),
                    _inked(hu[z][cut], truth[z][cut], base.lungs[z][cut]),
                    _inked(hu[z][cut], measured.patterns[z][cut], measured.lungs[z][cut] > 0),
                ]
            )
        )
    width = max(row.shape[1] for row in rows)
    sheet = np.vstack([np.pad(row, ((0, 4), (0, width - row.shape[1]), (0, 0))) for row in rows])
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet.astype(np.uint8)).save(path)


def _slices(weight: Mask, step_mm: float) -> list[int]:
    """The slices that hold most, apart from each other, from the head down."""
    areas = weight.sum(axis=(1, 2)).astype(float)
    apart, found = max(1, round(APART_MM / step_mm)), []
    for _ in range(SLICES):
        z = int(areas.argmax())
        if areas[z] <= 0:
            break
        found.append(z)
        areas[max(0, z - apart) : z + apart + 1] = 0
    return sorted(found, reverse=True)


def _grey(hu: Hu) -> Rgb:
    shade = np.clip((hu.astype(np.float32) - LOW_HU) / WIDTH_HU * 255.0, 0.0, 255.0)
    return np.repeat(shade[:, :, None], 3, axis=2)


def _inked(hu: Hu, patterns: Labels, lungs: Mask) -> Rgb:
    """The slice with its patterns in colour and the outline of the lungs."""
    image = _grey(hu)
    held = patterns > 0
    image[held] = image[held] * (1 - LOOK) + INKS[patterns[held]] * LOOK
    inner = lungs.copy()
    inner[1:-1, 1:-1] = lungs[1:-1, 1:-1] & lungs[:-2, 1:-1] & lungs[2:, 1:-1] & lungs[1:-1, :-2] & lungs[1:-1, 2:]
    image[lungs & ~inner] = OUTLINE
    return image
