"""A dated fact lies within the life of its patient, and not in the future."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _

from patients.models import DatePrecision, Patient


def last_day(date: dt.date, precision: str) -> dt.date:
    """The last day that a date of day, month or year precision can mean."""
    if precision == DatePrecision.YEAR:
        return date.replace(month=12, day=31)
    if precision == DatePrecision.MONTH:
        following = date.replace(day=28) + dt.timedelta(days=4)
        return following - dt.timedelta(days=following.day)
    return date


def first_day(date: dt.date, precision: str) -> dt.date:
    """The first day that a date of day, month or year precision can mean."""
    if precision == DatePrecision.YEAR:
        return date.replace(month=1, day=1)
    return date.replace(day=1) if precision == DatePrecision.MONTH else date


def middle(date: dt.date, precision: str) -> dt.date:
    """The day that stands for a date of day, month or year precision where one is needed: the middle of its period.

    Of 2021 it is 2021-07-02, of February 2021 2021-02-14; of an even number of days the earlier one.
    """
    first = first_day(date, precision)
    return first + (last_day(date, precision) - first) // 2


def happened(date: dt.date, precision: str) -> tuple[dt.date, dt.date, dt.date]:
    """(first, middle, last day) that something which has happened can be of: none later than today."""
    days = (first_day(date, precision), middle(date, precision), last_day(date, precision))
    first, mean, last = (min(day, timezone.localdate()) for day in days)
    return first, mean, last


def outside_life(patient: Patient, date: dt.date, precision: str = DatePrecision.DAY) -> str:
    """Why nothing of this date can be this patient's; "" when it can."""
    if patient.birth_date and last_day(date, precision) < patient.birth_date:
        return _("lies before the birth of {code}: check the year and the patient").format(code=patient.code)
    if patient.death_date and date > last_day(patient.death_date, patient.death_precision):
        return _("lies after the death of {code}: check the year and the patient").format(code=patient.code)
    return ""


def in_future(date: dt.date) -> str:
    """Why nothing of this date can have happened; "" when it can."""
    return _("lies in the future: check the year") if date > timezone.localdate() else ""
