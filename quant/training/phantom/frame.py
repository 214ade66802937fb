"""From a person to the reference chest: size, individual form, breath.

All anatomy is written once, for a man of 175 cm at full inspiration, in mm from the middle of the chest at the
height of the carina. A frame maps the coordinates of one person onto it. Bones and skin follow `bony`
coordinates; what breath moves (lungs, heart, diaphragm, abdomen) follows `soft` ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage

from quant.training.phantom.model import Subject
from quant.training.phantom.shapes import Coords, Field, Point

PITCH_MM = 3.0
REACH_MM = ((-210.0, 210.0), (-150.0, 160.0), (-236.0, 140.0))
KNOT_MM, WARP_MM = 90.0, 3.0
# Breath moves what lies below the apices, the more the lower: 60 mm at the dome between the extremes.
APEX_Z, DOME_DEPTH, DOME_RISE = 100.0, 210.0, 60.0
BACK_Y, FRONT_SHRINKS, SIDES_SHRINK = 60.0, 0.10, 0.05
LAST_DEPTH = 300.0


@dataclass(frozen=True)
class Frame:
    """Scales (x, y, z) of a person, breath 0..1, and seeds of the individual form."""

    subject: Subject
    scale: Point
    breath: float
    fatness: float

    @cached_property
    def axes(self) -> tuple[Field, Field, Field]:
        """Positions in mm of the model grid in the person's space: x, y, z."""
        spans = zip(REACH_MM, self.scale, strict=True)
        x, y, z = (np.arange(low * s, high * s, PITCH_MM, dtype=np.float32) for (low, high), s in spans)
        return x, y, z

    @cached_property
    def bony(self) -> Coords:
        """Reference coordinates of the model grid for what breath does not move."""
        x, y, z = self.axes
        zz, yy, xx = np.meshgrid(z, y, x, indexing="ij")
        sx, sy, sz = self.scale
        dx, dy, dz = (self._warp(i, xx.shape) for i in range(3))
        return Coords(xx / sx + dx, yy / sy + dy, zz / sz + dz)

    @cached_property
    def soft(self) -> Coords:
        """Reference coordinates of the model grid for what breath moves."""
        out, at = 1.0 - self.breath, self.bony
        y = BACK_Y + (at.y - BACK_Y) / np.float32(1.0 - FRONT_SHRINKS * out)
        x = at.x / np.float32(1.0 - SIDES_SHRINK * out)
        return Coords(x, y, _inspired(at.z, out))

    def place(self, points: np.ndarray) -> np.ndarray:
        """Points (n, 3) as x, y, z of the soft reference chest, in the person's space."""
        x, y, z = self.axes
        grid = self.soft
        found = np.asarray(points, np.float64) * self.scale
        for _ in range(8):
            index = [(found[:, i] - axis[0]) / PITCH_MM for i, axis in ((2, z), (1, y), (0, x))]
            now = np.stack([ndimage.map_coordinates(c, index, order=1, mode="nearest") for c in grid], axis=1)
            found += 0.9 * (points - now) * self.scale
        return found

    def noise(self, key: int, knot_mm: float) -> Field:
        """A smooth random field of SD near 1 on the model grid that moves with the soft anatomy."""
        random = np.random.default_rng([self.subject.seed, 40, key])
        positions = [(self._soft_axis(i) - low) / knot_mm for i, (low, _) in reversed(list(enumerate(REACH_MM)))]
        counts = [int(np.ceil((high - low) / knot_mm)) + 2 for low, high in REACH_MM[::-1]]
        return zoom(random.normal(0.0, 1.25, counts).astype(np.float32), positions)

    def _soft_axis(self, axis: int) -> Field:
        """Reference coordinates along one axis of the model grid, without the person's own form."""
        out, along = 1.0 - self.breath, self.axes[axis] / np.float32(self.scale[axis])
        if axis == 0:
            return along / np.float32(1.0 - SIDES_SHRINK * out)
        if axis == 1:
            return BACK_Y + (along - BACK_Y) / np.float32(1.0 - FRONT_SHRINKS * out)
        return _inspired(along, out)

    def _warp(self, axis: int, shape: tuple[int, ...]) -> Field:
        """The person's own form: a smooth displacement in mm."""
        random = np.random.default_rng([self.subject.seed, 11, axis])
        knots = [int(np.ceil((high - low) / KNOT_MM)) + 1 for low, high in REACH_MM[::-1]]
        positions = [np.linspace(0, n - 1, m, dtype=np.float32) for n, m in zip(knots, shape, strict=True)]
        return zoom(random.normal(0.0, WARP_MM, knots).astype(np.float32), positions)


def frame(subject: Subject, breath: float) -> Frame:
    """The frame of a person; men and women of one height differ in the chest, the old are deeper."""
    random = np.random.default_rng([subject.seed, 10])
    own = random.normal(0.0, 0.03, 3)
    tall = subject.height_cm / 175.0
    narrow = 1.0 if subject.sex == "M" else 0.94
    deep = 1.0 + 0.0008 * (subject.age_years - 50.0)
    scale = (
        tall**0.7 * narrow * (1 + float(own[0])),
        tall**0.7 * narrow * deep * (1 + float(own[1])),
        tall * (1.0 if subject.sex == "M" else 0.97) * (1 + float(own[2])),
    )
    return Frame(subject, scale, breath, float(random.uniform(0.0, 1.0)))


def zoom(knots: Field, positions: Sequence[Field]) -> Field:
    """Cubic interpolation of a small field at positions (in knots) along each axis."""
    found = knots
    for axis, along in enumerate(positions):
        count = knots.shape[axis]
        grid = np.meshgrid(along, np.arange(count), indexing="ij")
        matrix = ndimage.map_coordinates(np.eye(count, dtype=np.float32), grid, order=3, mode="nearest")
        found = np.moveaxis(np.tensordot(matrix, found, (1, axis)), 0, axis)
    return np.ascontiguousarray(found, np.float32)


def _inspired(z: Field, out: float) -> Field:
    """Height in the inspired chest of what lies at height `z` when a share `out` is breathed out."""
    if out == 0.0:
        return z
    bend = DOME_RISE * out / DOME_DEPTH**2
    deepest = LAST_DEPTH - bend * LAST_DEPTH**2
    depth = APEX_Z - z
    within = np.clip(depth, 0.0, deepest)
    found = (1.0 - np.sqrt(1.0 - 4.0 * bend * within)) / (2.0 * bend)
    inspired: Field = (APEX_Z - np.where(depth < 0, depth, found + np.maximum(depth - deepest, 0.0))).astype(np.float32)
    return inspired
