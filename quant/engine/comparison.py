"""Two scans of one person at different breaths: the density that is left once the breath is taken out.

The lung is a sponge: breathing moves air in and out, tissue and blood stay. Density above air (g/L, HU + 1000)
times volume is then constant in health, and at a common volume a difference of density is a difference of mass.
Staring et al., Med Phys 2014;41:021905 (sponge model); Shaker et al., Acta Radiol 2004;45:417 (volume adjustment).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

AIR_HU = -1000.0
# One litre of water is 1000 g and lies 1000 HU above air.
GRAMS_PER_LITRE_AND_HU = 1.0
# Phantoms that only breathe, ratio 0.80-0.85: plain means move by 23 to 50 HU, at one volume by 5 to 11 HU. What
# is left grows with the difference: blood shifts, and the border of a small lung holds more of its wall.
MOST_VOLUME_RATIO = 1.25
# The most that was left of mean and of Perc15 in those phantoms, HU: a smaller change at one volume is the breath's.
BREATH_LEAVES_MEAN_HU, BREATH_LEAVES_PERC15_HU = 11.0, 9.0


@dataclass(frozen=True, slots=True)
class Density:
    """Of one scan: volume of both lungs in mL, mean density and 15th percentile in HU."""

    volume_ml: float
    mean_hu: float
    perc15_hu: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.volume_ml) and self.volume_ml > 0):
            raise ValueError(f"a lung volume must be above 0 mL, not {self.volume_ml}")
        if not (math.isfinite(self.mean_hu) and math.isfinite(self.perc15_hu)):
            raise ValueError("densities must be finite numbers of HU")

    @property
    def mass_g(self) -> float:
        """Tissue and blood in both lungs, g."""
        return GRAMS_PER_LITRE_AND_HU * (self.mean_hu - AIR_HU) * self.volume_ml / 1000.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Later minus earlier, both at `common_ml`; in g and HU. None of the three where `why_not` is told.

    `raw_mean_hu` and `raw_perc15_hu` are the plain differences, breath included.
    """

    common_ml: float
    volume_ratio: float
    raw_mean_hu: float
    raw_perc15_hu: float
    mass_g: float | None
    mean_hu: float | None
    perc15_hu: float | None
    why_not: str = ""


def at_volume(hu: float, volume_ml: float, common_ml: float) -> float:
    """The HU that a density measured at `volume_ml` has at `common_ml`, its mass kept.

    >>> at_volume(-800.0, 4000.0, 5000.0)
    -840.0
    """
    return AIR_HU + (hu - AIR_HU) * volume_ml / common_ml


def compare(earlier: Density, later: Density, common_ml: float | None = None) -> Comparison:
    """Both densities brought to one volume, by default the geometric mean of the two.

    A fixed `common_ml` (the predicted TLC, or that of the first of many scans) makes a series of comparisons add up.

    Raises:
        ValueError: a common volume that is not above 0.
    """
    common = math.sqrt(earlier.volume_ml * later.volume_ml) if common_ml is None else common_ml
    if not (math.isfinite(common) and common > 0):
        raise ValueError(f"the common volume must be above 0 mL, not {common}")
    ratio = later.volume_ml / earlier.volume_ml
    valid = max(ratio, 1.0 / ratio) <= MOST_VOLUME_RATIO
    means, percentiles = (
        [at_volume(getattr(one, name), one.volume_ml, common) for one in (earlier, later)]
        for name in ("mean_hu", "perc15_hu")
    )
    return Comparison(
        common_ml=common,
        volume_ratio=ratio,
        raw_mean_hu=later.mean_hu - earlier.mean_hu,
        raw_perc15_hu=later.perc15_hu - earlier.perc15_hu,
        mass_g=later.mass_g - earlier.mass_g if valid else None,
        mean_hu=means[1] - means[0] if valid else None,
        perc15_hu=percentiles[1] - percentiles[0] if valid else None,
        why_not="" if valid else _too_far(earlier, later),
    )


def _too_far(earlier: Density, later: Density) -> str:
    most = 100 * (MOST_VOLUME_RATIO - 1)
    return f"lung volumes of {earlier.volume_ml:.0f} and {later.volume_ml:.0f} mL differ by more than {most:.0f} %"
