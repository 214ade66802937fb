"""The only writers of patient facts. Every function validates, then writes in one transaction.

Errors: django ValidationError with the field named; nothing is written then.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from patients import crypto
from patients.models import (
    ClinicalEvent,
    CTStudy,
    DatePrecision,
    Patient,
    PatientIdentifier,
    PulmonaryFunctionTest,
    Site,
)

_CODES_LOCK = 0x11D_C0DE


def default_site() -> Site:
    """The site that facts belong to when nothing says otherwise."""
    return Site.objects.get_or_create(code="main", defaults={"name": "Main site"})[0]


def next_code() -> str:
    """The next free pseudonym, such as ILD-0042. Call inside the transaction that uses it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CODES_LOCK])
    prefix = settings.PATIENT_CODE_PREFIX
    codes = Patient.objects.filter(code__regex=rf"^{re.escape(prefix)}-[0-9]{{1,9}}$").values_list("code", flat=True)
    return f"{prefix}-{max((int(code.rsplit('-', 1)[1]) for code in codes), default=0) + 1:04d}"


@transaction.atomic
def create_patient(*, code: str = "", site: Site | None = None, **facts: Any) -> Patient:
    """A new patient; `code` is generated when empty."""
    patient = Patient(code=code or next_code(), site=site or default_site(), **facts)
    patient.full_clean()
    patient.save()
    return patient


def find_patient(system: str, value: str) -> Patient | None:
    """Whom the issuing `system` knows by `value`."""
    return Patient.objects.filter(
        identifiers__system=system, identifiers__value_lookup=crypto.lookup(system, value)
    ).first()


@transaction.atomic
def add_identifier(patient: Patient, system: str, value: str) -> PatientIdentifier:
    """Keep an identifier encrypted; the same one twice is the same row, one of another patient is an error."""
    digest = crypto.lookup(system, value)
    known = PatientIdentifier.objects.filter(system=system, value_lookup=digest).first()
    if known and known.patient_id != patient.pk:
        raise ValidationError({"identifier": _("This identifier belongs to another patient.")})
    return known or PatientIdentifier.objects.create(
        patient=patient, system=system, value_encrypted=value.strip(), value_lookup=digest
    )


@transaction.atomic
def record_pft(patient: Patient, **facts: Any) -> PulmonaryFunctionTest:
    """A lung-function session, units as the field names say."""
    pft = PulmonaryFunctionTest(patient=patient, **facts)
    pft.full_clean()
    pft.save()
    return pft


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


@transaction.atomic
def link_study(study: CTStudy, patient: Patient) -> CTStudy:
    """Put a study into a patient's record; the history triggers keep where it stood before."""
    study.patient, study.hold_code, study.hold_reason = patient, "", ""
    study.full_clean()
    study.save(update_fields=["patient", "hold_code", "hold_reason"])
    return study


@transaction.atomic
def hold_study(study: CTStudy, code: str, reason: str) -> CTStudy:
    """Take a study out of any record until a person decides; also undoes `link_study`."""
    study.patient, study.hold_code, study.hold_reason = None, code, reason
    study.full_clean()
    study.save(update_fields=["patient", "hold_code", "hold_reason"])
    return study
