"""EUSTAR: categories of change of FVC (Hoffmann-Vold et al., Ann Rheum Dis 2021;80:219-27).

The source does not say whether the change is absolute or relative: the portal takes percentage points of % predicted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from enum import StrEnum

from patients.progression.evidence import Evidence, figure, fvc_points
from patients.progression.history import History
from patients.progression.kernel import absolute_fall
from patients.progression.logic import exceeds, finite, reaches
from patients.progression.months import months_between, window_start
from patients.progression.settings import Settings
from patients.progression.verdict import RULE_SET, Missing, State, Verdict
from patients.progression.visits import Change, Pair, far_enough, usable

NAME, TITLE = "EUSTAR", "Change of FVC in SSc-ILD, EUSTAR categories"
SOURCE = "Hoffmann-Vold et al., Ann Rheum Dis 2021;80:219-27"
SETTINGS = Settings(window_months=15, shortest_months=9)
MODERATE, SIGNIFICANT, MAJOR = 5.0, 10.0, 20.0


class Category(StrEnum):
    IMPROVEMENT = "improvement"
    STABLE = "stable"
    MODERATE = "moderate"
    SIGNIFICANT = "significant"
    MAJOR = "major"


WORST_LAST = tuple(Category)
WORDS = {
    Category.IMPROVEMENT: "improvement (\u2265 5 points up)",
    Category.STABLE: "stable (less than 5 points either way)",
    Category.MODERATE: "moderate decline (5 to 10 points)",
    Category.SIGNIFICANT: "significant decline (more than 10 points)",
    Category.MAJOR: "major decline (more than 20 points)",
}


def two_visits(fvc_before: float | None, fvc_after: float | None, *, whole_course: bool = True) -> Category | None:
    """The category of a change of FVC % predicted, in points; None when a value is missing.

    Improvement >= 5 up; moderate 5 to 10 down, both included; significant above 10; over the whole course major above
    20. At 12 months there is no major category.
    """
    fall = finite(absolute_fall(fvc_before, fvc_after))
    if fall is None:
        return None
    if whole_course and exceeds(fall, MAJOR):
        return Category.MAJOR
    if exceeds(fall, SIGNIFICANT):
        return Category.SIGNIFICANT
    if reaches(fall, MODERATE):
        return Category.MODERATE
    return Category.IMPROVEMENT if reaches(-fall, MODERATE) else Category.STABLE


def evaluate(history: History, settings: Settings | None = None) -> Verdict:
    """Worst category at 12 +- 3 months as `state`, that of the latest visit as `latest`, first to last as `course`.

    All are indeterminate without the visits they need. `first_met` is the visit that first showed `state`, when that
    is a decline; `confirmed` whether a visit at least 90 days later still shows as much, "" when there is no decline.
    """
    chosen = settings or SETTINGS
    visits, excluded = usable(history.pfts, chosen)
    seen = [one for one in visits if one.fvc and one.fvc.percent is not None]
    all_pairs = [Pair(one, two) for place, two in enumerate(seen) for one in seen[:place]]
    changes = [change for pair in all_pairs if (change := pair.fvc())]
    yearly = [one for one in changes if _a_year_apart(one, chosen)]
    state, worst = _worst(yearly)
    now = [one for one in yearly if seen and one.until == seen[-1].date]
    nearest = min(now, key=lambda one: abs(months_between(one.since, one.until) - 12), default=None)
    course = next((one for one in changes if one.since == seen[0].date and one.until == seen[-1].date), None)
    declined = worst is not None and state in WORST_LAST[2:]
    confirmed, confirmed_on = _confirmed(worst, changes, chosen) if worst and declined else ("", None)
    return Verdict(
        rule=NAME,
        version=RULE_SET,
        title=TITLE,
        settings=chosen,
        state=state,
        latest=_category(nearest),
        confirmed=confirmed,
        first_met=worst.until if worst and declined else None,
        latest_on=seen[-1].date if seen else None,
        confirmed_on=confirmed_on,
        sentence=_sentence(state, worst, course),
        evidence=_evidence(worst, all_pairs),
        latest_evidence=_evidence(nearest, all_pairs),
        missing=() if worst else (_missing(),),
        excluded=tuple(excluded),
        comparisons=len(yearly),
        course=_category(course, whole_course=True),
        caution="The source does not say whether its percentages are absolute; points of % predicted are taken.",
        source=SOURCE,
    )


def _a_year_apart(change: Change, settings: Settings) -> bool:
    start = window_start(change.until, settings.window_months, settings.tolerance_days)
    return start <= change.since and far_enough(change.since, change.until, settings)


def _category(change: Change | None, *, whole_course: bool = False) -> str:
    found = two_visits(change.before, change.after, whole_course=whole_course) if change else None
    return found or State.INDETERMINATE


def _worst(yearly: Sequence[Change]) -> tuple[str, Change | None]:
    """(worst category, the first change that shows it)."""
    if not yearly:
        return State.INDETERMINATE, None
    worst = max(WORST_LAST.index(Category(_category(one))) for one in yearly)
    state = WORST_LAST[worst]
    return state, min((one for one in yearly if _category(one) == state), key=lambda one: one.until)


def _confirmed(worst: Change, changes: Iterable[Change], settings: Settings) -> tuple[State, dt.date | None]:
    """At the next visit, against the same earlier one."""
    earliest = worst.until + dt.timedelta(days=settings.shortest_days)
    later = [one for one in changes if one.since == worst.since and one.until >= earliest]
    if not later:
        return State.INDETERMINATE, None
    following = min(later, key=lambda one: one.until)
    severe = exceeds(-worst.absolute, SIGNIFICANT)
    shown = exceeds(-following.absolute, SIGNIFICANT) if severe else reaches(-following.absolute, MODERATE)
    return (State.MET, following.until) if shown else (State.NOT_MET, None)


def _evidence(change: Change | None, found: Iterable[Pair]) -> tuple[Evidence, ...]:
    pair = next((two for two in found if change and two.fvc() == change), None)
    if change is None or pair is None:
        return ()
    return (fvc_points("fvc_moderate", MODERATE, pair), fvc_points("fvc_significant", SIGNIFICANT, pair))


def _missing() -> Missing:
    return Missing(
        "fvc", "FVC % predicted at two usable visits 9 to 15 months apart, with one equation set", None, None
    )


def _sentence(state: str, worst: Change | None, course: Change | None) -> str:
    if worst is None:
        return f"{NAME} cannot be decided: it lacks {_missing().needs}."
    moved = "rose" if worst.absolute > 0 else "fell"
    by = figure(abs(worst.absolute), MODERATE, SIGNIFICANT)
    said = f"{NAME} at 12 months, worst: {WORDS[Category(state)]}; FVC {moved} by {by} points"
    said += f", from {worst.before:.1f} to {worst.after:.1f} % predicted ({worst.since} to {worst.until})"
    if course:
        said += f". Whole course: {WORDS[Category(_category(course, whole_course=True))]}"
        said += f", {figure(course.absolute, *_limits())} points ({course.since} to {course.until})"
    return f"{said}."


def _limits() -> tuple[float, ...]:
    return (MODERATE, -MODERATE, -SIGNIFICANT, -MAJOR)
