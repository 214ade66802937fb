"""Where the slices of a series lie: order, spacing, coverage, orientation, tilt. No Django here.

Lengths in mm, angles in degrees, patient coordinates of DICOM (x to the left, y to the back, z to the head).
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal

from patients.intake.frames import Plane
from patients.intake.header import InstanceHeader
from patients.intake.values import Vector

Orientation = Literal["axial", "coronal", "sagittal", "oblique", "mixed", "unknown"]

AXES: tuple[Orientation, ...] = ("sagittal", "coronal", "axial")
OBLIQUE_ABOVE = 35.0
SAME_DIRECTION = 0.5
SAME_PLACE_MM = 0.01
UNIT_TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class Geometry:
    """The stack of one series. ``positions`` rise along the normal; ``tilt`` is None where unknown."""

    orientation: Orientation
    tilt: float | None
    positions: tuple[float, ...]
    placed: bool

    @property
    def steps(self) -> tuple[float, ...]:
        """Distances between neighbouring slices, repeated positions left out."""
        return tuple(b - a for a, b in pairwise(self.positions) if b - a > SAME_PLACE_MM)

    @property
    def spacing(self) -> float | None:
        """The usual distance between slices (median), None with fewer than two."""
        return median(self.steps) if self.steps else None

    @property
    def coverage(self) -> float | None:
        """From the first slice to the last, one spacing included."""
        return sum(self.steps) + self.spacing if self.spacing else None

    @property
    def repeated(self) -> int:
        """How many slices lie where another one lies already."""
        return len(self.positions) - 1 - len(self.steps) if self.positions else 0


def feet_first(headers: Iterable[InstanceHeader]) -> list[InstanceHeader]:
    """Sorted by position along the common normal, unplaced instances last by instance number."""
    found = list(headers)
    normal = next((n for n in (normal_of(h.orientation) for h in found) if n), (0.0, 0.0, 1.0))

    def place(header: InstanceHeader) -> tuple[float, float, str]:
        position = _along(normal, header.position)
        number = header.instance_number
        return (
            math.inf if position is None else position,
            math.inf if number is None else number,
            header.sop_uid,
        )

    return sorted(found, key=place)


def along_normal(header: InstanceHeader) -> float | None:
    """Position of an instance along its own slice normal."""
    normal = normal_of(header.orientation)
    return None if normal is None else _along(normal, header.position)


def measure(headers: Sequence[InstanceHeader]) -> Geometry:
    """The geometry of all frames of a series."""
    planes = [plane for header in headers for plane in header.planes]
    normals = [normal_of(plane.orientation) for plane in planes]
    known = [normal for normal in normals if normal is not None]
    if len(known) < len(planes) or any(plane.position is None for plane in planes):
        return Geometry("unknown", None, (), placed=False)
    common = known[0]
    positions = tuple(sorted(_dot(common, plane.position or ()) for plane in planes))
    if any(angle(common, normal) > SAME_DIRECTION for normal in known):
        return Geometry("mixed", None, positions, placed=True)
    orientation, lean = _direction(common)
    tilt = max(lean, _shear(planes, common), _told_tilt(headers))
    return Geometry(orientation, tilt, positions, placed=True)


def normal_of(orientation: Vector | None) -> Vector | None:
    """The slice normal, turned so that its main component is positive; None for no orthogonal unit pair."""
    if orientation is None:
        return None
    row, column = orientation[:3], orientation[3:]
    lengths = (math.hypot(*row), math.hypot(*column))
    if any(abs(length - 1) > UNIT_TOLERANCE for length in lengths) or abs(_dot(row, column)) > UNIT_TOLERANCE:
        return None
    normal = (
        row[1] * column[2] - row[2] * column[1],
        row[2] * column[0] - row[0] * column[2],
        row[0] * column[1] - row[1] * column[0],
    )
    return normal if max(normal, key=abs) > 0 else tuple(-n for n in normal)


def angle(a: Vector, b: Vector) -> float:
    """Degrees between two directions, 0 to 90 (a line has no sign)."""
    product = math.hypot(*a) * math.hypot(*b)
    return math.degrees(math.acos(min(1.0, abs(_dot(a, b)) / product))) if product else 0.0


def _direction(normal: Vector) -> tuple[Orientation, float]:
    """The nearest body plane and the degrees from it."""
    axis = max(range(3), key=lambda i: abs(normal[i]))
    lean = angle(normal, tuple(float(i == axis) for i in range(3)))
    return (AXES[axis] if lean <= OBLIQUE_ABOVE else "oblique"), lean


def _shear(planes: Sequence[Plane], normal: Vector) -> float:
    """Degrees by which the stack leans sideways: gantry tilt leaves the slices straight but shifts them."""
    placed = sorted((p.position for p in planes if p.position), key=lambda p: _dot(normal, p))
    way = tuple(b - a for a, b in zip(placed[0], placed[-1], strict=True))
    return angle(way, normal) if math.hypot(*way) > SAME_PLACE_MM else 0.0


def _told_tilt(headers: Sequence[InstanceHeader]) -> float:
    """The tilt that most headers state; absent counts as none."""
    told = Counter(abs(h.gantry_tilt or 0.0) for h in headers)
    return told.most_common(1)[0][0]


def _along(normal: Vector, position: Vector | None) -> float | None:
    return None if position is None else _dot(normal, position)


def _dot(a: Vector, b: Vector) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))
