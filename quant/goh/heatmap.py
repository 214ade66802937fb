"""Where in a slice a score comes from: how it changes when a piece of the lung is replaced by healthy lung.

A patch of healthy lung slides over the slice, faded at its border and cropped to the lung. It is laid in HU on the grid
of the scan, before the network's input is made, so that every plane of that input sees the same lung. A value is the
change of the score in points for each % of the lung replaced, averaged over the patches that cover the pixel: -1 where
all that was replaced had counted as disease, 0 where none had. Views are left out: they would cost eight times as much.
After Jia 2024 (Sci Rep 14:26666). Trained on synthetic patterns; research use, not clinically validated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quant.engine.arrays import Hu, Image, Labels, Mask, Spacing
from quant.engine.errors import UnusableInput
from quant.goh.constraint import consistent
from quant.goh.healthy import healthy
from quant.goh.patched import Patched
from quant.goh.scores import Scorer
from quant.goh.slices import Square, square

# 64 of 512 pixels of 0.66 mm.
PATCH_MM, STEP_SHARE, FADE_SHARE = 42.0, 0.25, 0.25
BATCH = 16
MARGIN_PX = 8
NAMES = ("tot", "gg", "ret")
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class HeatMap:
    """`tot`, `gg`, `ret` (y, x) on the grid of the scan, in points for each % of the lung; NaN outside the lung.

    `scores` (3) in points are what the network says of the slice as it is, without views; `patches` were tried.
    """

    tot: Image
    gg: Image
    ret: Image
    scores: Scores
    patches: int

    def of(self, name: str) -> Image:
        """The map of `tot`, `gg` or `ret`."""
        found: Image = getattr(self, name)
        return found

    def marked(self, name: str, threshold: float) -> Mask:
        """Pixels (y, x) that count as disease: those under the threshold. None outside the lung."""
        return self.of(name) < threshold

    def percent(self, name: str, threshold: float) -> float:
        """The score that the map gives back: the share of the lung under the threshold, in %."""
        lung = np.isfinite(self.of(name))
        return 100.0 * int(np.count_nonzero(self.marked(name, threshold))) / max(1, int(np.count_nonzero(lung)))


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """Where it lies, and how much of each pixel there it takes, 0..1 (rows, columns); 0 outside the lung."""

    where: tuple[slice, slice]
    weight: Image


def maps(
    hu: Hu,
    lungs: Labels,
    index: int,
    voxel_mm: Spacing,
    scorer: Scorer,
    device: str = "cpu",
    batch: int = BATCH,
) -> HeatMap:
    """Maps of slice `index` of a scan (z, y, x) whose lungs are labelled; `voxel_mm` (z, y, x).

    The batch size changes the time and nothing else.

    Raises:
        UnusableInput: the slice lies outside the scan (`no_slice`), or holds no lung to score (`no_lung`).
    """
    if not 0 <= index < len(hu):
        raise UnusableInput("no_slice", f"slice {index} of a scan with {len(hu)} slices")
    lung = lungs[index] > 0
    pixel_mm = (voxel_mm[1], voxel_mm[2])
    # Raises where there is too little lung; the rest is done on the box of the lungs, a quarter of the slice.
    square(hu[index].astype(np.float32), lung, pixel_mm, scorer.size, f"slice {index}")
    box = _box(lung)
    plane, inside = hu[index][box].astype(np.float32), lung[box]
    patches = cover(inside, pixel_mm)
    scores, changes = replaced(plane, inside, pixel_mm, patches, scorer, device, batch)
    found = np.full((len(NAMES), *lung.shape), np.nan, np.float32)
    found[(slice(None), *box)] = averaged(inside, patches, changes)
    tot, gg, ret = found
    return HeatMap(tot, gg, ret, scores, len(patches))


def cover(lung: Mask, pixel_mm: tuple[float, float]) -> list[Patch]:
    """Patches a quarter of their side apart over the lung (y, x); those without lung are left out."""
    sides = [max(3, round(PATCH_MM / mm)) for mm in pixel_mm]
    steps = [max(1, round(side * STEP_SHARE)) for side in sides]
    full = np.outer(*(_profile(side) for side in sides)).astype(np.float32)
    starts = [range(step - side, n, step) for side, step, n in zip(sides, steps, lung.shape, strict=True)]
    found = []
    for row in starts[0]:
        for column in starts[1]:
            where = (slice(max(0, row), row + sides[0]), slice(max(0, column), column + sides[1]))
            own = lung[where]
            top, left = max(0, -row), max(0, -column)
            weight = full[top : top + own.shape[0], left : left + own.shape[1]] * own
            if weight.any():
                found.append(Patch(where, weight))
    return found


def replaced(
    hu: Image,
    lung: Mask,
    pixel_mm: tuple[float, float],
    patches: Sequence[Patch],
    scorer: Scorer,
    device: str = "cpu",
    batch: int = BATCH,
) -> tuple[Scores, Scores]:
    """What the network says of a slice (y, x), (3) in points, and by how much each patch changes that, (n, 3)."""
    from quant.engine.device import one_thread

    slices = Patched(hu, lung, pixel_mm, scorer.size)
    instead = healthy(hu, lung, pixel_mm)
    with one_thread():
        scores = ask(scorer, [slices.base], device)[0]
        told = [scores[None][:0]]
        for first in range(0, len(patches), batch):
            some = patches[first : first + batch]
            told.append(ask(scorer, list(_squares(slices, hu, instead, some)), device))
    return scores, np.concatenate(told) - scores


def ask(scorer: Scorer, squares: Sequence[Square], device: str = "cpu") -> Scores:
    """Scores (n, 3) in points of each slice as it is, brought into line; whatever planes the input has."""
    import torch

    on = torch.device(device)
    size = squares[0].lung.shape
    image, lung = (
        torch.from_numpy(np.stack([getattr(one, name) for one in squares])).reshape(len(squares), -1, *size).to(on)
        for name in ("image", "lung")
    )
    with torch.inference_mode():
        net = scorer.net.to(on)
        found = net(image.contiguous(memory_format=torch.channels_last), lung).float().cpu().numpy()
    return 100.0 * consistent(found)


def averaged(lung: Mask, patches: Sequence[Patch], changes: Scores) -> Image:
    """Maps (3, y, x) of the changes (n, 3) in points for each % of the lung; NaN outside the lung."""
    change = np.zeros((changes.shape[1], *lung.shape), np.float64)
    share = np.zeros(lung.shape, np.float64)
    area = max(1, int(np.count_nonzero(lung)))
    for one, own in zip(patches, changes, strict=True):
        change[(slice(None), *one.where)] += own[:, None, None] * one.weight
        share[one.where] += 100.0 * float(one.weight.sum()) / area * one.weight
    found: Image = np.where(lung, change / np.where(share > 0, share, 1.0), np.nan).astype(np.float32)
    return found


def _squares(slices: Patched, hu: Image, instead: Image, patches: Sequence[Patch]) -> Iterator[Square]:
    """The network's input with each patch in place."""
    for one in patches:
        own = hu[one.where]
        yield slices.changed(one.where, own + one.weight * (instead[one.where] - own))


def _profile(side: int) -> Image:
    """A flat middle between two faded ends, 0..1."""
    away = np.minimum(np.arange(side) + 0.5, side - 0.5 - np.arange(side)) / (FADE_SHARE * side)
    found: Image = (0.5 - 0.5 * np.cos(np.pi * np.clip(away, 0.0, 1.0))).astype(np.float32)
    return found


def _box(lung: Mask) -> tuple[slice, slice]:
    """The lung with a margin."""
    ends = (np.flatnonzero(lung.any(axis=axis))[[0, -1]] for axis in (1, 0))
    rows, columns = (slice(max(0, int(first) - MARGIN_PX), int(last) + 1 + MARGIN_PX) for first, last in ends)
    return rows, columns
