"""A scan whose lungs are known before disease is put into it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import nibabel
import numpy as np

from quant.engine.arrays import Hu, Labels, Mask
from quant.engine.volume import Grid, Volume
from quant.evaluation import independent
from quant.evaluation.grain import Grain, measure
from quant.evaluation.tubes import Lines, lines

if TYPE_CHECKING:
    from quant.training.phantom import Phantom


@dataclass(frozen=True, eq=False)
class Base:
    """A clean scan: its `lungs` and wide `airway` as bool (z, y, x), by whom (`reader`), and what else is known.

    `lobes` labels 1..5, `carina` (slice from the feet), centre lines of `bronchi` and `vessels` of the lungs where the
    truth holds them; `nodules` as masks of readers.
    """

    name: str
    volume: Volume
    lungs: Mask
    airway: Mask
    reader: str
    lobes: Labels | None = None
    carina: float | None = None
    nodules: tuple[Mask, ...] = ()
    bronchi: Lines | None = None
    vessels: Mask | None = None

    @cached_property
    def grain(self) -> Grain:
        """Blur and noise of the scan."""
        return measure(self.volume.hu, self.volume.voxel_mm)

    def with_hu(self, hu: Hu) -> Volume:
        """The same scan with other values."""
        return replace(self.volume, hu=hu)


def from_volume(name: str, volume: Volume, nodules: tuple[Mask, ...] = (), carina: float | None = None) -> Base:
    """A real clean scan, its lungs read by `independent`."""
    found = independent.read(volume.hu, volume.voxel_mm)
    return Base(name, volume, found.lungs, found.airway, "independent", None, carina, nodules)


def from_phantom(name: str, phantom: Phantom) -> Base:
    """A phantom with its exact truth."""
    airway = (phantom.airways > 0) & (phantom.lungs == 0)
    carina = phantom.truth["carina"]["slice"]
    return Base(
        name,
        _volume(phantom),
        phantom.lungs > 0,
        airway,
        "exact",
        phantom.lobes,
        carina,
        bronchi=lines(phantom.trees.airways, phantom.origin_mm),
        vessels=phantom.vessels > 0,
    )


def _volume(phantom: Phantom) -> Volume:
    x, y, z = phantom.spacing_mm
    left, back, feet = phantom.origin_mm
    affine = np.array([[-x, 0, 0, -left], [0, -y, 0, -back], [0, 0, z, feet], [0, 0, 0, 1]], np.float64)
    depth, height, width = phantom.hu.shape
    return Volume(
        hu=phantom.hu,
        spacing_mm=phantom.spacing_mm,
        affine=affine,
        sop_uids=(None,) * depth,
        positions_mm=tuple(float(feet + z * i) for i in range(depth)),
        source={"slices": depth, "spacing_mm": list(phantom.spacing_mm)},
        warnings=(),
        grid=Grid((width, height, depth), affine, nibabel.orientations.io_orientation(affine)),
    )
