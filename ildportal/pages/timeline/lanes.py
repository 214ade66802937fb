"""What lies on the time axis beside the charts: treatments as bars, events as diamonds, CTs as pictures or marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from ildportal.pages.ct import CTView
from ildportal.pages.numbers import dated, decimals, plain
from patients.life import middle
from patients.models import DatePrecision, Treatment
from patients.models.course import Drug, EventType
from patients.selectors import CourseEvent
from quant.models import Quantification

LONGEST_NAME = 34
THUMBNAIL = "level-2"
# Colour by what the drug does: 1 steroid, 2 immunosuppressant, 3 biologic or cell therapy, 4 antifibrotic.
KINDS = {
    Drug.PREDNISONE: 1,
    Drug.MYCOPHENOLATE: 2, Drug.CYCLOPHOSPHAMIDE: 2, Drug.AZATHIOPRINE: 2, Drug.TACROLIMUS: 2, Drug.METHOTREXATE: 2,
    Drug.RITUXIMAB: 3, Drug.TOCILIZUMAB: 3, Drug.HSCT: 3,
    Drug.NINTEDANIB: 4, Drug.PIRFENIDONE: 4, Drug.NERANDOMILAST: 4,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bar:
    """A treatment at one dose; what is known to the month or year starts and stops in its middle.

    `lane` from 0, one for each drug; `kind` its colour, 0 for any other drug.
    """

    drug: str
    dose: str
    starts: date
    stops: date | None
    lane: int
    kind: int
    told: str


@dataclass(frozen=True, slots=True)
class Diamond:
    """An event: `name` short beside its mark, `told` in full."""

    day: date
    name: str
    told: str


@dataclass(frozen=True, slots=True)
class CTMark:
    """A dated CT; `picture` and `mask` are the addresses of its section at the carina, empty where there is none."""

    day: date
    study: int
    told: str
    picture: str
    mask: str
    flagged: bool
    simulated: bool
    measured: bool
    read: str


def bars(treatments: Sequence[Treatment]) -> list[Bar]:
    """In order of the first start of each drug; the doses of one drug share a lane."""
    ordered = sorted(treatments, key=lambda one: (one.start, one.pk))
    lanes: dict[str, int] = {}
    for one in ordered:
        lanes.setdefault(_drug(one), len(lanes))
    return [_bar(one, lanes[_drug(one)]) for one in ordered]


def diamonds(events: Sequence[CourseEvent]) -> list[Diamond]:
    """Oldest first."""
    return sorted((_diamond(one) for one in events), key=lambda one: one.day)


def marks(views: Sequence[CTView]) -> list[CTMark]:
    """Oldest first; undated CTs have no place on the axis."""
    return [_mark(view, view.row.study.date) for view in reversed(views) if view.row.study.date]


def _drug(one: Treatment) -> str:
    return one.drug_text or str(one.get_drug_display())


def _bar(one: Treatment, lane: int) -> Bar:
    dose = f"{plain(one.dose)} {one.unit}" if one.dose is not None else ""
    until = dated(one.stop, one.stop_precision) if one.stop else "ongoing"
    drug = _drug(one)
    told = f"{drug[:1].upper()}{drug[1:]} {dose}".strip() + f": {dated(one.start, one.start_precision)} to {until}"
    told += _drawn(one.start_precision, one.stop_precision if one.stop else DatePrecision.DAY)
    starts, stops = middle(one.start, one.start_precision), one.stop and middle(one.stop, one.stop_precision)
    return Bar(drug[:1].upper() + drug[1:], dose, starts, stops, lane, KINDS.get(Drug(one.drug), 0), told)


def _diamond(one: CourseEvent) -> Diamond:
    # "Other" says nothing: what was written does.
    name = one.text if one.name == str(EventType.OTHER.label) and one.text else one.name
    about = f": {one.text}" if one.text and one.text != name else ""
    short = _short(name)
    told = f"{dated(one.date, one.precision)} {name}{about}{_drawn(one.precision)}"
    return Diamond(middle(one.date, one.precision), short[:1].upper() + short[1:], told)


def _drawn(*precisions: str) -> str:
    """What to know about the place of a mark whose day is not known."""
    known = [one for one in (DatePrecision.MONTH, DatePrecision.YEAR) if one in precisions]
    return f" (known to the {' or '.join(str(one.label) for one in known)}: drawn in its middle)" if known else ""


def _short(name: str) -> str:
    """What fits beside a mark: first without its explanation in brackets, then cut."""
    if len(name) > LONGEST_NAME:
        name = name.partition(" (")[0]
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1].rstrip()}\u2026"


def _mark(view: CTView, day: date) -> CTMark:
    one = view.row.quantification
    picture, mask = _picture(view, one)
    return CTMark(
        day=day,
        study=view.row.study.pk,
        told=f"CT {dated(day)}: {_told(view)}",
        picture=picture,
        mask=mask,
        flagged=bool(one and not one.accepted),
        simulated=bool(one and one.is_simulated),
        measured=one is not None,
        read=view.said[0].kind if view.said else "",
    )


def _picture(view: CTView, one: Quantification | None) -> tuple[str, str]:
    """Addresses of the grey section and of its mask."""
    if one is None or view.viewer is None or all(shown.name != THUMBNAIL for shown in view.viewer.there):
        return "", ""
    names = (f"{THUMBNAIL}.png", f"{THUMBNAIL}-mask.png")
    grey, mask = (f"{reverse('picture', args=[one.pk, name])}?v={view.viewer.album.version}" for name in names)
    return grey, mask


def _told(view: CTView) -> str:
    readers = [f"{one.assessment.assessor}: {one.word.lower()}" for one in view.said]
    return "; ".join([_numbers(view), *readers])


def _numbers(view: CTView) -> str:
    one = view.row.quantification
    if one is None:
        return f"no numbers ({str(view.row.state.label).lower()})"
    lesion = "no lesion %" if one.lesion_percent is None else f"lesion {decimals(one.lesion_percent, 1)} %"
    notes = ["simulated"] if one.is_simulated else []
    return ", ".join([lesion, *notes, *([] if one.accepted else ["needs review"])])
