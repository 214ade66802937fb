"""Patients, their pseudonyms and the numbers by which others know them."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from patients import crypto
from patients.models import Patient, PatientIdentifier, Site
from patients.services import writing
from patients.services.derived import derive_patient

# What the reference equations know of a patient.
REFERENCED = frozenset(("sex", "birth_date", "ethnicity_gli", "site"))
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
    return writing.save(patient)


@transaction.atomic
def update_patient(patient: Patient, **facts: Any) -> Patient:
    """Change facts of a patient; reference values follow where they rest on one of them."""
    if REFERENCED & writing.change(patient, facts):
        derive_patient(patient)
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
