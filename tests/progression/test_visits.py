"""Which visits count, how two compare, and what a month is."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from patients.progression.history import PFT
from patients.progression.months import add_months, window_start
from patients.progression.settings import FvcBasis, Settings
from patients.progression.visits import Pair, pairs, usable
from tests.progression.histories import START, pft

DAY = dt.date
SETTINGS = Settings(window_months=24)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (DAY(2021, 1, 31), 1, DAY(2021, 2, 28)),
        (DAY(2020, 1, 31), 1, DAY(2020, 2, 29)),
        (DAY(2020, 2, 29), 12, DAY(2021, 2, 28)),
        (DAY(2021, 3, 31), -1, DAY(2021, 2, 28)),
        (DAY(2021, 11, 15), 3, DAY(2022, 2, 15)),
        (DAY(2021, 1, 15), -13, DAY(2019, 12, 15)),
    ],
)
def test_months_are_of_the_calendar(day: dt.date, months: int, expected: dt.date) -> None:
    assert add_months(day, months) == expected


def test_a_window_may_have_a_tolerance_or_no_limit() -> None:
    assert window_start(DAY(2022, 5, 10), 12) == DAY(2021, 5, 10)
    assert window_start(DAY(2022, 5, 10), 12, tolerance_days=30) == DAY(2021, 4, 10)
    assert window_start(DAY(2022, 5, 10), None) == dt.date.min


@pytest.mark.parametrize(
    ("change", "code", "reason"),
    [
        ({"bronchodilator": "post"}, "after_bronchodilator", "measured after a bronchodilator"),
        ({"quality_fvc": "D"}, "quality", "quality grade D"),
        ({"quality_fvc": "U"}, "quality", "quality grade U"),
        ({"fvc_percent": -3.0}, "not_positive", "not a positive number"),
        ({"fvc_percent": float("nan")}, "not_positive", "not a positive number"),
        ({"fvc_percent": None}, "no_percent", "no % predicted"),
    ],
)
def test_what_does_not_count_is_named(change: dict[str, object], code: str, reason: str) -> None:
    broken: PFT = replace(pft(START, fvc=80, litres=2.5), **change)  # type: ignore[arg-type]
    _visits, excluded = usable([broken], SETTINGS)
    (one,) = excluded
    assert (one.date, one.measure, one.code, one.reason) == (START, "FVC", code, f"FVC of {START}: {reason}")


@pytest.mark.parametrize("grade", ["", "A", "B", "C"])
def test_good_and_ungraded_manoeuvres_count(grade: str) -> None:
    visits, excluded = usable([replace(pft(START, fvc=80), quality_fvc=grade, bronchodilator="pre")], SETTINGS)
    assert [one.fvc.percent for one in visits if one.fvc] == [80]
    assert not excluded


def test_fvc_and_dlco_are_graded_apart() -> None:
    visits, excluded = usable([replace(pft(START, fvc=80, dlco_hb=60), quality_dlco="F")], SETTINGS)
    assert visits[0].fvc is not None
    assert (visits[0].dlco, visits[0].dlco_hb) == (None, None)
    assert [one.measure for one in excluded] == ["DLCO"]


def test_two_different_fvc_on_one_date_are_a_finding_and_neither_counts() -> None:
    visits, excluded = usable([pft(START, fvc=80, dlco_hb=60), pft(START, fvc=70)], SETTINGS)
    assert visits[0].fvc is None
    assert visits[0].dlco_hb is not None
    assert [(one.code, one.reason) for one in excluded] == [
        ("two_values", f"FVC of {START}: two different values on one date")
    ]


def test_sessions_of_one_date_make_one_visit() -> None:
    after = replace(pft(START, fvc=84), bronchodilator="post")
    visits, _excluded = usable([pft(START, fvc=80), pft(START, dlco_hb=60), pft(START, fvc=80), after], SETTINGS)
    (visit,) = visits
    assert visit.fvc is not None
    assert visit.dlco_hb is not None
    assert (visit.fvc.percent, visit.dlco_hb.percent) == (80, 60)


@pytest.mark.parametrize(("days", "compared"), [(89, 0), (90, 1)])
def test_visits_compared_are_ninety_days_apart(days: int, compared: int) -> None:
    visits, _excluded = usable([pft(START, fvc=80), pft(START + dt.timedelta(days), fvc=70)], SETTINGS)
    assert len(list(pairs(visits, SETTINGS))) == compared


def two(first: PFT, last: PFT) -> Pair:
    visits, _excluded = usable([first, last], SETTINGS)
    return Pair(*visits)


LATER = add_months(START, 12)


def test_values_of_two_equation_sets_are_never_compared() -> None:
    pair = two(pft(START, fvc=80, litres=2.5), replace(pft(LATER, fvc=70, litres=2.2), fvc_set="GLI-2012"))
    assert pair.fvc() is None
    litres = pair.fvc(FvcBasis.LITRES)
    assert litres is not None
    assert litres.relative == pytest.approx(-12)


def test_corrected_dlco_is_never_compared_with_uncorrected() -> None:
    pair = two(pft(START, dlco_hb=60), pft(LATER, dlco=45))
    assert pair.dlco() is None
    plain = pair.dlco(uncorrected=True)
    assert plain is not None
    assert (plain.before, plain.after, plain.basis) == (60, 45, "DLCO, not Hb-corrected % predicted (GLI-2017)")


def test_relative_is_not_absolute() -> None:
    change = two(pft(START, fvc=80), pft(LATER, fvc=75)).fvc()
    assert change is not None
    assert (change.absolute, change.relative) == (-5, -6.25)
