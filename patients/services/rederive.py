"""Findings and reference values of many sessions looked for again, with a report of the change: never silently."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from patients import derivation
from patients.models import DerivedValue, FindingKind, Patient, PFTFinding, PulmonaryFunctionTest, Site
from patients.models.function import Measure
from patients.selectors import references
from patients.services.derived import NUMBERS, derive_all
from patients.services.findings import review

AT_ONCE = 2_000
LARGEST = 10
Values = dict[int, dict[str, DerivedValue]]


@dataclass(slots=True)
class Side:
    """What counts of one measure, before or after: how many, their mean % predicted, how many below the limit."""

    count: int = 0
    total_percent: float = 0.0
    below_lln: int = 0

    @property
    def mean_percent(self) -> float | None:
        return self.total_percent / self.count if self.count else None

    def add(self, row: DerivedValue) -> None:
        self.count += 1
        self.total_percent += row.percent_predicted
        self.below_lln += row.z < -1.645


@dataclass(frozen=True, slots=True)
class Change:
    """What counted of a session before and after, in % predicted; None where there is nothing."""

    patient: str
    date: dt.date
    measure: str
    before: float | None
    after: float | None

    @property
    def size(self) -> float:
        return abs((self.after or 0) - (self.before or 0))


@dataclass(slots=True)
class Report:
    """The effect of a recomputation on what pages show: one equation set a measure, by the site's choice."""

    sessions: int = 0
    new: int = 0
    changed: int = 0
    gone: int = 0
    same: int = 0
    findings_before: int = 0
    findings_after: int = 0
    before: dict[str, Side] = field(default_factory=lambda: {name: Side() for name in Measure.values})
    after: dict[str, Side] = field(default_factory=lambda: {name: Side() for name in Measure.values})
    largest: list[Change] = field(default_factory=list)
    without: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        def side(one: Side) -> dict[str, Any]:
            return {"count": one.count, "mean_percent": one.mean_percent, "below_lln": one.below_lln}

        return {
            "schema": "ildportal.derive/1",
            **{name: getattr(self, name) for name in ("sessions", "new", "changed", "gone", "same")},
            "open_findings": {"before": self.findings_before, "after": self.findings_after},
            "measures": {
                name: {"before": side(self.before[name]), "after": side(self.after[name])}
                for name in Measure.values
                if self.before[name].count or self.after[name].count
            },
            "largest": [asdict(one) | {"date": one.date.isoformat()} for one in self.largest],
            "without": dict(self.without.most_common()),
        }


@transaction.atomic
def rederive(
    pfts: QuerySet[PulmonaryFunctionTest],
    *,
    also: Collection[str] = (),
    default: tuple[Site, str] | None = None,
    dry_run: bool = False,
) -> Report:
    """Look for the findings and compute the reference values of sessions again, and say what that changed.

    Args:
        also: further spirometry sets to compute beside those that are there.
        default: a site and the spirometry set that counts there from now on.
        dry_run: report the same and leave everything as it was.
    """
    report = Report()
    counted = _choose(*default) if default else None
    keys = list(pfts.order_by("patient", "date", "pk").values_list("pk", flat=True))
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        sessions = list(PulmonaryFunctionTest.objects.filter(pk__in=some).select_related("patient__site"))
        before, stored = references(sessions, counted), _numbers(some)
        report.findings_before += _open(some)
        _review(sessions)
        report.findings_after += _open(some)
        derive_all(sessions, also)
        _count(report, stored, _numbers(some))
        _compare(report, sessions, before, references(sessions))
    transaction.set_rollback(dry_run)
    return report


def _review(sessions: list[PulmonaryFunctionTest]) -> None:
    dates: dict[Patient, list[dt.date]] = defaultdict(list)
    for pft in sessions:
        dates[pft.patient].append(pft.date)
    for patient, days in dates.items():
        review(patient, *days)


def _open(keys: Collection[int]) -> int:
    return PFTFinding.objects.filter(pft__in=keys, accepted_at=None).exclude(kind=FindingKind.NOTE).count()


def _choose(site: Site, spirometry: str) -> str:
    """Let a site compare spirometry with another set; returns the one that counted until now."""
    before, site.spirometry_set = site.spirometry_set, spirometry
    site.full_clean()
    site.save(update_fields=["spirometry_set"])
    return before


def _numbers(keys: Collection[int]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    rows = DerivedValue.objects.filter(pft__in=keys).values_list("pft_id", "measure", "equation_set", *NUMBERS)
    return {row[:3]: row[3:] for row in rows}


def _count(report: Report, stored: dict[Any, Any], now: dict[Any, Any]) -> None:
    both = stored.keys() & now.keys()
    same = sum(stored[key] == now[key] for key in both)
    report.same += same
    report.changed += len(both) - same
    report.new += len(now.keys() - stored.keys())
    report.gone += len(stored.keys() - now.keys())


def _compare(report: Report, sessions: list[PulmonaryFunctionTest], before: Values, after: Values) -> None:
    """What pages showed and what they show now."""
    report.sessions += len(sessions)
    for rows, sides in ((before, report.before), (after, report.after)):
        for row in (row for by_measure in rows.values() for row in by_measure.values()):
            sides[row.measure].add(row)
    changes = [change for pft in sessions for change in _changes(pft, before[pft.pk], after[pft.pk])]
    report.largest = sorted([*report.largest, *changes], key=lambda one: -one.size)[:LARGEST]
    held = derivation.held([pft.pk for pft in sessions])
    for result in derivation.compute(sessions, held):
        report.without.update(f"{one.measure}: {one.code}" for one in result.refusals)


def _changes(
    pft: PulmonaryFunctionTest, old: dict[str, DerivedValue], new: dict[str, DerivedValue]
) -> Iterator[Change]:
    for measure in sorted(old.keys() | new.keys()):
        was, now = ((rows[measure].percent_predicted if measure in rows else None) for rows in (old, new))
        if was != now:
            yield Change(pft.patient.code, pft.date, measure, was, now)
