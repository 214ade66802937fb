"""The table of what changed since earlier CTs of the same engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ildportal.pages import comparison
from ildportal.pages.cells import listed
from ildportal.pages.changes import Change
from ildportal.pages.comparison import AT_ONE_VOLUME, DENSITIES, GOH, MASS, MEASURES, Measure, Pair
from ildportal.pages.goh import Extent
from ildportal.pages.keys import SEVERITY, bounds, confidence
from quant.models import Quantification
from quant.repeatability import Limits

ONLY_ONE = "Only one of the two CTs has this number"


@dataclass(frozen=True, slots=True)
class Cell:
    """A change, or why there is none."""

    since: date
    change: Change | None
    why: str


@dataclass(frozen=True, slots=True)
class Row:
    """A measure; `now` is its value at the later CT, None where it has none of its own; `beside` how sure it is."""

    key: Measure
    now: float | None
    cells: tuple[Cell, ...]
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """`pairs` share the later CT; `absent` names the measures that it has no number of."""

    pairs: tuple[Pair, ...]
    extents: tuple[Row, ...]
    densities: tuple[Row, ...]
    absent: str

    @property
    def tables(self) -> list[tuple[str, tuple[Row, ...]]]:
        found = (("Extent", self.extents), ("Density", self.densities))
        return [(title, rows) for title, rows in found if rows]

    @property
    def later(self) -> Quantification:
        return self.pairs[0].later

    @property
    def judged(self) -> bool:
        """Whether any of these changes has a limit."""
        return any(one.limit is not None for pair in self.pairs for one in pair.changes.values())


def with_last(
    history: Sequence[Quantification], later: Quantification, extents: Mapping[int, Extent], limits: Limits
) -> Compared | None:
    """Against the last comparable CT before `later`; None without one."""
    return _compared(comparison.comparable(history, later)[-1:], later, extents, limits)


def with_first_and_last(
    history: Sequence[Quantification], later: Quantification, extents: Mapping[int, Extent], limits: Limits
) -> Compared | None:
    """Against the first and the last comparable CT, which may be one."""
    before = comparison.comparable(history, later)
    return _compared(before if len(before) < 2 else [before[0], before[-1]], later, extents, limits)


def _compared(
    earlier: Iterable[Quantification], later: Quantification, extents: Mapping[int, Extent], limits: Limits
) -> Compared | None:
    pairs = tuple(comparison.pair(one, later, extents, limits) for one in earlier)
    if not pairs:
        return None
    values = [(one, _value(later, one.column, extents)) for one in MEASURES]
    extents_now = tuple(_row(pairs, one, value) for one, value in values if value is not None)
    absent = [one.name for one, value in values if value is None and one.column != GOH]
    return Compared(pairs, extents_now, tuple(_densities(pairs, later)), listed(absent))


def _value(later: Quantification, column: str, extents: Mapping[int, Extent]) -> float | None:
    if column == GOH:
        return extents[later.pk].mean if later.pk in extents else None
    value: float | None = getattr(later, column)
    return value


def _row(pairs: Sequence[Pair], measure: Measure, now: float | None) -> Row:
    at_one_volume = measure.column == MASS or measure.column.endswith(AT_ONE_VOLUME)
    cells = [
        Cell(pair.since, pair.changes.get(measure.column), pair.why_not if at_one_volume else ONLY_ONE)
        for pair in pairs
    ]
    return Row(measure, now, tuple(cells), _beside(pairs[0].later, measure.column))


def _beside(later: Quantification, column: str) -> str:
    if column == SEVERITY:
        return f"{'est., ' if later.severity_estimated else ''}{confidence(later)}"
    found = bounds(later, column)
    return f"between {found}" if found else ""


def _densities(pairs: Sequence[Pair], later: Quantification) -> Iterator[Row]:
    """Each as measured, breath included, and at one lung volume; then the mass."""
    for column, name, _, _ in DENSITIES:
        now = getattr(later, column)
        if now is not None:
            plain = Measure(column, f"{name}, as measured", 0, "HU", "HU", up_is_worse=False)
            yield _row(pairs, plain, now)
            yield _row(pairs, plain._replace(column=column + AT_ONE_VOLUME, name=f"{name}, at one lung volume"), None)
    density = comparison.density_of(later)
    if density:
        mass = Measure(MASS, "Mass without air", 0, "g", "g", up_is_worse=False)
        yield _row(pairs, mass, density.mass_g)
