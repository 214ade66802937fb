"""The scanner's grid, and how the smooth fields of the model grid are read on it, slice by slice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

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


class Reader:
    """Reads fields of the model grid at the voxels of a slice, by linear interpolation."""

    def __init__(self, frame: Frame, grid: Grid, fields: Mapping[str, Field]) -> None:
        x, y, z = frame.axes
        self.names = list(fields)
        self._stack = np.stack([fields[name] for name in self.names], axis=1)
        self._z0, self._depth = float(z[0]), len(z)
        self._rows, self._columns = _weights(grid.y, y), _weights(grid.x, x).T.copy()

    def at(self, height: float, names: list[str] | None = None) -> dict[str, Field]:
        """The named fields (default all) of the plane at `height` mm."""
        wanted = self.names if names is None else names
        index = [self.names.index(name) for name in wanted]
        position = min(max((height - self._z0) / PITCH_MM, 0.0), self._depth - 1.001)
        low = int(position)
        part = np.float32(position - low)
        plane = self._stack[low, index] * (1 - part) + self._stack[low + 1, index] * part
        read = self._rows @ plane @ self._columns
        return dict(zip(wanted, read, strict=True))


def _weights(targets: Field, knots: Field) -> npt.NDArray[np.float32]:
    """Matrix (targets, knots) of linear interpolation, constant beyond the ends."""
    position = np.clip((targets - knots[0]) / PITCH_MM, 0, len(knots) - 1.001)
    low = position.astype(int)
    matrix = np.zeros((len(targets), len(knots)), np.float32)
    rows = np.arange(len(targets))
    matrix[rows, low] = 1 - (position - low)
    matrix[rows, low + 1] = position - low
    return matrix
