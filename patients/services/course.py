"""What happens to a patient: what is measured, felt, taken, suffered and found out; death and transplant."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from patients import codes
from patients.models import (
    Antibody,
    ClinicalEvent,
    DatePrecision,
    Diagnosis,
    Observation,
    Patient,
    SymptomAssessment,
    Treatment,
)
from patients.services import writing

Fact = TypeVar("Fact", Observation, SymptomAssessment, Treatment, ClinicalEvent, Diagnosis, Antibody)


@transaction.atomic
def record_observation(patient: Patient, **facts: Any) -> Observation:
    """A measurement by code; one of a shipped code comes in that code's unit."""
    observation = Observation(patient=patient, **facts)
    _check_unit(observation)
    return writing.save(observation)


@transaction.atomic
def record_symptoms(patient: Patient, **facts: Any) -> SymptomAssessment:
    return writing.save(SymptomAssessment(patient=patient, **facts))


@transaction.atomic
def record_treatment(patient: Patient, **facts: Any) -> Treatment:
    """A drug at a dose; a change of dose ends the row before and starts a new one."""
    return writing.save(Treatment(patient=patient, **facts))


@transaction.atomic
def record_event(patient: Patient, *, type: str, date: date, **facts: Any) -> ClinicalEvent:
    return writing.save(ClinicalEvent(patient=patient, type=type, date=date, **facts))


@transaction.atomic
def record_diagnosis(patient: Patient, **facts: Any) -> Diagnosis:
    """What the patient is thought to have from a date on; earlier diagnoses stay on record."""
    return writing.save(Diagnosis(patient=patient, **facts))


@transaction.atomic
def record_antibody(patient: Patient, **facts: Any) -> Antibody:
    return writing.save(Antibody(patient=patient, **facts))


@transaction.atomic
def correct(fact: Fact, **facts: Any) -> Fact:
    """Change what was recorded wrongly; the history keeps what stood there."""
    for name, value in facts.items():
        setattr(fact, name, value)
    if isinstance(fact, Observation):
        _check_unit(fact)
    return writing.save(fact)


@transaction.atomic
def remove(fact: Fact) -> None:
    """Take away what should never have been recorded; the history keeps it."""
    fact.delete()


def _check_unit(observation: Observation) -> None:
    known = codes.BY_CODE.get((observation.system, observation.code))
    if known and observation.value is not None and observation.unit != known.unit:
        wanted = _("in {unit}").format(unit=known.unit) if known.unit else _("without a unit")
        problem = _("is wrong: {name} is recorded {wanted}").format(name=known.name, wanted=wanted)
        raise ValidationError({"unit": [ValidationError(problem, code="wrong_unit")]})


@transaction.atomic
def record_death(patient: Patient, date: date, *, precision: str = DatePrecision.DAY, cause: str = "") -> Patient:
    writing.change(patient, {"death_date": date, "death_precision": precision, "death_cause": cause})
    return patient


@transaction.atomic
def record_transplant(patient: Patient, date: date) -> Patient:
    writing.change(patient, {"transplant_date": date})
    return patient
