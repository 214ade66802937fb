"""The strip of the five Goh levels of a CT: slice with overlay, scores, and how sure the place is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from ildportal.pages import heat
from ildportal.pages.goh import LEVELS, Extent
from ildportal.pages.numbers import decimals
from ildportal.pages.pictures import Viewer
from quant.album import Picture
from quant.engine.codes import Number as Kind
from quant.goh import shelf
from quant.goh.names import NAMES
from quant.models import LevelScore, Quantification, Scoring, State

WORDS = {"tot": "TOT", "gg": "GG", "ret": "RET"}
OUTSIDE = "This level lies outside the scan, or its landmark was not found"
NO_LUNG = "There is no lung in the slice of this level"
NOT_SCORED = "Not scored: its engine does not look for every pattern"


@dataclass(frozen=True, slots=True)
class Part:
    """One score of a level in % of the lung area; `limits` of it in words, `why` it is missing."""

    key: str
    name: str
    value: float | None
    limits: str
    why: str

    @property
    def drawn(self) -> str:
        """Length of its bar, of 100."""
        return f"{self.value or 0:.1f}"


@dataclass(frozen=True, slots=True)
class Beside:
    """What another source says of the same level; `confidence` is that of its scores."""

    source: str
    parts: tuple[Part, ...]
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Card:
    """One level; `before`: its TOT on the CT before, where that was scored the same way.

    basis: of its place: seen, estimated or network. others: what other sources say, in the order of the extent's.
    """

    level: int
    name: str
    picture: Picture | None
    parts: tuple[Part, ...]
    position_mm: float | None
    confidence: float | None
    basis: str
    before: float | None
    others: tuple[Beside, ...] = ()


@dataclass(frozen=True, slots=True)
class Strip:
    """The five levels of one CT by the source that counts; `doubtful`: the flags that touch these scores.

    jobs: scorings by networks that wait, work or failed. models: networks to score it again with. heat: maps of the
    network whose scores are shown, or why there are none.
    """

    extent: Extent
    cards: tuple[Card, ...]
    version: str
    doubtful: str
    before_on: date | None = None
    jobs: tuple[Scoring, ...] = ()
    models: tuple[shelf.Known, ...] = ()
    heat: heat.Shown | None = None

    @property
    def busy(self) -> bool:
        """Whether a network is about to score it."""
        return any(job.state in {State.QUEUED, State.RUNNING} for job in self.jobs)

    @property
    def drawn(self) -> bool:
        """Whether any level has a picture."""
        return any(card.picture for card in self.cards)

    @property
    def mean_gg(self) -> float | None:
        return self.extent.mean_of("gg")

    @property
    def mean_ret(self) -> float | None:
        return self.extent.mean_of("ret")

    @property
    def missing(self) -> str:
        """Which levels have no TOT, for the extent that is not given."""
        without = [str(card.level) for card in self.cards if card.parts[0].value is None]
        return f"Not given: no TOT of level {', '.join(without)}" if without else ""


def strip(
    one: Quantification,
    extent: Extent | None,
    viewer: Viewer | None,
    doubts: Mapping[Kind, str],
    earlier: tuple[Quantification, Extent | None] | None = None,
) -> Strip | None:
    """None where nothing was scored. `earlier`: the CT that `one` is compared with, and its scores."""
    if extent is None:
        return None
    before, day = None, None
    if earlier and earlier[1] and earlier[1].method == extent.method:
        before, day = earlier[1], earlier[0].series.study.date
    drawn = {picture.level: picture for picture in viewer.there if picture.level} if viewer else {}
    cards = tuple(_card(level, extent, before, drawn.get(level)) for level in LEVELS)
    version = viewer.album.version if viewer else ""
    return Strip(extent, cards, version, doubts.get("goh", ""), day, heat=heat.shown(one, extent))


def _card(level: int, extent: Extent, before: Extent | None, picture: Picture | None) -> Card:
    row = extent.scores[level - 1]
    return Card(
        level=level,
        name=NAMES[level],
        picture=_same_slice(picture, row),
        parts=tuple(_parts(row)),
        position_mm=row.position_mm if row else None,
        confidence=row.confidence if row else None,
        basis=(picture.basis or "") if picture else "",
        before=before.levels[level - 1] if before else None,
        others=tuple(_beside(other, other.scores[level - 1]) for other in extent.others),
    )


def _beside(other: Extent, row: LevelScore | None) -> Beside:
    return Beside(other.short, tuple(_parts(row)), row.confidence if row else None)


def _same_slice(picture: Picture | None, row: LevelScore | None) -> Picture | None:
    """A picture of another slice than the scored one is not shown beside its scores."""
    return picture if picture and row and row.slice == picture.slice else None


def _parts(row: LevelScore | None) -> Iterator[Part]:
    for key, name in WORDS.items():
        value = getattr(row, key, None)
        yield Part(key, name, value, "" if value is None else _limits(row, key), "" if value is not None else _why(row))


def _limits(row: LevelScore | None, key: str) -> str:
    low, high = (getattr(row, f"{key}_{end}", None) for end in ("low", "high"))
    return f"{decimals(low, 0)}\u2013{decimals(high, 0)}" if low is not None and high is not None else ""


def _why(row: LevelScore | None) -> str:
    if row is None or row.slice is None:
        return OUTSIDE
    return NO_LUNG if row.tot is None and row.gg is None and row.ret is None else NOT_SCORED
