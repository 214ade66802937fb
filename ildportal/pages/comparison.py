"""Two CTs of one patient by the same engine: what changed, and what of the density is left once the breath is out.

Only measurements of one method (ildportal.pages.changes) are compared. Plain differences of density hold the breath, so
they are never judged; the same at one lung volume is, by the limit of its measure, but not below what breath leaves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from ildportal.pages import changes
from ildportal.pages.changes import Change, Point
from ildportal.pages.goh import Extent
from quant.engine import comparison
from quant.engine.comparison import BREATH_LEAVES_MEAN_HU, BREATH_LEAVES_PERC15_HU, Comparison, Density
from quant.models import Quantification
from quant.repeatability import Limits

GOH = "goh_extent_percent"
MASS = "mass_g"
AT_ONE_VOLUME = "_at_one_volume"


class Measure(NamedTuple):
    """A column of Quantification (or GOH), and how its value and its change are printed."""

    column: str
    name: str
    digits: int = 1
    unit: str = "%"
    change_unit: str = "points"
    up_is_worse: bool = True


MEASURES = (
    Measure("volume_ml", "Total lung volume", 0, "mL", "mL", up_is_worse=False),
    Measure("lesion_percent", "Lesion % (TLV%)"),
    Measure("fibrosis_percent", "Fibrosis %"),
    Measure("ild_percent", "ILD %"),
    Measure("ground_glass_percent", "GGO"),
    Measure("consolidation_percent", "Consolidation"),
    Measure("reticulation_percent", "Reticulation"),
    Measure("honeycombing_percent", "Honeycombing"),
    Measure("emphysema_percent", "Emphysema"),
    Measure("haa_percent", "High attenuation"),
    Measure("laa950_percent", "Low attenuation"),
    Measure("severity_total", "Severity", 0, "/ 25", ""),
    Measure(GOH, "Goh extent (TOT)"),
)
# Column, name, its difference at one volume in a Comparison, and what breath leaves of that in HU.
DENSITIES = (
    ("mean_density_hu", "Mean density", "mean_hu", BREATH_LEAVES_MEAN_HU),
    ("perc15_hu", "15th percentile", "perc15_hu", BREATH_LEAVES_PERC15_HU),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """An earlier and a later measurement; changes by column, corrected ones by column + AT_ONE_VOLUME, and of MASS.

    `density` is None where one of the two has no density; its `why_not` says why nothing could be corrected.
    """

    earlier: Quantification
    later: Quantification
    changes: Mapping[str, Change]
    density: Comparison | None

    @property
    def since(self) -> date:
        day = self.earlier.series.study.date
        assert day is not None  # noqa: S101
        return day

    @property
    def volume_percent(self) -> float | None:
        """Lung volume of the later CT in % of that of the earlier."""
        return 100 * self.density.volume_ratio if self.density else None

    @property
    def why_not(self) -> str:
        return self.density.why_not if self.density else "Density was not measured on both CTs"


def comparable(history: Sequence[Quantification], later: Quantification) -> list[Quantification]:
    """Of this patient's dated measurements, oldest first: the ones before `later` that were made the same way.

    None for invented numbers: there is no lung behind them.
    """
    day = later.series.study.date
    if later.is_simulated or day is None:
        return []
    way = changes.method(later)
    dated = ((one, one.series.study.date) for one in history)
    return [one for one, before in dated if before is not None and before < day and changes.method(one) == way]


def pair(earlier: Quantification, later: Quantification, extents: Mapping[int, Extent], limits: Limits) -> Pair:
    """Both of one method and dated."""
    found = {one.column: _change(earlier, later, one.column, extents, limits) for one in MEASURES}
    before, now = density_of(earlier), density_of(later)
    density = comparison.compare(before, now) if before and now else None
    for column, _, corrected, least in DENSITIES:
        plain, limit = _change(earlier, later, column, extents, limits), limits.of(later, column)
        found[column] = replace(plain, limit=None) if plain else None
        value = getattr(density, corrected) if density else None
        judged_by = None if limit is None else max(limit, least)
        found[column + AT_ONE_VOLUME] = _computed(earlier, later, value, judged_by)
    found[MASS] = _computed(earlier, later, density.mass_g if density else None, None)
    return Pair(earlier, later, {column: one for column, one in found.items() if one is not None}, density)


def _change(
    earlier: Quantification, later: Quantification, column: str, extents: Mapping[int, Extent], limits: Limits
) -> Change | None:
    both = (earlier, later)
    points = changes.goh_points(both, extents, limits) if column == GOH else changes.ct_points(both, column, limits)
    return changes.between(*points) if len(points) == len(both) else None


def density_of(one: Quantification) -> Density | None:
    """None where volume or density was not measured."""
    if not one.volume_ml or one.mean_density_hu is None or one.perc15_hu is None:
        return None
    return Density(one.volume_ml, one.mean_density_hu, one.perc15_hu)


def _computed(
    earlier: Quantification, later: Quantification, value: float | None, limit: float | None
) -> Change | None:
    """A difference that is no column's, with the marks of the two measurements."""
    before, now = earlier.series.study.date, later.series.study.date
    if value is None or before is None or now is None:
        return None
    points = (Point(before, 0.0, flagged=not earlier.accepted), Point(now, value, flagged=not later.accepted))
    return replace(changes.between(*points), limit=limit)
