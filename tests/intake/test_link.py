"""Whose scan is it? Matching, conflicts, and scans without a name."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pydicom.uid import generate_uid

from patients import services
from patients.models import CTSeries, CTStudy, HoldCode, Patient
from tests.intake.conftest import Answer, Ask
from tests.phantom import write_series

pytestmark = pytest.mark.django_db


@pytest.fixture
def scan(ask: Ask, tmp_path: Path) -> Any:
    """scan(patient_id=..., sex=..., options=[...]) imports a new study so described."""

    def run(*options: str, **header: Any) -> Answer:
        folder = tmp_path / generate_uid()
        write_series(folder, slices=3, size=8, study_uid=generate_uid(), **header)
        return ask("import_dicom", folder, *options)

    return run


def test_two_scans_with_one_patient_id_are_one_patient(scan: Any) -> None:
    scan(patient_id="A1")
    answer = scan(patient_id="A1", study_date="20240601")
    assert answer.code == 0
    assert Patient.objects.get().ct_studies.count() == 2


def test_the_same_number_from_another_issuer_is_another_patient(scan: Any) -> None:
    scan(patient_id="A1", IssuerOfPatientID="Liège")
    scan(patient_id="A1", IssuerOfPatientID="Gent")
    assert Patient.objects.count() == 2


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"sex": "M"}, "Sex differs from ILD-0001's."),
        ({"birth_date": "19610101"}, "Birth date differs from ILD-0001's."),
        ({"sex": "M", "birth_date": "19610101"}, "Sex and birth date differ from ILD-0001's."),
    ],
)
def test_a_match_that_contradicts_the_record_is_held(scan: Any, header: dict[str, str], reason: str) -> None:
    scan(patient_id="A1")
    answer = scan(patient_id="A1", **header)
    assert answer.code == 0
    study = CTStudy.objects.get(patient=None)
    assert (study.hold_code, study.hold_reason) == (HoldCode.CONFLICT, reason)
    assert reason in answer.out
    assert study.series.get().instances.count() == 3
    assert '"patient_id": "A1"' in study.held_identity


@pytest.mark.parametrize("header", [{"sex": ""}, {"sex": "O"}, {"birth_date": ""}])
def test_what_the_headers_leave_out_contradicts_nothing(scan: Any, header: dict[str, str]) -> None:
    scan(patient_id="A1")
    scan(patient_id="A1", **header)
    assert Patient.objects.get().ct_studies.count() == 2


def test_a_later_scan_fills_in_what_the_first_left_out_so_that_a_third_can_be_checked(scan: Any) -> None:
    scan(patient_id="A1", sex="", birth_date="")
    scan(patient_id="A1", sex="F", birth_date="19600101")
    scan(patient_id="A1", sex="F", birth_date="19700101")
    patient = Patient.objects.get()
    assert (patient.sex, patient.birth_date) == ("F", dt.date(1960, 1, 1))
    assert CTStudy.objects.get(patient=None).hold_code == HoldCode.CONFLICT


def test_without_patient_id_a_scan_is_held_until_a_person_says_whose_it_is(ask: Ask, scan: Any, tmp_path: Path) -> None:
    patient = services.create_patient(code="SSc-0147")
    folder = tmp_path / "anonymous"
    write_series(folder, slices=3, size=8, patient_id="")
    ask("import_dicom", folder)
    study = CTStudy.objects.get()
    assert (study.patient, study.hold_code) == (None, HoldCode.NO_PATIENT_ID)
    answer = ask("import_dicom", folder, "--patient", "SSc-0147", "--json")
    assert answer.document["summary"]["new"] == 0
    assert answer.document["studies"][0]["patient"] == "SSc-0147"
    study.refresh_from_db()
    assert (study.patient, study.hold_code) == (patient, "")


@pytest.mark.parametrize("placeholder", ["ANONYMOUS", "anon", "Anonymized", "0000", "UNKNOWN"])
def test_a_placeholder_is_nobodys_number(scan: Any, placeholder: str) -> None:
    scan(patient_id=placeholder)
    assert CTStudy.objects.get().hold_code == HoldCode.NO_PATIENT_ID
    assert not Patient.objects.exists()


def test_a_named_patient_takes_over_an_unknown_number(scan: Any) -> None:
    services.create_patient(code="SSc-0147")
    scan("--patient", "SSc-0147", patient_id="A1")
    scan(patient_id="A1", study_date="20240601")
    assert Patient.objects.get().ct_studies.count() == 2


def test_a_named_patient_does_not_override_whose_number_it_is(scan: Any) -> None:
    scan(patient_id="A1")
    services.create_patient(code="SSc-0147")
    scan("--patient", "SSc-0147", patient_id="A1")
    held = CTStudy.objects.get(patient=None)
    assert held.hold_reason == "Its PatientID is that of ILD-0001, not of SSc-0147."


def test_a_study_in_one_record_is_not_moved_by_importing_it_for_another(ask: Ask, tmp_path: Path) -> None:
    services.create_patient(code="SSc-0147")
    write_series(tmp_path / "in", slices=3, size=8)
    ask("import_dicom", tmp_path / "in")
    answer = ask("import_dicom", tmp_path / "in", "--patient", "SSc-0147")
    assert answer.code == 2
    assert "in the record of ILD-0001 already, not of SSc-0147" in answer.out
    assert CTStudy.objects.get().patient == Patient.objects.get(code="ILD-0001")


def test_an_unknown_code_stops_the_import(scan: Any) -> None:
    answer = scan("--patient", "SSc-9999")
    assert (answer.code, answer.error) == (2, "--patient SSc-9999: no patient has this code; nothing was imported")
    assert not CTStudy.objects.exists()


@pytest.mark.parametrize(
    ("date", "reason"),
    [
        ("19500101", "The scan is dated before the birth of ILD-0001."),
        ("20230202", "The scan is dated after the death of ILD-0001."),
    ],
)
def test_a_scan_outside_the_life_of_its_patient_is_held(scan: Any, date: str, reason: str) -> None:
    scan(patient_id="A1", study_date="20200101")
    services.record_death(Patient.objects.get(), dt.date(2023, 1, 1), precision="month")
    scan(patient_id="A1", study_date="20230131")
    assert Patient.objects.get().ct_studies.count() == 2
    scan(patient_id="A1", study_date=date)
    held = CTStudy.objects.get(patient=None)
    assert (held.hold_code, held.hold_reason) == (HoldCode.OUTSIDE_LIFE, reason)


def test_a_study_whose_slices_name_two_patients_is_held(ask: Ask, tmp_path: Path) -> None:
    study = generate_uid()
    for number, patient in enumerate(("A1", "B2")):
        write_series(
            tmp_path / patient,
            slices=3,
            size=8,
            patient_id=patient,
            study_uid=study,
            SeriesNumber=number,
        )
    ask("import_dicom", tmp_path)
    assert CTStudy.objects.get().hold_reason == "The slices of this study name different patients."
    assert not Patient.objects.exists()
    assert ask("import_dicom", tmp_path, "--json").document["summary"]["known"] == 6


def test_late_slices_that_name_another_patient_are_refused(ask: Ask, tmp_path: Path) -> None:
    study = generate_uid()
    for patient in ("A1", "B2"):
        write_series(tmp_path / patient, slices=3, size=8, patient_id=patient, study_uid=study)
    ask("import_dicom", tmp_path / "A1")
    answer = ask("import_dicom", tmp_path / "B2")
    assert answer.code == 2
    assert answer.out.count("(other_patient)") == 3
    assert CTSeries.objects.count() == 1


def test_identifiers_and_names_are_stored_encrypted_only(scan: Any) -> None:
    scan(patient_id="SECRET-77")
    with connection.cursor() as cursor:
        for table in ("patients_patient", "patients_patientidentifier", "patients_ctstudy", "patients_ctseries"):
            cursor.execute(f"SELECT string_agg(t::text, '') FROM {table} t")
            assert "SECRET-77" not in cursor.fetchone()[0]
