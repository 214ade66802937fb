"""Identifiers are ciphertext at rest and in the history, and can be found, rotated and refused."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import connection
from pytest_django import Settings

from patients import crypto, services
from patients.models import Patient

pytestmark = pytest.mark.django_db


def everything_stored() -> str:
    """All text of all tables, as a thief of the database would read it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = [row[0] for row in cursor.fetchall()]
        rows = []
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            rows += [row[0] for row in cursor.fetchall()]
    return "\n".join(rows)


def test_names_and_numbers_are_nowhere_in_clear() -> None:
    patient = services.create_patient(family_name="Quixotina", given_name="Dulcibella")
    services.add_identifier(patient, "MRN-Hospital", "MRN-90210-7")
    Patient.objects.filter(pk=patient.pk).update(family_name="Zoraidason")
    stored = everything_stored()
    assert patient.code in stored
    for secret in ("Quixotina", "Dulcibella", "MRN-90210-7", "Zoraidason"):
        assert secret not in stored
    patient.refresh_from_db()
    assert (patient.family_name, patient.given_name) == ("Zoraidason", "Dulcibella")
    assert patient.identifiers.get().value_encrypted == "MRN-90210-7"


def test_found_by_issuer_and_number() -> None:
    patient = services.create_patient()
    services.add_identifier(patient, "A", "12")
    assert services.find_patient("A", " 12 ") == patient
    assert services.find_patient("B", "12") is None
    assert services.find_patient("A1", "2") is None
    assert services.add_identifier(patient, "A", "12").patient_id == patient.pk
    with pytest.raises(ValidationError, match="another patient"):
        services.add_identifier(services.create_patient(), "A", "12")


def test_a_new_key_in_front_keeps_old_values_readable(settings: Settings) -> None:
    old = settings.FIELD_KEYS[0]
    patient = services.create_patient(family_name="Rossi")
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), old]
    patient.refresh_from_db()
    assert patient.family_name == "Rossi"
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(ImproperlyConfigured, match="ILDPORTAL_FIELD_KEYS"):
        patient.refresh_from_db()


def test_a_key_that_is_none_says_so(settings: Settings) -> None:
    settings.FIELD_KEYS = ["short"]
    with pytest.raises(ImproperlyConfigured, match="ILDPORTAL_FIELD_KEYS"):
        crypto.encrypt("x")


def test_codes_count_on() -> None:
    services.create_patient(code="ILD-0041")
    services.create_patient(code="ILD-trial-9")
    assert services.create_patient().code == "ILD-0042"
    assert services.create_patient().code == "ILD-0043"
