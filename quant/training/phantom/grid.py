"""The scanner's grid, and how the smooth fields of the model grid are read on it, slice by slice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quant.training.phantom.frame import PITCH_MM, Frame
from quant.training.phantom.model import COVERAGE_LIMITS_MM, PhantomError, Scan
from quant.training.phantom.shapes import Field

# The span of a chest scan in the reference chest at full inspiration: below the recesses to above the apices.
BOTTOM_Z, TOP_Z = -214.0, 118.0
FIELD_OF_VIEW_MM = 376.0
MIDDLE_Y = 6.0
THINNEST_PART_MM = 1.25


@dataclass(frozen=True)
class Grid:
    """Voxel centres in mm of the person's space: x, y, z ascending. `parts` z positions make up one slice."""

    x: Field
    y: Field
    z: Field
    spacing_mm: tuple[float, float, float]
    parts: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Slices, rows, columns."""
        return len(self.z), len(self.y), len(self.x)

    @property
    def width_mm(self) -> float:
        """Width of the edge of a solid that a voxel blurs."""
        return max(self.spacing_mm[0], self.spacing_mm[1])

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel, mL."""
        return math.prod(self.spacing_mm) / 1000.0

    def heights(self, index: int) -> list[float]:
        """The z positions that are averaged into one slice: its thickness blurs."""
        step = self.spacing_mm[2] / self.parts
        return [float(self.z[index]) + (i - (self.parts - 1) / 2) * step for i in range(self.parts)]


def lay(frame: Frame, scan: Scan) -> Grid:
    """The grid of a scan that covers the lungs, whatever the breath."""
    sx, sy, sz = frame.scale
    bottom, top = BOTTOM_Z * sz, TOP_Z * sz
    fov = FIELD_OF_VIEW_MM * max(sx, sy) * (1.0 + 0.08 * frame.fatness)
    pixel = round(float(fov) / scan.matrix, 5)
    dx, dy, dz = scan.spacing_mm or (pixel, pixel, _thickness(scan, float(top - bottom)))
    slices = scan.slices or math.ceil((top - bottom) / dz)
    if not COVERAGE_LIMITS_MM[0] <= slices * dz <= COVERAGE_LIMITS_MM[1]:
        low, high = COVERAGE_LIMITS_MM
        raise PhantomError(
            f"{slices} slices of {dz:g} mm cover {slices * dz:.0f} mm; {low:g} to {high:g} mm is possible"
        )
    middle = (np.arange(scan.matrix) - (scan.matrix - 1) / 2).astype(np.float32)
    z = (bottom + top) / 2 + (np.arange(slices) - (slices - 1) / 2) * dz
    parts = max(1, round(dz / THINNEST_PART_MM))
    return Grid(middle * dx, middle * dy + MIDDLE_Y * sy, z.astype(np.float32), (dx, dy, dz), parts)


def _thickness(scan: Scan, span: float) -> float:
    if scan.thickness is not None:
        return scan.thickness
    return round(span / scan.slices, 3) if scan.slices else 1.0


class Window(NamedTuple):
    """Rows and columns of a part of a slice."""

    rows: slice
    columns: slice


class Reader:
    """Reads fields of the model grid at the voxels of a slice, by linear interpolation."""

    def __init__(self, frame: Frame, grid: Grid, fields: Mapping[str, Field]) -> None:
        x, y, z = frame.axes
        self.names = list(fields)
        self._fields = fields
        self._z0, self._depth = float(z[0]), len(z)
        self._rows, self._columns = _Steps.of(grid.y, y), _Steps.of(grid.x, x)
        self.whole = Window(slice(0, len(grid.y)), slice(0, len(grid.x)))

    def at(self, height: float, window: Window, names: list[str] | None = None) -> dict[str, Field]:
        """The named fields (default all) in a window of the plane at `height` mm."""
        rows, columns = self._rows.part_of(window.rows), self._columns.part_of(window.columns)
        low, part = self._level(height)
        read = {}
        for name in self.names if names is None else names:
            field = self._fields[name]
            plane = field[low] * (1 - part) + field[low + 1] * part
            read[name] = columns.along(rows.along(plane, 0), 1)
        return read

    def inside(self, name: str, height: float, margin_mm: float) -> Window:
        """The smallest window around where the named field is below `margin_mm` in this plane."""
        low, _ = self._level(height)
        near = self._fields[name][low : low + 2] < margin_mm
        return Window(self._rows.around(np.any(near, axis=(0, 2))), self._columns.around(np.any(near, axis=(0, 1))))

    def reached(self, names: list[str], height: float, margin_mm: float) -> list[str]:
        """Those of the names whose solid comes within a margin of this plane."""
        low, _ = self._level(height)
        return [name for name in names if (self._fields[name][low : low + 2] < margin_mm).any()]

    def _level(self, height: float) -> tuple[int, np.float32]:
        position = min(max((height - self._z0) / PITCH_MM, 0.0), self._depth - 1.001)
        low = int(position)
        return low, np.float32(position - low)


class _Steps(NamedTuple):
    """Interpolation along one axis: the knot below each target and the way from there to the next."""

    low: npt.NDArray[np.intp]
    part: npt.NDArray[np.float32]

    @staticmethod
    def of(targets: Field, knots: Field) -> _Steps:
        position = np.clip((targets - knots[0]) / PITCH_MM, 0, len(knots) - 1.001)
        low = position.astype(np.intp)
        return _Steps(low, (position - low).astype(np.float32))

    def part_of(self, cut: slice) -> _Steps:
        return _Steps(self.low[cut], self.part[cut])

    def along(self, plane: Field, axis: int) -> Field:
        part = self.part[:, None] if axis == 0 else self.part
        found = plane.take(self.low, axis, mode="clip")
        ahead = plane.take(self.low + 1, axis, mode="clip")
        ahead -= found
        ahead *= part
        found += ahead
        return found

    def around(self, near: npt.NDArray[np.bool_]) -> slice:
        hit = np.flatnonzero(near[self.low] | near[np.minimum(self.low + 1, len(near) - 1)])
        return slice(int(hit[0]), int(hit[-1]) + 1) if len(hit) else slice(0, 0)
