"""CT studies in and out of a patient's record."""

from __future__ import annotations

from django.db import transaction

from patients.models import CTStudy, Patient


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
