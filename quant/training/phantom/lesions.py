"""The five patterns: where they lie, exactly how much of them, and how they look.

Each pattern has a seeded field of preference over the lungs; its region is the part above the threshold that
gives the wanted number of voxels. Ranked patterns take their voxels first, so a voxel once diseased stays
diseased when the extents grow; it may only mature into a pattern of higher rank.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quant.training.phantom import tiles
from quant.training.phantom.frame import Frame
from quant.training.phantom.model import PATTERNS, Disease, Labels
from quant.training.phantom.shapes import Field
from quant.training.phantom.thorax import Thorax

GROUND_GLASS, CONSOLIDATION, RETICULATION, HONEYCOMBING, EMPHYSEMA = 1, 2, 3, 4, 5
RANKED = (HONEYCOMBING, CONSOLIDATION, RETICULATION, GROUND_GLASS, EMPHYSEMA)
# Width of the edge of each pattern in units of its field: ground glass fades, the others end.
SOFTNESS = {GROUND_GLASS: 0.30, CONSOLIDATION: 0.16, RETICULATION: 0.30, HONEYCOMBING: 0.10, EMPHYSEMA: 0.35}
NEVER = np.float32(1e6)
LEVELS = 65535
LIKES = "likes "


class Taste(NamedTuple):
    """Where a pattern likes to lie: at the pleura (`rim`, fading over `rim_mm`), low, behind; patches (weight, mm)."""

    rim: float
    rim_mm: float
    low: float
    behind: float
    patches: tuple[tuple[float, float], ...]


TASTES = {
    GROUND_GLASS: Taste(1.1, 24.0, 0.9, 0.4, ((0.55, 34.0), (0.45, 14.0), (0.38, 8.5))),
    CONSOLIDATION: Taste(1.2, 20.0, 0.9, 0.8, ((0.75, 34.0), (0.38, 14.0), (0.20, 8.5))),
    RETICULATION: Taste(2.4, 15.0, 1.0, 0.2, ((0.40, 34.0), (0.30, 14.0), (0.15, 8.5))),
    HONEYCOMBING: Taste(2.9, 11.0, 1.1, 0.4, ((0.45, 34.0), (0.30, 14.0))),
    EMPHYSEMA: Taste(-0.7, 4.0, -0.8, 0.0, ((0.30, 34.0), (0.95, 11.0))),
}


@dataclass(frozen=True)
class Thresholds:
    """The field value at which each pattern begins, NEVER for one that is absent."""

    values: dict[int, float]

    def shares(self, fields: dict[str, Field]) -> dict[int, Field]:
        """How much of each voxel each pattern holds; ranked patterns first, never more than 1 in all."""
        free: Field | None = None
        found = {}
        for pattern in RANKED:
            begin = self.values[pattern]
            if begin >= NEVER:
                continue
            own = np.clip(0.5 + (fields[name(pattern)] - np.float32(begin)) / SOFTNESS[pattern], 0.0, 1.0)
            found[pattern] = own if free is None else own * free
            free = 1.0 - own if free is None else free * (1.0 - own)
        return found


def name(pattern: int) -> str:
    """The field name of a pattern."""
    return LIKES + PATTERNS[pattern - 1]


def wanted(disease: Disease) -> list[int]:
    """The patterns with an extent above 0, by rank."""
    return [p for p in RANKED if getattr(disease, PATTERNS[p - 1]) > 0]


def preferences(frame: Frame, thorax: Thorax, disease: Disease) -> dict[str, Field]:
    """The field of each wanted pattern on the model grid; higher comes first."""
    at = frame.soft
    depth = np.maximum(thorax.depth, 0.0)
    low = np.clip((-at.z - 10.0) / 110.0, -0.8, 1.2)
    behind = np.clip((at.y - 5.0) / 70.0, -1.0, 1.0)
    found = {}
    for pattern in wanted(disease):
        taste = TASTES[pattern]
        field = taste.rim * np.exp(-depth / np.float32(taste.rim_mm)) + taste.low * low + taste.behind * behind
        for index, (weight, mm) in enumerate(taste.patches):
            field += np.float32(weight) * frame.noise(50 + 10 * pattern + index, mm)
        found[name(pattern)] = field.astype(np.float32)
    return found


def quantised(field: Field, low: float, high: float) -> npt.NDArray[np.uint16]:
    """A field as 65,536 steps, small enough to keep for every voxel of the lungs."""
    steps = np.clip((field - low) * np.float32(LEVELS / (high - low)), 0, LEVELS)
    return np.asarray(steps, np.uint16)


def settle(
    scores: dict[int, npt.NDArray[np.uint16]], limits: dict[int, tuple[float, float]], disease: Disease, total: int
) -> tuple[Labels, Thresholds]:
    """Labels of the lung voxels (flat) with the wanted number of voxels each, and the thresholds that draw them."""
    labels = np.zeros(total, np.uint8)
    begins = {p: float(NEVER) for p in RANKED}
    for pattern, score in scores.items():
        count = round(getattr(disease, PATTERNS[pattern - 1]) / 100.0 * total)
        free = labels == 0
        above = np.cumsum(np.bincount(score[free], minlength=LEVELS + 1)[::-1])[::-1]
        level = int(np.searchsorted(-above, -count))
        # Of the two steps around the wanted number the nearer one.
        if level > 0 and (level > LEVELS or above[level - 1] - count < count - above[level]):
            level -= 1
        labels[free & (score >= level)] = pattern
        low, high = limits[pattern]
        begins[pattern] = low + level * (high - low) / LEVELS
    return labels, Thresholds(begins)


class Look:
    """How the patterns change the density of the lung, plane by plane."""

    def __init__(self, frame: Frame) -> None:
        random = np.random.default_rng([frame.subject.seed, 60])
        self.offset = random.uniform(0.0, tiles.SIDE * tiles.PITCH_MM, 3)

    def draw(
        self,
        lung: Field,
        shares: dict[int, Field],
        plane: tuple[float, Field, Field],
        width: float,
        fields: dict[str, Field],
    ) -> Field:
        """HU of the lung with the patterns in it; `plane` is z and the rows and columns in mm."""
        z = plane[0] + float(self.offset[0])
        y, x = plane[1] + np.float32(self.offset[1]), plane[2] + np.float32(self.offset[2])
        hu = lung
        if (own := shares.get(EMPHYSEMA)) is not None:
            hu = hu + own * (np.float32(-985.0) - hu)
        if (own := shares.get(GROUND_GLASS)) is not None:
            haze = 250.0 + 50.0 * np.clip(fields["strength"], -2.0, 2.0) + 16.0 * tiles.grain(1.2, 4.0).plane(z, y, x)
            hu = hu + own * haze
        if (own := shares.get(RETICULATION)) is not None:
            hu = hu + own * (_network(z, y, x, width, hu) - hu)
        if (own := shares.get(CONSOLIDATION)) is not None:
            hu = hu + own * (32.0 + 8.0 * tiles.grain(1.2, 4.0).plane(z, y, x) - hu)
        if (own := shares.get(HONEYCOMBING)) is not None:
            hu = hu + own * (_cysts(z, y, x, width) - hu)
        return hu


def _network(z: float, y: Field, x: Field, width: float, lung: Field) -> Field:
    """A mesh of thickened septa and finer lines on slightly dense lung."""
    coarse, own = (tile.plane(z, y, x) for tile in tiles.cells(7.5))
    fine = tiles.cells(4.5)[0].plane(z, y, x)
    thick = 0.25 + 0.4 * own
    septa = np.clip((thick - coarse) / width + 0.5, 0.0, 1.0) * np.minimum(2 * thick / width, 1.0)
    lines = np.clip((0.3 - fine) / width + 0.5, 0.0, 1.0) * min(0.6 / width, 1.0)
    lines = np.maximum(septa, 0.85 * lines)
    base = lung + np.float32(105.0)
    network: Field = base + lines * (np.float32(-60.0) - base)
    return network


def _cysts(z: float, y: Field, x: Field, width: float) -> Field:
    """Air cysts 3-10 mm wide, back to back, with shared walls about 1.5 mm thick."""
    wall, own = (tile.plane(z, y, x) for tile in tiles.cells(6.0))
    share = np.clip((0.55 + 0.35 * own - wall) / width + 0.5, 0.0, 1.0)
    cysts: Field = np.float32(-955.0) + share * np.float32(955.0 + 15.0)
    return cysts
