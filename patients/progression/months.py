"""Calendar months, as the windows of the rules count them."""

from __future__ import annotations

import calendar
import datetime as dt

DAYS_PER_MONTH = 365.25 / 12


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day of another month, or that month's last day; 31 January and 1 month give 28 or 29 February."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def window_start(end: dt.date, months: int | None, tolerance_days: int = 0) -> dt.date:
    """The first day inside a window of so many calendar months that ends on `end`; None has no limit."""
    if months is None:
        return dt.date.min
    return add_months(end, -months) - dt.timedelta(days=tolerance_days)


def months_between(earlier: dt.date, later: dt.date) -> float:
    """For reading only: days / 30.4375."""
    return (later - earlier).days / DAYS_PER_MONTH
