"""What a client sends: the examples of the schema, with changes."""

from __future__ import annotations

from typing import Any

from ildportal.api import examples
from patients.models import CTStudy, Patient
from quant.models import Quantification
from tests.factories import make_measured_study, make_study

RIGHT, CORRECTED = examples.ENTERED, examples.CORRECTED


def body(resource: str, whose: str, **changes: Any) -> dict[str, Any]:
    """A right body for `resource` about the patient of this code, or about a CT of theirs, with changes."""
    if resource == "scorings":
        numbers = Quantification.objects.filter(series__study__patient__code=whose).first()
        numbers = numbers or make_measured_study(Patient.objects.get(code=whose))
        return {**examples.entered(resource, whose, numbers.pk), **changes}
    if resource != "ct-assessments":
        return {**examples.entered(resource, whose), **changes}
    scan = CTStudy.objects.filter(patient__code=whose).first() or make_study(Patient.objects.get(code=whose))
    return {**examples.entered(resource, whose, scan.pk), **changes}
