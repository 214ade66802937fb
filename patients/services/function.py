"""Lung function, and the reference values derived from it."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from patients.models import Patient, PulmonaryFunctionTest


@transaction.atomic
def record_pft(patient: Patient, **facts: Any) -> PulmonaryFunctionTest:
    """A lung-function session, units as the field names say."""
    pft = PulmonaryFunctionTest(patient=patient, **facts)
    pft.full_clean()
    pft.save()
    return pft
