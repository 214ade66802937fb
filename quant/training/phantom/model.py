"""Who is scanned, how, and with which disease; what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from quant.training.phantom.trees import Trees

Sex = Literal["M", "F"]
Kernel = Literal["soft", "medium", "sharp"]
Labels = npt.NDArray[np.uint8]
PATTERNS = ("ground_glass", "consolidation", "reticulation", "honeycombing", "emphysema")
LOBES = ("RUL", "RML", "RLL", "LUL", "LLL")
# No lung is diseased to the last voxel here: a rim stays aerated, as the thresholds need something to order.
MOST_DISEASED_PERCENT = 90.0
COVERAGE_LIMITS_MM = (20.0, 600.0)


class PhantomError(ValueError):
    """A request that no phantom can be made of, in one line."""


@dataclass(frozen=True)
class Subject:
    """One person: the same seed, sex, age and height are the same anatomy. Height in cm, age in years."""

    seed: int = 0
    sex: Sex = "F"
    age_years: float = 60.0
    height_cm: float = 168.0

    def __post_init__(self) -> None:
        _within("seed", self.seed, 0, 2**63 - 1)
        _one_of("sex", self.sex, get_args(Sex))
        _within("age_years", self.age_years, 18, 110)
        _within("height_cm", self.height_cm, 130, 215)


@dataclass(frozen=True)
class Scan:
    """How the subject is scanned. Lengths in mm.

    `slices` left out follow from `thickness` and `thickness` from `slices`, so that the whole lung is covered;
    both left out are 1 mm slices. `spacing_mm` (x, y, z) overrides thickness and field of view. `breath` is 1 at
    full inspiration, 0 at the end of a full expiration. `noise_hu` is the SD in the middle of the body as
    reconstructed with the medium kernel. `streaks` adds the horizontal streaks between the shoulders.
    """

    slices: int | None = None
    thickness: float | None = None
    spacing_mm: tuple[float, float, float] | None = None
    kernel: Kernel = "medium"
    noise_hu: float = 18.0
    breath: float = 1.0
    matrix: int = 512
    streaks: bool = False

    def __post_init__(self) -> None:
        _one_of("kernel", self.kernel, get_args(Kernel))
        _within("matrix", self.matrix, 32, 1024)
        _within("breath", self.breath, 0, 1)
        _within("noise_hu", self.noise_hu, 0, 200)
        if self.slices is not None:
            _within("slices", self.slices, 1, 2000)
        if self.thickness is not None:
            _within("thickness", self.thickness, 0.3, 20)
        for mm in self.spacing_mm or ():
            _within("spacing_mm", mm, 0.2, 20)


@dataclass(frozen=True)
class Disease:
    """The extent of each pattern in % of the volume of both lungs."""

    ground_glass: float = 0.0
    consolidation: float = 0.0
    reticulation: float = 0.0
    honeycombing: float = 0.0
    emphysema: float = 0.0

    def __post_init__(self) -> None:
        for pattern in fields(self):
            _within(pattern.name, getattr(self, pattern.name), 0, MOST_DISEASED_PERCENT)
        if sum(getattr(self, p.name) for p in fields(self)) > MOST_DISEASED_PERCENT:
            raise PhantomError(f"the patterns together exceed {MOST_DISEASED_PERCENT:g} % of the lungs")


@dataclass(frozen=True, eq=False)
class Phantom:
    """A scan with its truth. Arrays are (z, y, x), index 0 at the feet, the right side and the front.

    `hu` int16; label maps uint8: `lungs` 1 right 2 left, `lobes` 1..5 RUL RML RLL LUL LLL, `patterns` 1..5 in the
    order of PATTERNS; `airways` 1 where the lumen of a bronchus is; `vessels` 1 where a vessel of the lung is.
    `trees` are the branches that airways and vessels were drawn from, with those too thin for a voxel.
    `spacing_mm` (x, y, z); `origin_mm` is the patient position (x, y, z) of voxel [0, 0, 0].
    """

    hu: npt.NDArray[np.int16]
    lungs: Labels
    lobes: Labels
    patterns: Labels
    airways: Labels
    vessels: Labels
    trees: Trees
    spacing_mm: tuple[float, float, float]
    origin_mm: tuple[float, float, float]
    subject: Subject
    scan: Scan
    disease: Disease
    truth: dict[str, Any] = field(default_factory=dict)


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise PhantomError(f"{name} must lie between {low:g} and {high:g}, not {value:g}")


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise PhantomError(f"{name} must be one of {', '.join(allowed)}, not {value}")
