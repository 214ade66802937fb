"""What cannot be is a 400 that names the field; nothing is stored then, and nothing is ever a 500."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from patients import services
from patients.models import Patient, PulmonaryFunctionTest, Site, Treatment
from tests.api.bodies import CORRECTED, body
from tests.factories import make_patient, make_pft

pytestmark = pytest.mark.django_db
TOMORROW = (timezone.localdate() + timedelta(days=2)).isoformat()
BEFORE_BIRTH, AFTER_DEATH = "1960-01-01", "2025-03-01"


@pytest.fixture
def patient(bern: Site) -> Patient:
    """Born 1966-05-17, died in 2024."""
    return make_patient("SSc-0147", site=bern, death_date="2024-01-01", death_precision="year")


@pytest.mark.parametrize(
    ("resource", "changes", "field"),
    [
        ("pfts", {"fvc_litres": 2.1}, "fvc_litres"),
        ("pfts", {"fev1_l": 2.9}, "fev1_l"),
        ("pfts", {"rv_l": 4.0, "tlc_l": 4.0}, "rv_l"),
        ("pfts", {"frc_l": 4.1, "tlc_l": 4.0}, "frc_l"),
        ("pfts", {"fvc_l": -1}, "fvc_l"),
        ("pfts", {"fvc_l": "NaN"}, "fvc_l"),
        ("pfts", {"fvc_l": 1e300}, "fvc_l"),
        ("pfts", {"fvc_l": True}, "fvc_l"),
        ("pfts", {"height_cm": 1.64}, "height_cm"),
        ("pfts", {"date": TOMORROW}, "date"),
        ("pfts", {"date": BEFORE_BIRTH}, "date"),
        ("pfts", {"date": AFTER_DEATH}, "date"),
        ("pfts", {"date": "06.05.2024"}, "date"),
        ("pfts", {"date": None}, "date"),
        ("pfts", {"hb_date": TOMORROW}, "hb_date"),
        ("pfts", {"dlco": {"value": 12.3, "unit": "mL/min"}}, "dlco.unit"),
        ("pfts", {"dlco": {"value": 12.3}}, "dlco.unit"),
        ("pfts", {"dlco": {"value": 12.3, "unit": "mL/min/mmHg", "hb": 3}}, "dlco.hb"),
        ("pfts", {"dlco": {"value": 12.3, "unit": "mL/min/mmHg"}, "dlco_mmol_min_kpa": 4}, "dlco"),
        ("pfts", {"dlco": {"value": -12.3, "unit": "mL/min/mmHg"}}, "dlco.value"),
        ("pfts", {"dlco_mmol_min_kpa": 4, "dlco_not_done_reason": "refused"}, "dlco_not_done_reason"),
        ("pfts", {"fvc_l": None, "fev1_l": None}, "fvc_l"),
        ("pfts", {"derived": []}, "derived"),
        ("pfts", {"recorded_by": "somebody"}, "recorded_by"),
        ("pfts", {"patient": "SSc-9999"}, "patient"),
        ("pfts", {"laboratory": "a\0b"}, "laboratory"),
        ("observations", {"unit": "ft"}, "unit"),
        ("observations", {"value": None}, "value"),
        ("observations", {"value": "Infinity"}, "value"),
        ("observations", {"date": TOMORROW}, "date"),
        ("observations", {"date": AFTER_DEATH}, "date"),
        ("symptoms", {"mmrc": 5}, "mmrc"),
        ("symptoms", {"dyspnoea": "awful"}, "dyspnoea"),
        ("symptoms", {"date": BEFORE_BIRTH}, "date"),
        ("treatments", {"drug": "aspirin"}, "drug"),
        ("treatments", {"drug": "other"}, "drug_text"),
        ("treatments", {"unit": ""}, "unit"),
        ("treatments", {"dose": 0}, "dose"),
        ("treatments", {"start": TOMORROW}, "start"),
        ("treatments", {"start": AFTER_DEATH}, "start"),
        ("treatments", {"stop": "2024-01-01"}, "stop"),
        ("treatments", {"stop": AFTER_DEATH}, "stop"),
        ("events", {"certainty": ""}, "certainty"),
        ("events", {"type": "death", "certainty": ""}, "type"),
        ("events", {"end_date": "2024-05-01"}, "end_date"),
        ("events", {"date": BEFORE_BIRTH}, "date"),
        ("diagnoses", {"code": "asthma"}, "code"),
        ("diagnoses", {"date": TOMORROW}, "date"),
        ("antibodies", {"titre": 0}, "titre"),
        ("patients", {"code": "two words"}, "code"),
        ("patients", {"code": "SSc-0147"}, "code"),
        ("patients", {"site": "geneva"}, "site"),
        ("patients", {"birth_date": TOMORROW}, "birth_date"),
        ("patients", {"death_date": TOMORROW}, "death_date"),
        ("patients", {"death_date": "1950-01-01"}, "death_date"),
        ("patients", {"death_cause": "pneumonia"}, "death_cause"),
        ("patients", {"smoking": "never"}, "pack_years"),
        ("patients", {"ethnicity_gli": 6}, "ethnicity_gli"),
    ],
)
def test_the_field_is_named(
    owner: APIClient, patient: Patient, geneva: Site, resource: str, changes: dict[str, Any], field: str
) -> None:
    answer = owner.post(f"/api/v1/{resource}/", body(resource, "SSc-0147", **changes))
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert field in [one["field"] for one in problem["errors"]]
    assert field in problem["detail"]
    assert owner.get(f"/api/v1/{resource}/").json()["count"] == (1 if resource == "patients" else 0)


@pytest.mark.parametrize("resource", [name for name in CORRECTED if name != "patients"])
def test_what_cannot_be_is_no_correction_either(owner: APIClient, patient: Patient, resource: str) -> None:
    made = owner.post(f"/api/v1/{resource}/", body(resource, "SSc-0147")).json()
    dated = "start" if resource == "treatments" else "date"
    # A scan may be read when its patient lives no more.
    for day in (TOMORROW, BEFORE_BIRTH, *([] if resource == "ct-assessments" else [AFTER_DEATH])):
        answer = owner.patch(f"/api/v1/{resource}/{made['id']}/", {dated: day})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, dated), day
    assert owner.get(f"/api/v1/{resource}/{made['id']}/").json()[dated] == made[dated]


def test_everything_wrong_is_said_at_once(owner: APIClient, patient: Patient) -> None:
    answer = owner.post("/api/v1/symptoms/", {"patient": "SSc-0147", "date": TOMORROW, "mmrc": 7})
    assert {one["field"] for one in answer.json()["errors"]} == {"date", "mmrc"}


def test_the_same_session_twice(owner: APIClient, patient: Patient) -> None:
    assert owner.post("/api/v1/pfts/", body("pfts", "SSc-0147")).status_code == 201
    answer = owner.post("/api/v1/pfts/", body("pfts", "SSc-0147", fvc_l=2.5))
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [("date", "pft_once")]
    assert owner.post("/api/v1/pfts/", body("pfts", "SSc-0147", bronchodilator="post")).status_code == 201


def test_the_same_drug_twice_at_once(owner: APIClient, patient: Patient) -> None:
    first = owner.post("/api/v1/treatments/", body("treatments", "SSc-0147"))
    again = owner.post("/api/v1/treatments/", body("treatments", "SSc-0147", start="2024-07-01"))
    assert (again.status_code, again.json()["errors"][0]["field"]) == (400, "start")
    assert owner.patch(f"/api/v1/treatments/{first.json()['id']}/", {"stop": "2024-07-01"}).status_code == 200
    assert owner.post("/api/v1/treatments/", body("treatments", "SSc-0147", start="2024-07-01")).status_code == 201


def test_a_race_that_only_the_database_sees(
    owner: APIClient, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two requests may both find the place free; the second one is told like any other."""
    monkeypatch.setattr("patients.services.writing.check", lambda _: None)
    Treatment.objects.create(patient=patient, drug="nintedanib", start="2024-01-01")
    answer = owner.post("/api/v1/treatments/", body("treatments", "SSc-0147"))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "start")
    make_pft(patient, timezone.localdate().replace(year=2024, month=5, day=6))
    answer = owner.post("/api/v1/pfts/", body("pfts", "SSc-0147"))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "date")


def test_a_life_cannot_end_before_a_visit_nor_begin_after_it(owner: APIClient, patient: Patient) -> None:
    living = make_patient("SSc-0148", site=patient.site)
    make_pft(living)
    for field, day in (("death_date", "2023-01-01"), ("birth_date", "2024-04-01"), ("last_seen_alive", "2024-01-01")):
        answer = owner.patch("/api/v1/patients/SSc-0148/", {field: day})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    assert owner.patch("/api/v1/patients/SSc-0148/", {"death_date": "2024-03-04"}).status_code == 200


def test_the_history_of_what_was_refused_is_empty(owner: APIClient, patient: Patient) -> None:
    owner.post("/api/v1/pfts/", body("pfts", "SSc-0147", fev1_l=2.9))
    assert PulmonaryFunctionTest.objects.count() == 0


@pytest.mark.parametrize("sent", [[], "text", 3, None, {"date": {"a": 1}}, {"date": []}, {"patient": {"code": 1}}])
def test_bodies_of_another_shape(owner: APIClient, patient: Patient, sent: Any) -> None:
    answer = owner.post("/api/v1/events/", sent, format="json")
    assert (answer.status_code, answer.json()["status"]) == (400, 400)


def test_every_refusal_has_a_sentence() -> None:
    """Each constraint and trigger of what the API writes is in the table of refusals."""
    from patients.models import Antibody, ClinicalEvent, CTAssessment, Diagnosis, Observation, SymptomAssessment
    from patients.services.refusals import REFUSALS, meaning

    models = (
        Patient, Diagnosis, Antibody, PulmonaryFunctionTest, Observation, SymptomAssessment, Treatment, ClinicalEvent,
        CTAssessment,
    )  # fmt: skip
    silent = []
    for model in models:
        fields = frozenset(field.name for field in model._meta.concrete_fields)
        chosen = {f"{field.name}" for field in model._meta.concrete_fields if field.choices}
        for constraint in model._meta.constraints:
            said_by_field = any(constraint.name.endswith(f"_{name}") for name in chosen)
            if not said_by_field and meaning(constraint.name, fields)[0] not in fields:
                silent.append(constraint.name)
    assert silent == []
    assert all(sentence for _, sentence in REFUSALS.values())


def test_death_is_written_once_and_shown_in_the_course(owner: APIClient, bern: Site) -> None:
    make_patient("SSc-0150", site=bern)
    answer = owner.patch("/api/v1/patients/SSc-0150/", {"death_date": "2024-02-03", "death_cause": "pneumonia"})
    assert answer.status_code == 200
    from patients.selectors import course

    assert [(str(one.date), one.text) for one in course(Patient.objects.get(code="SSc-0150"))] == [
        ("2024-02-03", "pneumonia")
    ]
    with pytest.raises(Exception, match="death"):
        services.record_event(Patient.objects.get(code="SSc-0150"), type="infection", date=timezone.localdate())
