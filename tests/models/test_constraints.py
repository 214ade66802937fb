"""What cannot be is refused by PostgreSQL itself: every row here goes in by SQL or bulk, past all Python checks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from patients import services
from patients.models import (
    Antibody,
    ClinicalEvent,
    Consent,
    CTStudy,
    Diagnosis,
    Observation,
    Patient,
    PatientIdentifier,
    PulmonaryFunctionTest,
    SymptomAssessment,
    Treatment,
)

pytestmark = pytest.mark.django_db
DAY = date(2024, 3, 1)
TODAY = timezone.now().date()


@pytest.fixture
def patient() -> Patient:
    return services.create_patient(code="SSc-0147", birth_date=date(1970, 5, 17), sex="F")


def refused(constraint: str, model: type[models.Model], **values: Any) -> None:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        model._default_manager.bulk_create([model(**values)])
    diagnosis = caught.value.__cause__.diag  # type: ignore[union-attr]
    assert diagnosis.constraint_name == constraint


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("pft_height_50_to_250_cm", {"height_cm": "1.75"}),
        ("pft_height_50_to_250_cm", {"height_cm": "251"}),
        ("pft_fvc_l_positive", {"fvc_l": 0}),
        ("pft_dlco_mmol_min_kpa_positive", {"dlco_mmol_min_kpa": -1}),
        ("pft_fev1_not_above_fvc", {"fvc_l": "2.50", "fev1_l": "2.51"}),
        ("pft_rv_below_tlc", {"rv_l": "5.0", "tlc_l": "5.0"}),
        ("pft_frc_below_tlc", {"frc_l": "5.1", "tlc_l": "5.0"}),
        ("pft_haemoglobin_in_g_dl", {"haemoglobin_g_dl": "134"}),
        ("pft_dlco_either_value_or_reason", {"dlco_mmol_min_kpa": 5, "dlco_not_done_reason": "refused"}),
        ("pft_dlco_entered_with_unit", {"dlco_mmol_min_kpa": 5, "dlco_entered": 15}),
        ("pft_not_before_birth", {"date": date(1970, 5, 16)}),
        ("pft_not_in_future", {"date": TODAY + timedelta(days=3)}),
    ],
)
def test_impossible_lung_function(patient: Patient, constraint: str, values: dict[str, Any]) -> None:
    refused(constraint, PulmonaryFunctionTest, patient=patient, **{"date": DAY, **values})


def test_possible_lung_function_is_kept_to_the_bounds(patient: Patient) -> None:
    PulmonaryFunctionTest.objects.bulk_create(
        [
            PulmonaryFunctionTest(patient=patient, date=DAY, height_cm="50", fvc_l="2.5", fev1_l="2.5"),
            PulmonaryFunctionTest(patient=patient, date=date(1970, 5, 17), height_cm="250", rv_l="4.99", tlc_l="5"),
        ]
    )
    assert patient.pfts.count() == 2


def test_one_session_once(patient: Patient) -> None:
    services.record_pft(patient, date=DAY, fvc_l="2.5")
    refused("pft_once", PulmonaryFunctionTest, patient=patient, date=DAY, fvc_l="2.6")


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("patient_code_is_one_word", {"code": "SSc 0001"}),
        ("patient_sex", {"sex": "X"}),
        ("patient_ethnicity_gli_1_to_5", {"ethnicity_gli": 6}),
        ("patient_birth_not_in_future", {"birth_date": TODAY + timedelta(days=1)}),
        ("patient_birth_before_death", {"birth_date": DAY, "death_date": DAY - timedelta(days=1)}),
        ("patient_birth_before_transplant", {"birth_date": DAY, "transplant_date": DAY - timedelta(days=1)}),
        ("patient_death_cause_needs_date", {"death_cause": "pneumonia"}),
        ("patient_never_smoker_without_pack_years", {"smoking": "never", "pack_years": 3}),
        ("patients_patient_code_key", {"code": "SSc-0147"}),
    ],
)
def test_impossible_person(patient: Patient, constraint: str, values: dict[str, Any]) -> None:
    refused(constraint, Patient, **{"code": "SSc-0999", "site": patient.site, **values})


def test_visits_and_life_agree(patient: Patient) -> None:
    services.record_pft(patient, date=DAY, fvc_l="2.5")
    patient.refresh_from_db()
    assert patient.last_seen_alive == DAY
    for constraint, change in (
        ("patient_birth_before_visits", {"birth_date": DAY + timedelta(days=1)}),
        ("patient_death_after_visits", {"death_date": DAY - timedelta(days=1)}),
        ("patient_seen_alive_at_visits", {"last_seen_alive": DAY - timedelta(days=1)}),
    ):
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            Patient.objects.filter(pk=patient.pk).update(**change)
        assert caught.value.__cause__.diag.constraint_name == constraint  # type: ignore[union-attr]


def test_death_known_to_the_year_allows_visits_in_that_year(patient: Patient) -> None:
    services.record_death(patient, date(2024, 1, 1), precision="year")
    services.record_pft(patient, date=DAY, fvc_l="2.5")
    refused("pft_not_after_death", PulmonaryFunctionTest, patient=patient, date=date(2025, 1, 1))
    refused(
        "ctstudy_not_after_death", CTStudy, patient=patient, site=patient.site, study_uid="1", date=date(2025, 1, 2)
    )


def test_a_study_is_linked_or_held(patient: Patient) -> None:
    refused("ctstudy_linked_or_held", CTStudy, site=patient.site, study_uid="1")
    refused("ctstudy_linked_or_held", CTStudy, site=patient.site, study_uid="1", patient=patient, hold_code="conflict")


@pytest.mark.parametrize(
    ("constraint", "model", "values"),
    [
        ("treatment_drug", Treatment, {"drug": "aspirin", "start": DAY}),
        ("treatment_other_named", Treatment, {"drug": "other", "start": DAY}),
        ("treatment_start_before_stop", Treatment, {"drug": "nintedanib", "start": DAY, "stop": date(2024, 2, 1)}),
        ("treatment_dose_with_unit", Treatment, {"drug": "nintedanib", "start": DAY, "dose": 150}),
        ("event_type", ClinicalEvent, {"type": "death", "date": DAY}),
        ("event_exacerbation_certainty", ClinicalEvent, {"type": "acute exacerbation", "date": DAY}),
        ("event_start_before_end", ClinicalEvent, {"type": "infection", "date": DAY, "end_date": date(2024, 1, 1)}),
        ("symptom_mmrc_0_to_4", SymptomAssessment, {"date": DAY, "mmrc": 5}),
        ("observation_says_something", Observation, {"date": DAY, "code": "KL-6"}),
        ("diagnosis_code", Diagnosis, {"code": "asthma", "date": DAY}),
        ("antibody_result", Antibody, {"code": "Ro52", "result": "maybe"}),
        ("consent_trial_named", Consent, {"purpose": "trial", "given": DAY}),
        ("consent_given_before_withdrawn", Consent, {"purpose": "care", "given": DAY, "withdrawn": date(2024, 1, 1)}),
    ],
)
def test_impossible_course(
    patient: Patient, constraint: str, model: type[models.Model], values: dict[str, Any]
) -> None:
    refused(constraint, model, patient=patient, **values)


def test_the_same_drug_does_not_overlap(patient: Patient) -> None:
    Treatment.objects.create(patient=patient, drug="mycophenolate", start=date(2023, 1, 1), stop=date(2024, 1, 1))
    Treatment.objects.create(patient=patient, drug="mycophenolate", start=date(2024, 1, 1))
    Treatment.objects.create(patient=patient, drug="nintedanib", start=date(2023, 6, 1))
    other = services.create_patient(code="SSc-0148")
    Treatment.objects.create(patient=other, drug="mycophenolate", start=date(2023, 6, 1))
    refused("treatment_no_overlap_of_same_drug", Treatment, patient=patient, drug="mycophenolate", start=DAY)


def test_an_identifier_belongs_to_one_patient(patient: Patient) -> None:
    known = services.add_identifier(patient, "MRN", "4711")
    other = services.create_patient(code="SSc-0148")
    refused(
        "identifier_once_per_system",
        PatientIdentifier,
        patient=other,
        system="MRN",
        value_encrypted="4711",
        value_lookup=known.value_lookup,
    )


def test_every_number_names_its_unit() -> None:
    """Numbers carry their unit in the column's name or in its help text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND data_type IN ('double precision', 'numeric') AND table_name NOT LIKE '%%event'"
        )
        columns = {tuple(row) for row in cursor.fetchall()}
    from django.apps import apps

    undocumented = []
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if (model._meta.db_table, field.column) not in columns:
                continue
            named = str(field.column).endswith(("_ml", "_mm", "_hu", "_percent", "_l", "_kg", "_cm", "_years"))
            if not named and not field.help_text and field.column not in {"value", "dose", "titre", "ml"}:
                undocumented.append(f"{model.__name__}.{field.name}")
    assert undocumented == []
