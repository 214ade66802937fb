"""What two CTs say of the same thing, and the change between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ildportal.pages import changes, comparison
from ildportal.pages.changes import Change, Point
from ildportal.pages.compare.choice import Side
from ildportal.pages.comparison import GOH, MEASURES, Measure
from ildportal.pages.goh import LEVELS, Extent
from ildportal.pages.keys import missing
from ildportal.pages.levels import WORDS, Card
from ildportal.pages.zones import FIBROSIS
from quant.goh.names import NAMES
from quant.models import LobeMeasure
from quant.models.measures import LOBES, ZONES, Region
from quant.repeatability import Limits

PERCENT = Measure("", "")
NO_SCORE = "This level has no score"
NO_REGION = "Not measured in this region"
NOT_BOTH = "Only one of the two CTs has this number"


@dataclass(frozen=True, slots=True)
class Row:
    """A number of either CT and its change, None where one has none; `why` what a missing number lacks."""

    key: Measure
    before: float | None
    now: float | None
    change: Change | None
    why: tuple[str, str] = (NOT_BOTH, NOT_BOTH)


@dataclass(frozen=True, slots=True)
class LevelRow:
    """One Goh level of both: cards with picture and place, and TOT, GG and RET beside each other."""

    level: int
    name: str
    before: Card | None
    now: Card | None
    scores: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class RegionRow:
    """A lobe or zone: lesion % of it, and fibrosis % where the engine looks for fibrosis."""

    name: str
    parts: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Regions:
    """Rows with the same `parts` each."""

    parts: tuple[str, ...]
    rows: tuple[RegionRow, ...]


def whole(before: Side, now: Side, extents: Mapping[int, Extent], limits: Limits) -> Iterator[Row]:
    """The measures of the whole lungs that either CT has."""
    pair = comparison.pair(before.numbers, now.numbers, extents, limits)
    for measure in MEASURES:
        values = [_value(side, measure.column, extents) for side in (before, now)]
        if values != [None, None]:
            why = tuple(missing(side.numbers, measure.column) for side in (before, now))
            yield Row(measure, values[0], values[1], pair.changes.get(measure.column), (why[0], why[1]))


def levels(before: Side, now: Side, extents: Mapping[int, Extent]) -> Iterator[LevelRow]:
    """The five levels where either CT has scores: the same place in the body, whatever the number of its slice."""
    scored = [extents.get(side.numbers.pk) for side in (before, now)]
    if scored == [None, None]:
        return
    for level in LEVELS:
        cards = [_card(side, level) for side in (before, now)]
        scores = tuple(_score(key, level, (before, now), scored) for key in WORDS)
        yield LevelRow(level, NAMES[level], cards[0], cards[1], scores)


def regions(before: Side, now: Side, found: Mapping[int, list[LobeMeasure]], *, lobes: bool) -> Regions:
    """Lobes, or zones, that either CT has."""
    by_side = [{one.region: one for one in found.get(side.numbers.pk, ())} for side in (before, now)]
    there = [region for region in (LOBES if lobes else ZONES) if any(region in one for one in by_side)]
    every = {name: [[told(one.get(region)) for one in by_side] for region in there] for name, told in PARTS.items()}
    parts = {name: values for name, values in every.items() if any(pair != [None, None] for pair in values)}
    rows = (
        RegionRow(
            str(Region(region).label),
            tuple(_row(PERCENT, (before, now), values[at], NO_REGION) for values in parts.values()),
        )
        for at, region in enumerate(there)
    )
    return Regions(tuple(parts), tuple(rows) if parts else ())


def _lesion(one: LobeMeasure | None) -> float | None:
    return one.lesion_percent if one else None


def _fibrosis(one: LobeMeasure | None) -> float | None:
    return one.percent(*FIBROSIS) if one else None


PARTS = {"Lesion %": _lesion, "Fibrosis %": _fibrosis}


def _value(side: Side, column: str, extents: Mapping[int, Extent]) -> float | None:
    if column == GOH:
        extent = extents.get(side.numbers.pk)
        return extent.mean if extent else None
    value: float | None = getattr(side.numbers, column)
    return value


def _card(side: Side, level: int) -> Card | None:
    strip = side.view.levels
    return next((card for card in strip.cards if card.level == level), None) if strip else None


def _score(key: str, level: int, sides: tuple[Side, Side], scored: list[Extent | None]) -> Row:
    values = [extent.of(key)[level - 1] if extent else None for extent in scored]
    methods = tuple(extent.method if extent else "" for extent in scored)
    return _row(Measure(key, WORDS[key], 0), sides, values, NO_SCORE, (methods[0], methods[1]))


def _row(
    measure: Measure,
    sides: tuple[Side, Side],
    values: list[float | None],
    why: str,
    methods: tuple[str, str] = ("", ""),
) -> Row:
    """No limit of a level, a lobe or a zone is known: their changes are told and never judged."""
    before, now = values
    points = [
        Point(side.day, value, changes.method(side.numbers) + own, not side.numbers.accepted)
        for side, value, own in zip(sides, values, methods, strict=True)
        if value is not None
    ]
    return Row(measure, before, now, changes.between(*points) if len(points) == len(sides) else None, (why, why))
