"""A rule over a whole history: every pair of usable visits inside every window, then one verdict.

A window ends on a day on which something was recorded. *Ever met*: some pair inside some window meets the rule with
what that window holds. *At the latest visit*: only pairs that end there. *Confirmed*: where it was met at a visit,
the next visit still shows it against a visit of the window in which it was met.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from patients.progression import sentences
from patients.progression.evidence import Evidence
from patients.progression.history import History
from patients.progression.logic import Truth, any_of, settling
from patients.progression.months import window_start
from patients.progression.period import Period
from patients.progression.rule import Rule
from patients.progression.settings import Settings
from patients.progression.verdict import RULE_SET, Missing, Verdict, state_of
from patients.progression.visits import Pair, Visit, far_enough, pairs, usable

# Criteria that tell of a change without lung function.
SIGNS = ("symptoms", "fibrosis", "radiology")


@dataclass(frozen=True, slots=True)
class Case:
    """The rule on one pair of visits, or on none, inside one window."""

    period: Period
    pair: Pair | None
    evidence: tuple[Evidence, ...]
    truth: Truth

    @property
    def fall(self) -> float:
        """Relative fall of FVC, or of DLCO, to tell the plainest case; minus infinity without a pair."""
        change = (self.pair.fvc() or self.pair.dlco()) if self.pair else None
        return -change.relative if change else float("-inf")


@dataclass(slots=True)
class _Court:
    """A rule and a history, with what is worked out of them once.

    days: every day on which something that the rule reads was recorded.
    """

    rule: Rule
    history: History
    settings: Settings
    visits: tuple[Visit, ...]
    days: list[dt.date] = field(default_factory=list)
    pairs: dict[dt.date, list[Pair]] = field(default_factory=dict)
    read: dict[tuple[dt.date, dt.date], tuple[Evidence, ...]] = field(default_factory=dict)
    nothing: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        self.nothing = tuple(self.rule.of_pair(None, self.settings))
        for pair in pairs(self.visits, self.settings):
            if self.rule.compares(pair, self.settings):
                self.pairs.setdefault(pair.later.date, []).append(pair)
        found = {one.date for one in self.visits}
        if self.rule.of_period(self.period(dt.date.min, dt.date.min)):
            for records in (self.history.symptoms, self.history.readings, self.history.measures):
                found |= {one.date for one in records}
        self.days = sorted(found)

    @property
    def compared(self) -> int:
        """How many pairs lie inside a window."""
        return sum(pair.earlier.date >= self.start(day) for day, found in self.pairs.items() for pair in found)

    def period(self, start: dt.date, end: dt.date, *, at_end: bool = False) -> Period:
        seen = tuple(one.date for one in self.visits if start <= one.date <= end)
        return Period(self.history, seen, self.settings, start, end, at_end)

    def start(self, end: dt.date) -> dt.date:
        return window_start(end, self.settings.window_months, self.settings.tolerance_days)

    def of_pair(self, pair: Pair | None) -> tuple[Evidence, ...]:
        if pair is None:
            return self.nothing
        key = pair.earlier.date, pair.later.date
        if key not in self.read:
            self.read[key] = tuple(self.rule.of_pair(pair, self.settings))
        return self.read[key]

    def cases(self, period: Period, compared: Sequence[Pair]) -> list[Case]:
        """One case a pair; without a pair one case in which lung function is not known."""
        shared = tuple(self.rule.of_period(period))
        return [self._case(period, pair, self.of_pair(pair) + shared) for pair in compared or (None,)]

    def _case(self, period: Period, pair: Pair | None, evidence: tuple[Evidence, ...]) -> Case:
        return Case(period, pair, evidence, self.rule.formula({one.code: one.result for one in evidence}))


def judge(rule: Rule, history: History, settings: Settings | None = None) -> Verdict:
    """The verdict of a rule over a whole history; `settings` default to the rule's own.

    Never raises on missing data: what is missing makes the verdict indeterminate where it could change it. Where
    symptoms are not dated to the day and the answer hangs on it, the caution says so.
    """
    verdict = _verdict(rule, history, settings or rule.settings)
    if not any(one.between for one in history.symptoms):
        return verdict
    moved = [_verdict(rule, _at_end_of(history, end), settings or rule.settings) for end in (0, -1)]
    other = [one for one in moved if (one.state, one.latest) != (verdict.state, verdict.latest)]
    if not other:
        return verdict
    told = f"ever {other[0].state}, at the latest visit {other[0].latest}"
    said = f"Symptoms are dated to the month or year; by another day of that period the answer would be: {told}."
    return replace(verdict, caution=f"{verdict.caution} {said}".strip())


def _at_end_of(history: History, end: int) -> History:
    """With symptoms that are not dated to the day on the first (0) or the last (-1) day that they can be of."""
    moved = [replace(one, date=one.between[end]) if one.between else one for one in history.symptoms]
    return replace(history, symptoms=tuple(moved))


def _verdict(rule: Rule, history: History, chosen: Settings) -> Verdict:
    visits, excluded = usable(history.pfts, chosen)
    court = _Court(rule, history.ordered(), chosen, tuple(visits))
    windows = _windows(court)
    met = [cases for cases in windows if any(case.truth for case in cases)]
    open_or_not = _open_or_not(court, windows)
    truth: Truth = True if met else any_of(case.truth for case in open_or_not)
    decisive = _plainest(case for case in (met[0] if met else open_or_not) if case.truth is truth)
    latest, latest_on = _latest(court) if court.days else (open_or_not, None)
    at_latest = any_of(case.truth for case in latest)
    confirmed, confirmed_on, confirmed_met = _confirmed(court, met) if met else (truth, None, None)
    ending = sentences.Ending(at_latest, confirmed_on, None if confirmed_met == decisive.period.end else confirmed_met)
    return Verdict(
        rule=rule.name,
        version=RULE_SET,
        title=rule.title,
        settings=chosen,
        state=state_of(truth),
        latest=state_of(at_latest),
        confirmed=state_of(confirmed),
        first_met=decisive.period.end if met else None,
        latest_on=latest_on,
        confirmed_on=confirmed_on,
        sentence=sentences.sentence(rule, decisive.evidence, truth, court.compared, decisive.period.end, ending),
        evidence=decisive.evidence,
        latest_evidence=_plainest(case for case in latest if case.truth is at_latest).evidence,
        missing=tuple(_missing(rule, open_or_not)) if truth is None else (),
        excluded=tuple(excluded),
        comparisons=court.compared,
        caution=rule.caution,
        source=rule.source,
    )


def _windows(court: _Court) -> list[list[Case]]:
    """The cases of every window, the earliest end first."""
    found = []
    for end in court.days:
        start = court.start(end)
        found.append(court.cases(court.period(start, end), list(_inside(court, start, end))))
    return found


def _inside(court: _Court, start: dt.date, end: dt.date) -> Iterator[Pair]:
    for day, found in court.pairs.items():
        if day <= end:
            yield from (pair for pair in found if pair.earlier.date >= start)


def _open_or_not(court: _Court, windows: Sequence[list[Case]]) -> list[Case]:
    """The cases that decide between not met and indeterminate.

    Of windows that lie in a longer one only the longer one counts. Where visits can be compared, windows in which
    none can are not held against the patient, unless what got worse in one leaves it open without lung function.
    """
    days, full = court.days, []
    for place, cases in enumerate(windows):
        first = next(day for day in days if day >= cases[0].period.start)
        if place + 1 == len(days) or first < court.start(days[place + 1]):
            full += cases
    counted = [case for case in full if case.pair or _half_told(court, case)]
    return counted or full or court.cases(court.period(dt.date.min, dt.date.min), ())


def _half_told(court: _Court, case: Case) -> bool:
    """A sign of progression is on record, and one that is not could make the rule met beside it."""
    results = {one.code: one.result for one in case.evidence} | {one.code: False for one in court.nothing}
    return any(results.get(sign) for sign in SIGNS) and court.rule.formula(results) is None


def _latest(court: _Court) -> tuple[list[Case], dt.date]:
    """(the cases that count now, their day): those of the last day on record.

    A CT or an assessment after the latest visit can push a visit out of the window: such pairs count as they stood at
    that visit.
    """
    end = court.days[-1]
    now = _standing(court, end)
    compared = [case.pair for case in now if case.pair]
    before = _standing(court, court.visits[-1].date) if court.visits else []
    left = [case for case in before if case.pair and case.pair not in compared]
    if not left:
        return now, end
    return [case for case in now if case.pair or case.truth] + left, end if compared else court.visits[-1].date


def _standing(court: _Court, end: dt.date) -> list[Case]:
    """The cases as things stand on a day: pairs that end at the latest visit with FVC, or with DLCO, up to then."""
    start = court.start(end)
    with_fvc = [one.date for one in court.visits if one.fvc and one.date <= end]
    with_dlco = [one.date for one in court.visits if (one.dlco or one.dlco_hb) and one.date <= end]
    last = {days[-1] for days in (with_fvc, with_dlco) if days}
    compared = [pair for pair in _inside(court, start, end) if pair.later.date in last]
    return court.cases(court.period(start, end, at_end=True), compared)


def _confirmed(court: _Court, met: Sequence[list[Case]]) -> tuple[Truth, dt.date | None, dt.date | None]:
    """(whether the next visit still shows it, that visit, when it had been met); None while no later visit can say."""
    answers: list[Truth] = []
    for cases in met:
        window = cases[0].period
        if not any_of(case.truth for case in _standing(court, window.end)):
            continue
        answer, visit = _next(court, window)
        if answer:
            return True, visit, window.end
        answers.append(answer)
    return (any_of(answers) if answers else None), None, None


def _next(court: _Court, window: Period) -> tuple[Truth, dt.date | None]:
    """The first definite answer of a visit late enough after the window."""
    for visit in court.visits:
        if _later_enough(court, window.end, visit.date):
            answer = _still(court, window, visit)
            if answer is not None:
                return answer, visit.date
    return None, None


def _later_enough(court: _Court, met: dt.date, day: dt.date) -> bool:
    return (day - met).days >= court.settings.shortest_days


def _still(court: _Court, window: Period, visit: Visit) -> Truth:
    """The rule at a later visit, against the visits of the window, which may by then lie further back."""
    compared = [
        pair
        for one in court.visits
        if window.start <= one.date <= window.end
        and far_enough(one.date, visit.date, court.settings)
        and court.rule.compares(pair := Pair(one, visit), court.settings)
    ]
    period = court.period(window.start, visit.date, at_end=True)
    return any_of(case.truth for case in court.cases(period, compared))


def _plainest(cases: Iterable[Case]) -> Case:
    """The one with the largest fall, the latest of equals."""
    return max(cases, key=lambda case: (case.fall, case.period.end))


def _missing(rule: Rule, cases: Sequence[Case]) -> Iterator[Missing]:
    """What could change the answer of any open case, each once, the latest first."""
    said: set[tuple[str, str]] = set()
    for case in reversed(cases):
        if case.truth is not None:
            continue
        by_code = {one.code: one for one in case.evidence}
        for code in settling(rule.formula, {one.code: one.result for one in case.evidence}):
            needs = by_code[code].needs
            if (needs, code) not in said and not any(needs == old for old, _code in said):
                said.add((needs, code))
                yield Missing(code, needs, _day(case.period.start), _day(case.period.end))


def _day(day: dt.date) -> dt.date | None:
    return None if day == dt.date.min else day
