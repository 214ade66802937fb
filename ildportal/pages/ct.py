"""One CT on the patient page: where its measurement stands and every number of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ildportal.pages import reasons
from ildportal.pages.assessments.said import Said, said
from ildportal.pages.compared import Compared, with_last
from ildportal.pages.fissures import Fissure, fissures
from ildportal.pages.flags import Flag, doubts, flags
from ildportal.pages.goh import Extent
from ildportal.pages.keys import missing
from ildportal.pages.levels import Strip, strip
from ildportal.pages.numbers import MINUS, pattern_name
from ildportal.pages.objects import Link, links
from ildportal.pages.pictures import Viewer, viewer
from ildportal.pages.zones import Zones, zones
from patients.models import CTStudy
from quant import selectors
from quant.engine.codes import Number as Kind
from quant.models import LobeMeasure, Quantification
from quant.models.measures import LOBES, PATTERNS
from quant.repeatability import Limits
from quant.selectors import StudyRow

# Column, name, decimals, unit.
LUNGS = (
    ("volume_ml", "Total lung volume", 0, "mL"),
    ("right_ml", "Right lung", 0, "mL"),
    ("left_ml", "Left lung", 0, "mL"),
    ("recovered_ml", "Dense disease recovered", 0, "mL"),
    ("vessel_ml", "Vessels", 0, "mL"),
    ("mean_density_hu", "Mean density", 0, "HU"),
    ("haa_percent", f"High attenuation, {MINUS}600 to {MINUS}250 HU", 1, "%"),
    ("laa950_percent", f"Low attenuation, below {MINUS}950 HU", 1, "%"),
    ("perc15_hu", "15th percentile of density", 0, "HU"),
    ("skewness", "Skewness of density", 2, ""),
    ("kurtosis", "Kurtosis of density", 2, ""),
)
SUMS = (
    ("lesion_percent", "Lesion % (TLV%)", 1, "%"),
    ("fibrosis_percent", "Fibrosis %", 1, "%"),
    ("ild_percent", "ILD %", 1, "%"),
)


@dataclass(frozen=True, slots=True)
class Number:
    name: str
    value: float | None
    digits: int
    unit: str
    why: str


@dataclass(frozen=True, slots=True)
class PatternLine:
    """A pattern in mL and in % of the lung volume; `low` and `high` are its limits by the engine.

    method: whether rules or a network named it; empty where the engine does not say.
    """

    name: str
    ml: float | None
    percent: float | None
    low: float | None
    high: float | None
    why: str
    method: str


@dataclass(frozen=True, slots=True)
class LobeLine:
    lobe: LobeMeasure
    patterns: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class CTView:
    """A CT study as the page shows it; the number lists are empty while it is not measured.

    doubts: by kind of number, the flags that make it doubtful. compared: with the CT before it, where it can be.
    levels: the strip of its Goh scores, where it has some.
    """

    row: StudyRow
    reason: str
    stalled: bool
    flags: list[Flag]
    lungs: tuple[Number, ...] = ()
    sums: tuple[Number, ...] = ()
    patterns: tuple[PatternLine, ...] = ()
    lobes: tuple[LobeLine, ...] = ()
    fissures: tuple[Fissure, ...] = ()
    zones: Zones | None = None
    doubts: Mapping[Kind, str] = field(default_factory=dict)
    compared: Compared | None = None
    levels: Strip | None = None
    viewer: Viewer | None = None
    said: Sequence[Said] = ()
    objects: Sequence[Link] = ()


def views(studies: Sequence[CTStudy]) -> list[CTView]:
    """In the order of `studies`; the number of queries is fixed."""
    rows = selectors.rows(studies)
    lobes: dict[int, list[LobeMeasure]] = defaultdict(list)
    for lobe in LobeMeasure.objects.filter(quantification__in=[row.quantification for row in rows]):
        lobes[lobe.quantification_id].append(lobe)
    return [_view(row, lobes) for row in rows]


def measured_of(found: Sequence[CTView]) -> list[Quantification]:
    return [one for view in found if (one := view.row.quantification)]


def with_words(found: Sequence[CTView]) -> list[CTView]:
    """The same, each with what readers said about it; two queries."""
    words = said([view.row.study.pk for view in found])
    return [replace(view, said=words[view.row.study.pk]) for view in found]


def with_changes(
    found: Sequence[CTView], history: Sequence[Quantification], extents: Mapping[int, Extent], limits: Limits
) -> list[CTView]:
    """The same, each with its Goh scores and what changed since the CT before it; no query."""
    compared = {one.pk: with_last(history, one, extents, limits) for one in history}
    return [
        _changed(view, one, compared.get(one.pk), extents) if (one := view.row.quantification) else view
        for view in found
    ]


def _changed(view: CTView, one: Quantification, compared: Compared | None, extents: Mapping[int, Extent]) -> CTView:
    before = compared.pairs[-1].earlier if compared else None
    earlier = (before, extents.get(before.pk)) if before else None
    return replace(view, compared=compared, levels=strip(one, extents.get(one.pk), view.viewer, view.doubts, earlier))


def _view(row: StudyRow, lobes: dict[int, list[LobeMeasure]]) -> CTView:
    one = row.quantification
    marked = flags(row.series, one)
    about = (row, reasons.reason(row), reasons.stalled(row.run), marked)
    if one is None:
        return CTView(*about)
    measures = {measure.region: measure for measure in lobes[one.pk]}
    return CTView(
        *about,
        lungs=_numbers(one, LUNGS),
        sums=_numbers(one, SUMS),
        patterns=tuple(_pattern(one, name) for name in PATTERNS),
        lobes=tuple(_lobe(one, measures[region]) for region in LOBES if region in measures),
        fissures=fissures(one),
        zones=zones(one, lobes[one.pk]),
        doubts=doubts(marked),
        viewer=viewer(one),
        objects=links(one),
    )


def _numbers(one: Quantification, fields: Sequence[tuple[str, str, int, str]]) -> tuple[Number, ...]:
    return tuple(
        Number(name, getattr(one, field), digits, unit, missing(one, field)) for field, name, digits, unit in fields
    )


def _pattern(one: Quantification, name: str) -> PatternLine:
    ml, percent, low, high = (getattr(one, f"{name}_{part}") for part in ("ml", "percent", "low", "high"))
    return PatternLine(pattern_name(name), ml, percent, low, high, missing(one, name), one.methods.get(name, ""))


def _lobe(one: Quantification, lobe: LobeMeasure) -> LobeLine:
    return LobeLine(
        lobe,
        tuple(
            Number(pattern_name(name), getattr(lobe, f"{name}_ml"), 1, "mL", missing(one, name)) for name in PATTERNS
        ),
    )
