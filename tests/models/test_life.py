"""Dates that are known to the month or the year only."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from patients.life import first_day, happened, last_day, middle


@pytest.mark.parametrize(
    ("date", "precision", "last", "meant"),
    [
        (dt.date(2021, 3, 9), "day", dt.date(2021, 3, 9), dt.date(2021, 3, 9)),
        (dt.date(2021, 2, 1), "month", dt.date(2021, 2, 28), dt.date(2021, 2, 14)),
        (dt.date(2024, 2, 1), "month", dt.date(2024, 2, 29), dt.date(2024, 2, 15)),
        (dt.date(2021, 12, 17), "month", dt.date(2021, 12, 31), dt.date(2021, 12, 16)),
        (dt.date(2021, 1, 1), "year", dt.date(2021, 12, 31), dt.date(2021, 7, 2)),
        (dt.date(2024, 5, 5), "year", dt.date(2024, 12, 31), dt.date(2024, 7, 1)),
    ],
)
def test_a_period_ends_with_its_last_day_and_is_meant_by_its_middle(
    date: dt.date, precision: str, last: dt.date, meant: dt.date
) -> None:
    assert last_day(date, precision) == last
    assert middle(date, precision) == meant
    assert first_day(date, precision) <= meant <= last
    assert happened(date, precision) == (first_day(date, precision), meant, last)


def test_what_has_happened_did_so_by_today() -> None:
    today = timezone.localdate()
    first, mean, last = happened(today, "year")
    assert first == today.replace(month=1, day=1)
    assert first <= mean <= last == today
