"""Lung function: sessions on record, with their findings and reference values."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from patients.models import Patient, PulmonaryFunctionTest
from patients.services import writing
from patients.services.derived import derive_all
from patients.services.findings import note, review, settle

# A haemoglobin serves the sessions of 30 days around it; another value of the same date blocks one.
REACH = timedelta(days=30)


@transaction.atomic
def record_pft(patient: Patient, **facts: Any) -> PulmonaryFunctionTest:
    """A lung-function session, units as the field names say.

    A DLCO may come as `dlco_entered` with `dlco_entered_unit`; haemoglobin above 25 is taken as g/L and that noted.
    What is impossible is refused; what is implausible is stored with a finding.
    """
    return _put(PulmonaryFunctionTest(patient=patient, **facts))


@transaction.atomic
def update_pft(pft: PulmonaryFunctionTest, **facts: Any) -> PulmonaryFunctionTest:
    """Correct a session; its findings and reference values, and the findings of its neighbours, follow."""
    was = _days(pft)
    if {"dlco_entered", "dlco_entered_unit"} & facts.keys():
        facts.setdefault("dlco_mmol_min_kpa", None)
    elif "dlco_mmol_min_kpa" in facts:
        # What was entered in another unit is no longer the origin of this value.
        facts |= {"dlco_entered": None, "dlco_entered_unit": ""}
    for name, value in facts.items():
        setattr(pft, name, value)
    return _put(pft, *was)


@transaction.atomic
def remove_pft(pft: PulmonaryFunctionTest) -> None:
    """Take a session out of the record; the history keeps it."""
    pft.delete()
    _follow(pft.patient, *_days(pft))


def _put(pft: PulmonaryFunctionTest, *before: date) -> PulmonaryFunctionTest:
    notes = settle(pft)
    writing.store(pft)
    note(pft, notes)
    _follow(pft.patient, *_days(pft), *before)
    return pft


def _days(pft: PulmonaryFunctionTest) -> tuple[date, ...]:
    """The days of the session and of its haemoglobin, around which other sessions may rest on it."""
    return (pft.date, pft.hb_date) if pft.hb_date else (pft.date,)


def _follow(patient: Patient, *dates: date) -> None:
    """Findings and reference values of the sessions near `dates`, which may rest on what has changed there."""
    review(patient, *dates)
    near = Q()
    for day in dates:
        near |= Q(date__range=(day - REACH, day + REACH))
    derive_all(patient.pfts.filter(near).select_related("patient__site"))
