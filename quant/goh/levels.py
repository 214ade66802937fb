"""Where the five Goh levels of a scan lie: by landmarks of airway and right lung, and by what a network sees.

Level 2 is the main carina and level 5 lies 10 mm above the dome of the right hemidiaphragm: both are seen. Levels
1 and 3 are vessels, which are not segmented: the network names them. Without it they are estimated from the carina by
offsets in shares of the lung's height, read off two contrast-enhanced scans (135 and 200 mm from apex to dome), so a
centimetre off is to be expected. Level 4 is halfway between 3 and 5, so it is no better than 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from quant.engine.arrays import RIGHT, Hu, Labels, Mask, Spacing
from quant.goh import level_seek, models
from quant.goh.level_seek import Sight
from quant.goh.names import NAMES

# Shares of the height from carina to apex, from dome to carina, and of the carina's depth below the apex.
GREAT_VESSELS, CONFLUENCE, CARINA_DEPTH = 0.46, 0.68, 0.48
ABOVE_DOME_MM = 10.0
SMOOTH_MM, FLAT_SLOPE, INSIDE_MM, LEAST_DOME_MM2 = 4.0, 0.5, 10.0, 500.0
# Coarse grades, not probabilities: seen, estimated from what is seen, estimated from an estimate.
SEEN, ESTIMATED, GUESSED = 0.9, 0.4, 0.2

ABSENT = "too little lung is scanned for the network"
UNKNOWN = {
    1: "neither carina nor apex is seen",
    2: "the carina is not seen and cannot be estimated",
    3: "neither carina nor dome is seen",
    4: "its landmarks, the confluence and the right dome, are not both known",
    5: "the dome of the right hemidiaphragm is not seen",
}
# Levels at which the network counts before the landmarks; both are given wherever both were found.
BY_NETWORK = frozenset((1, 3))
APART_MM = 15.0
ORDER = {1: "great_vessels", 2: "carina", 3: "confluence", 5: "dome"}

Map = npt.NDArray[np.float64]
Sights = Mapping[str, Sight]


@dataclass(frozen=True, slots=True)
class Level:
    """One level. `slice` counts from 0 at the feet, `position_mm` is DICOM patient z, `confidence` is 0..1.

    `basis` says whether the landmark was "seen" or "estimated", or found by the "network". All four are None where
    the level lies outside the scan or nothing tells where it is, and `reason` says so. `other_mm` is where the way
    that does not count puts the level.
    """

    level: int
    slice: int | None
    position_mm: float | None
    confidence: float | None
    basis: str | None
    reason: str | None = None
    other_mm: float | None = None

    @property
    def name(self) -> str:
        return NAMES[self.level]

    @property
    def apart(self) -> bool:
        """Landmarks and network are more than APART_MM from one another."""
        return self.apart_mm > APART_MM

    @property
    def apart_mm(self) -> float:
        """mm between landmarks and network, 0 where only one of them found the level."""
        if self.position_mm is None or self.other_mm is None:
            return 0.0
        return abs(self.position_mm - self.other_mm)


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Heights in mm above the lowest slice; None where the scan does not show them."""

    apex: float | None
    carina: float | None
    dome: float | None
    carina_seen: bool

    def frame(self, level: int) -> bool:
        """Whether the landmarks above and below a level are seen, so that it lies within the scan."""
        ends = {1: (self.apex, self.carina), 2: (self.apex, self.dome), 5: (self.dome,)}
        return self.carina_seen and None not in ends.get(level, (self.carina, self.dome))


def locate(
    hu: Hu, lungs: Labels, carina: int | None, positions_mm: Sequence[float], voxel_mm: Spacing, device: str = "cpu"
) -> tuple[Level, ...]:
    """The five levels of a scan (z, y, x) by landmarks and by the network.

    Raises:
        UnusableInput: the network's weights are not those that it was measured with.
    """
    seen = level_seek.seek(hu, lungs, voxel_mm, models.weights("levels"), device)
    return find(lungs, carina, positions_mm, voxel_mm, seen)


def find(
    lungs: Labels,
    carina: int | None,
    positions_mm: Sequence[float],
    voxel_mm: Spacing,
    seen: Sights | None = None,
) -> tuple[Level, ...]:
    """The five levels of a scan whose `lungs` are labelled (z, y, x) and whose airway divides in slice `carina`.

    `seen` is what the network sees, where it was asked.
    """
    marks = landmarks(lungs, carina, voxel_mm)
    known = _levels(marks, positions_mm, voxel_mm[0])
    if not seen:
        return known
    pairs = list(zip(known, by_network(seen, positions_mm, voxel_mm[0]), strict=True))
    found = {pair[0].level: _joined(*pair, framed=marks.frame(pair[0].level)) for pair in pairs}
    found |= {4: _halfway(found, positions_mm)}
    if not _descend(found.values()):
        # A body unlike those that the network knows: landmarks cannot be out of order.
        return tuple(replace(one, other_mm=other.position_mm) for one, other in pairs)
    return tuple(found.values())


def by_network(seen: Sights, positions_mm: Sequence[float], slice_mm: float) -> tuple[Level, ...]:
    """The five levels as the network sees them; level 4 follows from 3 and 5."""
    heights = {level: seen[name].height_mm if name in seen else None for level, name in ORDER.items()}
    heights[5] = None if heights[5] is None else heights[5] + ABOVE_DOME_MM
    heights[4] = None if heights[3] is None or heights[5] is None else (heights[3] + heights[5]) / 2
    found = []
    for level in NAMES:
        names = [ORDER[level]] if level in ORDER else [ORDER[3], ORDER[5]]
        sights = [seen[name] for name in names if name in seen]
        confidence = min((one.confidence for one in sights), default=0.0)
        outside = next((one.outside for one in sights if one.outside), None)
        reason = f"the network sees its landmark {outside} the scan" if outside else ABSENT
        found.append(_at(level, heights[level], round(confidence, 2), "network", reason, positions_mm, slice_mm))
    return tuple(found)


def _joined(known: Level, seen: Level, *, framed: bool) -> Level:
    """The way that counts, with the position by the other one; `framed`: what lies above and below is scanned."""
    # A carina that is only estimated between apex and dome does not count before one that the network sees.
    network = known.level in BY_NETWORK or known.basis == "estimated"
    first, second = (seen, known) if network else (known, seen)
    # What the network sees to lie outside the scan is not estimated back into it, unless it cannot lie outside.
    silent = first is known or framed or first.reason == ABSENT
    if first.position_mm is None and second.position_mm is not None and silent:
        first, second = second, first
    return replace(first, other_mm=second.position_mm)


def _descend(levels: Iterable[Level]) -> bool:
    """Whether each level that was found lies below the one before it."""
    slices = [one.slice for one in levels if one.slice is not None]
    return all(upper > lower for upper, lower in pairwise(slices))


def _halfway(found: Mapping[int, Level], positions_mm: Sequence[float]) -> Level:
    """Level 4 between the third and the fifth that count; what `found` says of it is told beside it."""
    third, fifth = found[3], found[5]
    if third.slice is None or fifth.slice is None or third.confidence is None or fifth.confidence is None:
        lacking = next(one for one in (third, fifth) if one.slice is None)
        return Level(4, None, None, None, None, f"no level {lacking.level}: {lacking.reason}")
    index = round((third.slice + fifth.slice) / 2)
    sure = min(third.confidence, fifth.confidence)
    return Level(4, index, float(positions_mm[index]), sure, third.basis, other_mm=found[4].other_mm)


def landmarks(lungs: Labels, carina: int | None, voxel_mm: Spacing) -> Landmarks:
    """Apex and dome of the right lung, and the carina: seen, or estimated between the two."""
    slice_mm = voxel_mm[0]
    right = lungs == RIGHT
    filled = np.flatnonzero(right.any(axis=(1, 2)))
    if not len(filled):
        return Landmarks(None, None if carina is None else carina * slice_mm, None, carina is not None)
    apex = None if filled[-1] == len(right) - 1 else float(filled[-1]) * slice_mm
    # Above the carina the lung has no floor of its own; where it is unknown, the upper half is left out.
    top = carina if carina is not None else int(filled[0] + filled[-1]) // 2
    dome = _dome(right[:top], voxel_mm)
    if carina is not None:
        return Landmarks(apex, carina * slice_mm, dome, True)
    guess = None if apex is None or dome is None else apex - CARINA_DEPTH * (apex - dome)
    return Landmarks(apex, guess, dome, False)


def _dome(lung: Mask, voxel_mm: Spacing) -> float | None:
    """Height in mm of the right hemidiaphragm's dome: the top of the largest nearly level part of the lung's floor."""
    foot: Mask = np.asarray(lung.any(axis=0) & ~lung[:1].any(axis=0))
    if not foot.any():
        return None
    in_plane = voxel_mm[1:]
    floor = _smooth(np.where(foot, lung.argmax(axis=0) * voxel_mm[0], 0.0), foot, in_plane)
    slope = np.hypot(*np.gradient(floor, *in_plane))
    inside = ndimage.distance_transform_edt(foot, in_plane) > INSIDE_MM
    parts, count = ndimage.label((slope < FLAT_SLOPE) & inside)
    if not count:
        return None
    sizes = np.bincount(parts.ravel())[1:]
    if sizes.max() * in_plane[0] * in_plane[1] < LEAST_DOME_MM2:
        return None
    top = float(np.percentile(floor[parts == 1 + int(sizes.argmax())], 98))
    # A dome rises above the rest of the floor; the tip of a lung does not.
    return top if top >= np.median(floor[foot]) else None


def _smooth(values: Map, where: Mask, in_plane: tuple[float, ...]) -> Map:
    """Gaussian mean of the values `where` there are some."""
    sigma = [SMOOTH_MM / mm for mm in in_plane]
    weight = ndimage.gaussian_filter(where.astype(np.float64), sigma)
    smooth: Map = ndimage.gaussian_filter(values, sigma) / np.maximum(weight, 1e-6)
    return smooth


def _levels(known: Landmarks, positions_mm: Sequence[float], slice_mm: float) -> tuple[Level, ...]:
    """Heights from landmarks; where one half of the lung is cut off, the other stands in for it."""
    carina, dome = known.carina, known.dome
    heights: dict[int, float | None] = {2: carina, 5: None if dome is None else dome + ABOVE_DOME_MM}
    above = None if carina is None or known.apex is None else known.apex - carina
    below = None if carina is None or dome is None else carina - dome
    above, below = above if above is not None else below, below if below is not None else above
    heights[1] = None if carina is None or above is None else carina + GREAT_VESSELS * above
    heights[3] = None if carina is None or below is None else carina - CONFLUENCE * below
    heights[4] = None if heights[3] is None or heights[5] is None else (heights[3] + heights[5]) / 2
    seen = {2, 5} if known.carina_seen else {5}
    return tuple(
        _level(level, heights[level], level in seen, known.carina_seen, positions_mm, slice_mm) for level in NAMES
    )


def _level(
    level: int, height: float | None, seen: bool, carina_seen: bool, positions_mm: Sequence[float], slice_mm: float
) -> Level:
    confidence = SEEN if seen else ESTIMATED if carina_seen else GUESSED
    basis = "seen" if seen else "estimated"
    return _at(level, height, confidence, basis, UNKNOWN[level], positions_mm, slice_mm)


def _at(
    level: int,
    height: float | None,
    confidence: float,
    basis: str,
    reason: str,
    positions_mm: Sequence[float],
    slice_mm: float,
) -> Level:
    """The level at a height in mm; `reason` says why there is none."""
    if height is None:
        return Level(level, None, None, None, None, reason)
    index = round(height / slice_mm)
    if not 0 <= index < len(positions_mm):
        side = "below" if index < 0 else "above"
        return Level(level, None, None, None, None, f"it would lie {side} the scan")
    return Level(level, index, float(positions_mm[index]), confidence, basis)


def disagreement(found: Sequence[Level]) -> str | None:
    """In words, the levels at which landmarks and network are more than APART_MM apart; None where there is none."""
    parts = [f"level {one.level}: {one.apart_mm:.0f} mm" for one in found if one.apart]
    return f"landmarks and network are apart at {', '.join(parts)}" if parts else None
