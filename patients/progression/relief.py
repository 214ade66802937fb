"""RELIEF: a slope of FVC % predicted of -5 per year or steeper (Behr et al., Lancet Respir Med 2021;9:476-86)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from patients.progression.evidence import Evidence, figure
from patients.progression.history import History
from patients.progression.logic import Truth, any_of, finite, reaches
from patients.progression.months import add_months, window_start
from patients.progression.sentences import Ending
from patients.progression.settings import Settings
from patients.progression.verdict import RULE_SET, Missing, Verdict, state_of
from patients.progression.visits import Visit, usable

NAME, TITLE = "RELIEF", "Slope of FVC, RELIEF criterion"
SOURCE = "Behr et al., Lancet Respir Med 2021;9:476-86; protocol BMC Pulm Med 2017;17:122"
SETTINGS = Settings(window_months=24, shortest_months=6)
STEEPEST, MEASUREMENTS = -5.0, 3
SHORTEST_YEARS, LONGEST_YEARS = 0.5, 2.0
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive measurements inside the window and their slope in points of % predicted per year."""

    visits: tuple[Visit, ...]
    slope: float

    @property
    def met(self) -> bool:
        return reaches(-self.slope, -STEEPEST) is True

    @property
    def end(self) -> dt.date:
        return self.visits[-1].date


def slope(years: Sequence[float], values: Sequence[float]) -> float | None:
    """Ordinary least squares, in units of `values` per year; None with fewer than two distinct times.

    Raises:
        ValueError: the two have different lengths.
    """
    if len(years) != len(values):
        raise ValueError("as many values as times are needed")
    if len(set(years)) < 2:
        return None
    middle, mean = sum(years) / len(years), sum(values) / len(values)
    above = sum((t - middle) * (y - mean) for t, y in zip(years, values, strict=True))
    return above / sum((t - middle) ** 2 for t in years)


def measurements(years: Sequence[float], fvc_percent: Sequence[float | None]) -> tuple[Truth, float | None]:
    """(met, slope per year) of FVC % predicted at times in years; (None, None) when it cannot be evaluated.

    Met at -5 per year or steeper, -5 included; needs three measurements over 0.5 to 2 years, both included. A value
    that is None or NaN is no measurement.

    Raises:
        ValueError: the two have different lengths.
    """
    known = [(time, value) for time, one in zip(years, fvc_percent, strict=True) if (value := finite(one)) is not None]
    times = [time for time, _value in known]
    if len(known) < MEASUREMENTS:
        return None, None
    span = max(times) - min(times)
    if not (reaches(span, SHORTEST_YEARS) and reaches(LONGEST_YEARS, span)):
        return None, None
    found = slope(times, [value for _time, value in known])
    return (None, None) if found is None else (reaches(-found, -STEEPEST), found)


def evaluate(history: History, settings: Settings | None = None) -> Verdict:
    """Met when any run of consecutive measurements over 6 to 24 months is as steep; runs that end last are `latest`."""
    chosen = settings or SETTINGS
    visits, excluded = usable(history.pfts, chosen)
    seen = [one for one in visits if one.fvc and one.fvc.percent is not None]
    found = list(_stretches(seen, chosen))
    met = [one for one in found if one.met]
    truth: Truth = any_of(one.met for one in found) if found else None
    last = [one for one in found if one.end == seen[-1].date]
    decisive = min(met, key=lambda one: (one.end, one.slope), default=None) or _steepest(found)
    confirmed, confirmed_on, confirmed_met = _confirmed(found, chosen) if met else (truth, None, None)
    at_latest: Truth = any_of(one.met for one in last) if last else None
    again = None if decisive and confirmed_met == decisive.end else confirmed_met
    return Verdict(
        rule=NAME,
        version=RULE_SET,
        title=TITLE,
        settings=chosen,
        state=state_of(truth),
        latest=state_of(at_latest),
        confirmed=state_of(confirmed),
        first_met=decisive.end if met and decisive else None,
        latest_on=seen[-1].date if seen else None,
        confirmed_on=confirmed_on,
        sentence=_sentence(truth, decisive, len(seen), Ending(at_latest, confirmed_on, again)),
        evidence=_evidence(decisive),
        latest_evidence=_evidence(_steepest(last)),
        missing=(_missing(seen, chosen),) if truth is None else (),
        excluded=tuple(excluded),
        comparisons=len(found),
        source=SOURCE,
    )


def _stretches(visits: Sequence[Visit], settings: Settings) -> Iterator[Stretch]:
    """Every run of consecutive measurements of one equation set over a span inside the window, three far apart."""
    for last in range(len(visits)):
        for first in range(last - MEASUREMENTS + 1, -1, -1):
            start, end = visits[first].date, visits[last].date
            if start < window_start(end, settings.window_months, settings.tolerance_days):
                break
            if start > add_months(end, -settings.shortest_months):
                continue
            alike = _of_one_set(visits[first : last + 1])
            if _apart(alike, settings) >= MEASUREMENTS and alike[0] is visits[first]:
                yield Stretch(alike, _slope(alike))


def _apart(visits: Sequence[Visit], settings: Settings) -> int:
    """How many of them are far enough apart: two measurements of one month are on the slope, and count once."""
    count, last = 0, dt.date.min
    for one in visits:
        if (one.date - last).days >= settings.shortest_days:
            count, last = count + 1, one.date
    return count


def _of_one_set(visits: Sequence[Visit]) -> tuple[Visit, ...]:
    """Those with the equation set of the last one."""
    last = visits[-1].fvc
    return tuple(one for one in visits if last and one.fvc and one.fvc.equation_set == last.equation_set)


def _slope(visits: Sequence[Visit]) -> float:
    years = [(one.date - visits[0].date).days / DAYS_PER_YEAR for one in visits]
    found = slope(years, [one.fvc.percent for one in visits if one.fvc and one.fvc.percent is not None])
    return 0.0 if found is None else found


def _steepest(found: Sequence[Stretch]) -> Stretch | None:
    return min(found, key=lambda one: one.slope, default=None)


def _confirmed(found: Sequence[Stretch], settings: Settings) -> tuple[Truth, dt.date | None, dt.date | None]:
    """(whether the next visit with a run still shows it, that visit, when it had been met); None before one can."""
    standing: dict[dt.date, bool] = {}
    for one in found:
        standing[one.end] = standing.get(one.end, False) or one.met
    answers: list[Truth] = []
    for end in sorted(day for day, met in standing.items() if met):
        later = [day for day in standing if (day - end).days >= settings.shortest_days]
        if later and standing[min(later)]:
            return True, min(later), end
        answers.append(False if later else None)
    return any_of(answers), None, None


def _evidence(stretch: Stretch | None) -> tuple[Evidence, ...]:
    if stretch is None:
        return ()
    first, last = stretch.visits[0], stretch.visits[-1]
    before = first.fvc.percent if first.fvc else None
    after = last.fvc.percent if last.fvc else None
    return (
        Evidence(
            code="fvc_slope",
            criterion="Slope of FVC \u2264 -5 points per year",
            result=stretch.met,
            words=_words(stretch),
            basis=f"FVC % predicted ({last.fvc.equation_set if last.fvc else ''}), least squares",
            since=first.date,
            until=last.date,
            before=before,
            after=after,
            unit="% predicted",
            absolute=None if before is None or after is None else after - before,
            note=f"slope {stretch.slope:.4f} points per year over {len(stretch.visits)} measurements",
        ),
    )


def _words(stretch: Stretch) -> str:
    per_year = figure(stretch.slope, STEEPEST)
    dates = f"{stretch.visits[0].date} to {stretch.end}"
    return f"FVC changed by {per_year} points per year over {len(stretch.visits)} measurements ({dates})"


def _missing(seen: Sequence[Visit], settings: Settings) -> Missing:
    needs = (
        f"three FVC measurements over 6 to 24 months, {settings.shortest_days} days apart, with one equation set"
        f" (usable now: {len(seen)})"
    )
    return Missing("fvc", needs, None, None)


def _sentence(truth: Truth, decisive: Stretch | None, seen: int, ending: Ending) -> str:
    if truth is None or decisive is None:
        return f"{NAME} cannot be evaluated: it needs three FVC measurements over 6 to 24 months; {seen} usable."
    if truth:
        return f"{NAME} criterion met on {decisive.end}: {_words(decisive)}, limit -5; {ending.words}."
    return f"{NAME} not met: at its steepest {_words(decisive)}, limit -5."
