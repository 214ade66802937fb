"""The history is written by triggers: bulk updates and raw SQL leave their mark as well, and nobody edits it."""

from __future__ import annotations

from datetime import date

import pghistory
import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from patients import services
from patients.models import Patient
from patients.models.fields import ClinicalRecord

pytestmark = pytest.mark.django_db


def labels(patient: Patient) -> list[tuple[str, str]]:
    events = apps.get_model("patients", "PatientEvent").objects.filter(pgh_obj_id=patient.pk).order_by("pgh_id")
    return [(event.pgh_label, event.smoking) for event in events]


def test_bulk_and_raw_writes_count() -> None:
    patient = services.create_patient(smoking="never")
    Patient.objects.filter(pk=patient.pk).update(smoking="former")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE patients_patient SET smoking = 'current' WHERE id = %s", [patient.pk])
        cursor.execute("DELETE FROM patients_patient WHERE id = %s", [patient.pk])
    assert labels(patient) == [
        ("insert", "never"),
        ("update", "former"),
        ("update", "current"),
        ("delete", "current"),
    ]


def test_who_did_it_goes_with_it() -> None:
    with pghistory.context(user=7, reason="typing error"):
        patient = services.create_patient()
    event = apps.get_model("patients", "PatientEvent").objects.get(pgh_obj_id=patient.pk)
    assert event.pgh_context == {"user": 7, "reason": "typing error"}


def test_history_cannot_be_edited() -> None:
    services.create_patient()
    history = apps.get_model("patients", "PatientEvent").objects.all()
    for change in (lambda: history.update(smoking="current"), history.delete):
        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            change()


# Files of a series, which come and go with it, who measures just now, and what all courses give together, fitted anew
# every night: none of them is a fact about a patient.
NO_FACTS = {"CTInstance", "CohortFit", "Worker"}


def test_every_clinical_table_has_a_history() -> None:
    untracked = [
        model.__name__
        for model in [*apps.get_app_config("patients").get_models(), *apps.get_app_config("quant").get_models()]
        if not hasattr(model, "pgh_tracked_model")
        and (issubclass(model, ClinicalRecord) or model.__name__ not in NO_FACTS)
        and not hasattr(model, "history")
    ]
    assert untracked == []


def test_a_visit_by_trigger_is_history_too() -> None:
    patient = services.create_patient()
    services.record_pft(patient, date=date(2024, 3, 1), fvc_l="2.5")
    assert [label for label, _ in labels(patient)] == ["insert", "update"]
