"""What can be put into a scan: patterns, their styles, and the order in which they take a voxel."""

from __future__ import annotations

from dataclasses import dataclass

from quant.engine.patterns import CONSOLIDATION, EMPHYSEMA, GROUND_GLASS, HONEYCOMBING, NAMES, RETICULATION

# Where two patterns want a voxel, the first of these has it.
ORDER = ("honeycombing", "consolidation", "reticulation", "ground_glass", "emphysema")
VALUES = {name: value for value, name in enumerate(NAMES, 1)}
ILD = (GROUND_GLASS, CONSOLIDATION, RETICULATION, HONEYCOMBING)
LESION, FIBROSIS = (GROUND_GLASS, CONSOLIDATION), (RETICULATION, HONEYCOMBING)
STYLES = {
    "ground_glass": ("patchy", "lobular", "diffuse"),
    "consolidation": ("small", "large base", "large wall", "large apex", "patchy"),
    "reticulation": ("basal",),
    "honeycombing": ("basal",),
    "emphysema": ("centrilobular", "paraseptal"),
}
__all__ = ["EMPHYSEMA", "FIBROSIS", "ILD", "LESION", "ORDER", "STYLES", "VALUES", "Wanted"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One pattern in one style. `percent` of both lungs; None where the style draws lesions of given size instead."""

    pattern: str
    style: str
    percent: float | None = None

    def __post_init__(self) -> None:
        if self.style not in STYLES.get(self.pattern, ()):
            raise ValueError(f"no {self.style!r} {self.pattern!r}")
