"""What happens to a patient: events, death, transplant."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction

from patients.models import ClinicalEvent, DatePrecision, Patient


@transaction.atomic
def record_event(patient: Patient, *, type: str, date: date, **facts: Any) -> ClinicalEvent:
    event = ClinicalEvent(patient=patient, type=type, date=date, **facts)
    event.full_clean()
    event.save()
    return event


@transaction.atomic
def record_death(patient: Patient, date: date, *, precision: str = DatePrecision.DAY, cause: str = "") -> Patient:
    patient.death_date, patient.death_precision, patient.death_cause = date, precision, cause
    patient.full_clean()
    patient.save(update_fields=["death_date", "death_precision", "death_cause"])
    return patient


@transaction.atomic
def record_transplant(patient: Patient, date: date) -> Patient:
    patient.transplant_date = date
    patient.full_clean()
    patient.save(update_fields=["transplant_date"])
    return patient
