"""From slices in any order to one regular stack, feet first: spacing, gaps, repeats, tilt."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from quant.engine.arrays import Affine, Hu
from quant.engine.errors import UnusableInput
from quant.engine.slices import Slice

SAME_PLACE_MM = 0.01
SAME_PIXEL_MM = 1e-4
SAME_DIRECTION = 1e-3
UNEVEN_SHARE, UNEVEN_MM = 0.1, 0.05
LARGEST_GAP_MM = 15.0
LARGEST_MISSING_SHARE = 0.15
OBLIQUE_ABOVE_DEGREES = 30.0
SIDEWAYS_MM = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """`hu` (slices, rows, columns), lowest patient z first; `affine` (column, row, slice) -> RAS mm.

    `sop_uids` is None and `positions_mm` interpolated for a slice that was missing and filled in.
    """

    hu: Hu
    affine: Affine
    sop_uids: tuple[str | None, ...]
    positions_mm: tuple[float, ...]
    thickness_mm: float | None


def build(slices: Sequence[Slice]) -> Stack:
    """Sort, drop repeats, fill single missing slices by interpolation.

    Raises:
        UnusableInput: mixed sizes or orientations, uneven spacing, two images at one place, too much missing.
    """
    normal = _common_normal(slices)
    ordered = _without_repeats(sorted(slices, key=lambda s: (float(normal @ np.array(s.position)), s.sop_uid)), normal)
    if len(ordered) < 2:
        raise UnusableInput("too_few_slices", f"{len(ordered)} slice: a stack of slices is needed")
    places = np.array([normal @ np.array(s.position) for s in ordered])
    steps = _whole_steps(np.diff(places))
    indices = np.concatenate([[0], np.cumsum(steps)])
    first, last = np.array(ordered[0].position), np.array(ordered[-1].position)
    step = (last - first) / indices[-1]
    _check_straight(ordered, first + np.outer(indices, step))
    uids: list[str | None] = [None] * (int(indices[-1]) + 1)
    for index, one in zip(indices, ordered, strict=True):
        uids[index] = one.sop_uid
    return Stack(
        hu=_fill([s.hu for s in ordered], indices),
        affine=_affine(ordered[0], step),
        sop_uids=tuple(uids),
        positions_mm=tuple(float(v) for v in first[2] + step[2] * np.arange(len(uids))),
        thickness_mm=max((s.thickness_mm for s in ordered if s.thickness_mm is not None), default=None),
    )


def _common_normal(slices: Sequence[Slice]) -> Affine:
    """The unit normal, towards the head, that all slices share."""
    first = slices[0]
    for one in slices:
        turned = np.abs(np.subtract(one.orientation, first.orientation)).max() > SAME_DIRECTION
        other_size = np.abs(np.subtract(one.pixel_mm, first.pixel_mm)).max() > SAME_PIXEL_MM
        if one.hu.shape != first.hu.shape or other_size or turned:
            raise UnusableInput("mixed_geometry", "the slices differ in size, pixel spacing or direction")
    row, column = np.array(first.orientation[:3]), np.array(first.orientation[3:])
    normal = np.cross(row, column)
    length = float(np.linalg.norm(normal))
    if abs(length - 1) > 0.01:
        raise UnusableInput("no_position", "the direction cosines in the header are not perpendicular")
    normal = normal / (length if normal[2] >= 0 else -length)
    if normal[2] < np.cos(np.radians(OBLIQUE_ABOVE_DEGREES)):
        raise UnusableInput("not_axial", "the slices are not axial: give the axial series")
    return normal


def _without_repeats(ordered: list[Slice], normal: Affine) -> list[Slice]:
    """One slice a place; the same picture twice is dropped, two pictures at one place are an error."""
    kept = ordered[:1]
    for one in ordered[1:]:
        last = kept[-1]
        if normal @ np.subtract(one.position, last.position) > SAME_PLACE_MM:
            kept.append(one)
        elif not np.array_equal(one.hu, last.hu):
            z = one.position[2]
            raise UnusableInput("mixed_geometry", f"two different images lie at z = {z:.1f} mm: give one series")
    return kept


def _whole_steps(distances: Affine) -> Affine:
    """Each distance in multiples of the usual one; more than 1 means missing slices."""
    usual = float(np.median(distances))
    steps = np.rint(distances / usual)
    off = np.abs(distances - steps * usual)
    if (steps < 1).any() or (off > UNEVEN_SHARE * usual + UNEVEN_MM).any():
        low, high = distances.min(), distances.max()
        raise UnusableInput("uneven_spacing", f"the slices lie unevenly, {low:.2f} to {high:.2f} mm apart")
    missing = steps.sum() - len(steps)
    if (distances.max() > LARGEST_GAP_MM and missing) or missing > LARGEST_MISSING_SHARE * steps.sum():
        raise UnusableInput(
            "missing_slices",
            f"slices missing: {missing:.0f}; largest gap {distances.max():.1f} mm; send the series again",
        )
    return steps.astype(np.intp)


def _check_straight(ordered: Sequence[Slice], line: Affine) -> None:
    """All slices lie along one line: a jump sideways means two scans in one series."""
    off = float(np.abs([s.position for s in ordered] - line).max())
    if off > max(SIDEWAYS_MM, *ordered[0].pixel_mm):
        raise UnusableInput("mixed_geometry", f"the slices do not lie in line, but up to {off:.1f} mm aside")


def _fill(images: list[Hu], indices: Affine) -> Hu:
    """The images at their indices, linear interpolation between neighbours elsewhere."""
    hu = np.empty((int(indices[-1]) + 1, *images[0].shape), np.int16)
    hu[indices] = images
    for below, above in pairwise(indices):
        for index in range(below + 1, above):
            share = (index - below) / (above - below)
            hu[index] = np.rint(hu[below] * (1 - share) + hu[above] * share)
    return hu


def _affine(first: Slice, step: Affine) -> Affine:
    """(column, row, slice) -> RAS mm; DICOM's own coordinates are LPS."""
    lps = np.eye(4)
    lps[:3, 0] = np.array(first.orientation[:3]) * first.pixel_mm[1]
    lps[:3, 1] = np.array(first.orientation[3:]) * first.pixel_mm[0]
    lps[:3, 2] = step
    lps[:3, 3] = first.position
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ lps
