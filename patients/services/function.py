"""Lung function: sessions on record."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from patients.models import Patient, PulmonaryFunctionTest
from patients.services.derived import derive


@transaction.atomic
def record_pft(patient: Patient, **facts: Any) -> PulmonaryFunctionTest:
    """A lung-function session, units as the field names say, and its reference values."""
    pft = PulmonaryFunctionTest(patient=patient, **facts)
    pft.full_clean()
    pft.save()
    derive(pft)
    return pft
