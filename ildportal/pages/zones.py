"""Where in the lungs the disease lies: thirds of each lung, rind and core, which need no fissure to be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ildportal.pages.cells import Cell, number
from ildportal.pages.numbers import decimals, pattern_name
from quant.models import LobeMeasure, Quantification
from quant.models.measures import PATTERNS, ZONES, Region

THIRDS = ("upper", "middle", "lower")
FIBROSIS = ("reticulation", "honeycombing")
# The scale's steps in words.
STEPS = ("below 1", "1 to 5", "5 to 25", "25 to 50", "50 to 75", "above 75")
EMPTY = "No lung lies in this zone"


@dataclass(frozen=True, slots=True)
class Place:
    """A zone of a drawing: `value` in % of the zone, `step` 0 to 5 of the scale; both None where not measured."""

    region: str
    name: str
    value: float | None

    @property
    def step(self) -> int | None:
        return None if self.value is None else step(self.value)


@dataclass(frozen=True, slots=True)
class Drawing:
    """One measure in every zone."""

    key: str
    title: str
    places: Mapping[str, Place]
    summary: str


@dataclass(frozen=True, slots=True)
class Line:
    """A zone in numbers, for the table behind the drawings."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Zones:
    drawings: tuple[Drawing, ...]
    columns: tuple[str, ...]
    lines: tuple[Line, ...]


def zones(one: Quantification, measures: Sequence[LobeMeasure]) -> Zones | None:
    """None where this measurement has no zones: those of engines that draw none, and of versions before 0.3.0."""
    found = {measure.region: measure for measure in measures if measure.region in ZONES}
    if not found:
        return None
    drawings = [_drawing("lesion", "Lesion %", {key: zone.lesion_percent for key, zone in found.items()})]
    fibrosis = {key: zone.percent(*FIBROSIS) for key, zone in found.items()}
    if any(value is not None for value in fibrosis.values()):
        drawings.append(_drawing("fibrosis", "Fibrosis %", fibrosis))
    return Zones(
        drawings=tuple(drawings),
        columns=("mL", "Lesion %", *(f"{pattern_name(name)}, %" for name in PATTERNS)),
        lines=tuple(_line(one, found[region]) for region in ZONES if region in found),
    )


def step(percent: float) -> int:
    """Of the scale of lobar severity (guiot2025), by the exact percent.

    >>> [step(p) for p in (0.99, 1, 4.99, 5, 25, 25.1, 50, 75, 75.1)]
    [0, 1, 1, 2, 2, 3, 4, 4, 5]
    """
    return sum((percent >= 1, percent >= 5, percent > 25, percent >= 50, percent > 75))


def _drawing(key: str, title: str, values: Mapping[str, float | None]) -> Drawing:
    places = {region: Place(region, str(Region(region).label), value) for region, value in values.items()}
    return Drawing(key, title, places, _summary(title, places))


def _summary(title: str, places: Mapping[str, Place]) -> str:
    """'Lesion %: most in the left lower zone (31.2 %), least in ... (3.1 %); rind 24.0 %, core 12.1 %.'"""
    known = {region: place.value for region, place in places.items() if place.value is not None}
    thirds = sorted((region for region in known if region not in (Region.RIND, Region.CORE)), key=lambda r: known[r])
    said = []
    if len(thirds) > 1:
        most, least = thirds[-1], thirds[0]
        said.append(f"most in the {_told(places[most])}, least in the {_told(places[least])}")
    depths = [region for region in (Region.RIND, Region.CORE) if region in known]
    if depths:
        said.append(", ".join(f"{region} {decimals(known[region], 1)} %" for region in depths))
    return f"{title}: {'; '.join(said)}." if said else f"{title} was measured in no zone."


def _told(place: Place) -> str:
    return f"{place.name} ({decimals(place.value or 0.0, 1)} %)"


def _line(one: Quantification, zone: LobeMeasure) -> Line:
    by = f"Not measured by {one.engine} {one.engine_version}" if zone.ml else EMPTY
    shares = (zone.lesion_percent, *(zone.percent(name) for name in PATTERNS))
    return Line(
        str(Region(zone.region).label), (number(zone.ml, 0, EMPTY), *(number(share, 1, by) for share in shares))
    )
