"""Where in the chest each voxel lies, and smooth random fields over it; lengths in mm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from quant.engine.arrays import Box, Mask, Spacing
from quant.engine.morphology import bounding_box, depth, dilate
from quant.evaluation.base import Base

Flat: TypeAlias = npt.NDArray[np.float32]
Points: TypeAlias = npt.NDArray[np.float32]
Seed: TypeAlias = tuple[int, ...]
BEYOND_MM, ROOM_MM = 2.0, 8.0
# A cubic B-spline of white noise of SD 1 has this SD, averaged over a cell.
# Fields repeat after so many points of their lattice: the finest after some cm, where nobody sees it.
PERIOD = 64
SPLINE_SD, OFF = 0.3317, 1.5


@dataclass(frozen=True, eq=False)
class Ground:
    """The voxels of both lungs and of `BEYOND_MM` around them, where a border voxel still holds some lung.

    Flat arrays over these voxels: `points` (z, y, x) in mm, `lung`, `pleura` depth below the surface of the lung,
    `costal` depth below ribs and diaphragm, `high` 0 base..1 apex, `back` 0 front..1 back, `right`.
    """

    shape: tuple[int, ...]
    voxel_mm: Spacing
    index: npt.NDArray[np.intp]
    points: Points
    lung: npt.NDArray[np.bool_]
    pleura: Flat
    costal: Flat
    high: Flat
    back: Flat
    right: npt.NDArray[np.bool_]
    hu: Flat
    box: Box
    mask_in_box: Mask

    @cached_property
    def lung_voxels(self) -> int:
        """Voxels of both lungs."""
        return int(self.lung.sum())

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel."""
        return float(np.prod(self.voxel_mm)) / 1000.0

    def noise(self, length_mm: float, seed: Seed, points: Points | None = None) -> Flat:
        """A smooth random field of mean 0 and SD 1, with hills about `length_mm` across, at `points` or everywhere.

        The same seed is the same field, whichever points of the scan are asked for.
        """
        pitch = length_mm / 2.0
        lattice = np.random.default_rng(seed).standard_normal((PERIOD,) * 3, np.float32)
        if points is None:
            return self._everywhere(lattice, pitch)
        where = ((points + np.float32(ROOM_MM)) / np.float32(pitch) + np.float32(OFF)).T
        values = ndimage.map_coordinates(lattice, where, order=3, prefilter=False, mode="grid-wrap")
        found: Flat = (values / np.float32(SPLINE_SD)).astype(np.float32)
        return found

    def _everywhere(self, lattice: Flat, pitch: float) -> Flat:
        """The field at every voxel, axis by axis: a tenth of the time of asking point by point."""
        whole = lattice
        for axis, (count, mm, cut) in enumerate(zip(self.shape, self.voxel_mm, self.box, strict=True)):
            at: npt.NDArray[np.float64] = (np.arange(count, dtype=np.float64)[cut] * mm + ROOM_MM) / pitch + OFF
            whole = np.moveaxis(np.tensordot(_spline(at, lattice.shape[axis]), whole, (1, axis)), 0, axis)
        values: Flat = whole[self.mask_in_box] / np.float32(SPLINE_SD)
        return values

    def spread(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Values over the flat voxels put onto the scan's grid, 0 elsewhere."""
        whole = np.zeros(int(np.prod(self.shape)), values.dtype)
        whole[self.index] = values
        return whole.reshape(self.shape)


def survey(base: Base) -> Ground:
    """The ground on which disease is drawn."""
    lungs, voxel_mm = base.lungs, base.volume.voxel_mm
    box = bounding_box(lungs, [int(BEYOND_MM / mm) + 2 for mm in voxel_mm])
    closed = dilate(base.airway[box], BEYOND_MM, voxel_mm)
    support = np.zeros_like(lungs)
    support[box] = (dilate(lungs[box], BEYOND_MM, voxel_mm) & ~closed) | lungs[box]
    index = np.flatnonzero(support)
    places = np.stack(np.unravel_index(index, lungs.shape), axis=1)
    z, y, x = places.T
    middle = (box[2].start + box[2].stop) / 2
    return Ground(
        shape=lungs.shape,
        voxel_mm=voxel_mm,
        index=index,
        points=(places * np.array(voxel_mm)).astype(np.float32),
        lung=lungs.ravel()[index],
        pleura=_inward(lungs, lungs, box, voxel_mm).ravel()[index],
        costal=_inward(lungs, _chest(lungs), box, voxel_mm).ravel()[index],
        high=_share(z, box[0]),
        back=_share(y, box[1]),
        right=x < middle,
        hu=base.volume.hu.ravel()[index].astype(np.float32),
        box=box,
        mask_in_box=support[box],
    )


def _share(values: npt.NDArray[np.intp], cut: slice) -> Flat:
    found: Flat = ((values - cut.start) / max(1, cut.stop - 1 - cut.start)).astype(np.float32)
    return found


def _inward(lungs: Mask, whole: Mask, box: Box, voxel_mm: Spacing) -> npt.NDArray[np.float32]:
    """Depth of each voxel below the surface of `whole`; at the voxels beyond it, 0."""
    found = np.zeros(lungs.shape, np.float32)
    inner = np.pad(whole[box], 1)
    found[box] = depth(inner, voxel_mm)[1:-1, 1:-1, 1:-1]
    return found


def _chest(lungs: Mask) -> Mask:
    """The lungs and what lies between them: so its surface is ribs and diaphragm, not the mediastinum."""
    before = np.logical_or.accumulate(lungs, axis=2)
    after = np.logical_or.accumulate(lungs[:, :, ::-1], axis=2)[:, :, ::-1]
    found: Mask = before & after
    return found


def _spline(at: npt.NDArray[np.float64], count: int) -> Flat:
    """Weights (places, lattice points) of the cubic B-spline on a lattice that repeats."""
    apart = np.mod(at[:, None] - np.arange(count)[None], count)
    apart = np.minimum(apart, count - apart)
    near = 2.0 / 3.0 - apart**2 + apart**3 / 2.0
    far = np.clip(2.0 - apart, 0.0, None) ** 3 / 6.0
    weights: Flat = np.where(apart < 1.0, near, far).astype(np.float32)
    return weights
