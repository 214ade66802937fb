"""EUSTAR and RELIEF: what a year or a slope says about a course."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from patients.progression import eustar, relief
from patients.progression.history import History
from tests.progression.histories import START, fvcs, month, pft


@pytest.mark.parametrize(
    ("last", "state"),
    [(85, "improvement"), (84.9, "stable"), (75.1, "stable"), (75, "moderate"), (70, "moderate"), (69.9, "significant"),
     (50, "significant")],
)  # fmt: skip
def test_eustar_categories_of_a_year(last: float, state: str) -> None:
    verdict = eustar.evaluate(History(fvcs(m0=80, m12=last)))
    assert (verdict.state, verdict.latest) == (state, state)
    assert verdict.course == ("major" if last == 50 else state)


@pytest.mark.parametrize(("months", "looked_at"), [(8, 0), (9, 1), (15, 1), (16, 0)])
def test_eustar_looks_at_a_year_give_or_take_three_months(months: int, looked_at: int) -> None:
    verdict = eustar.evaluate(History((pft(START, fvc=80), pft(month(months), fvc=70))))
    assert verdict.comparisons == looked_at
    assert verdict.state == ("moderate" if looked_at else "indeterminate")
    assert verdict.course == "moderate"


def test_eustar_tells_the_worst_year_the_latest_and_the_course_apart() -> None:
    verdict = eustar.evaluate(History(fvcs(m0=90, m12=79, m24=78, m36=69)))
    assert (verdict.state, verdict.latest, verdict.course) == ("significant", "moderate", "major")
    assert (verdict.first_met, verdict.confirmed, verdict.confirmed_on) == (month(12), "met", month(24))


def test_relief_needs_three_measurements() -> None:
    verdict = relief.evaluate(History(fvcs(m0=80, m12=70)))
    assert verdict.state == "indeterminate"
    assert verdict.sentence == (
        "RELIEF cannot be evaluated: it needs three FVC measurements over 6 to 24 months; 2 usable."
    )


@pytest.mark.parametrize(("last", "state"), [(75, "met"), (75.2, "not met")])
def test_relief_is_met_at_five_points_a_year(last: float, state: str) -> None:
    days = [START, START + dt.timedelta(days=365), START + dt.timedelta(days=730)]
    visits = tuple(pft(day, fvc=value) for day, value in zip(days, (85, 80.1, last), strict=True))
    assert relief.evaluate(History(visits)).state == state


def test_relief_finds_the_steep_stretch_of_a_long_course() -> None:
    history = History(fvcs(m0=80, m6=80, m12=80, m18=76, m24=71, m30=71, m36=71, m42=71))
    verdict = relief.evaluate(history)
    assert (verdict.state, verdict.latest, verdict.first_met) == ("met", "not met", month(24))
    assert (verdict.confirmed, verdict.confirmed_on) == ("met", month(30))


def test_relief_never_mixes_equation_sets() -> None:
    visits = [*fvcs(m0=90, m6=80), replace(pft(month(12), fvc=70), fvc_set="GLI-2012")]
    assert relief.evaluate(History(tuple(visits))).state == "indeterminate"
