"""From label maps to palette pictures: stretched without blending, inks over nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from quant.engine.arrays import Labels


class Ink(NamedTuple):
    """#RRGGBB, and how much of the grey picture it hides, 0 to 255."""

    colour: str
    alpha: int = 255


def coloured(painted: Labels, inks: Sequence[Ink]) -> Image.Image:
    """A palette picture (rows, columns): 0 is transparent, n the nth of `inks`."""
    picture = Image.fromarray(painted)
    picture.putpalette([0, 0, 0, *(part for ink in inks for part in bytes.fromhex(ink.colour[1:]))])
    picture.info["transparency"] = bytes([0, *(ink.alpha for ink in inks)])
    return picture


def stretched(labels: Labels, size: tuple[int, int]) -> Labels:
    """Of the size (columns, rows), each pixel that of the nearest one."""
    return np.asarray(Image.fromarray(np.ascontiguousarray(labels)).resize(size, Image.Resampling.NEAREST))


def border(labels: Labels) -> npt.NDArray[np.bool_]:
    """Pixels on either side of a change of label."""
    found = np.zeros(labels.shape, bool)
    across, down = labels[:, :-1] != labels[:, 1:], labels[:-1] != labels[1:]
    found[:, :-1] |= across
    found[:, 1:] |= across
    found[:-1] |= down
    found[1:] |= down
    return found
