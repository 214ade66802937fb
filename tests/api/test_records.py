"""What comes back is what was sent, with what the portal makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from patients.models import Patient, PulmonaryFunctionTest, Site
from tests.api.bodies import CORRECTED, RIGHT, body
from tests.factories import make_measured_study, make_patient, make_quantification, make_series, make_site, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(bern: Site) -> Patient:
    return make_patient("SSc-0147", site=bern)


@pytest.mark.parametrize("resource", RIGHT)
def test_what_is_sent_is_read_back_and_kept_in_the_history(owner: APIClient, patient: Patient, resource: str) -> None:
    answer = owner.post(f"/api/v1/{resource}/", body(resource, "SSc-0147"))
    made = answer.json()
    assert {name: made[name] for name in RIGHT[resource]} == RIGHT[resource]
    key = made["code"] if resource == "patients" else made["id"]
    assert owner.get(f"/api/v1/{resource}/{key}/").json() == made


@pytest.mark.parametrize("resource", [name for name in CORRECTED if name != "patients"])
def test_what_was_read_may_be_sent_back(owner: APIClient, patient: Patient, resource: str) -> None:
    made = owner.post(f"/api/v1/{resource}/", body(resource, "SSc-0147")).json()
    again = owner.patch(f"/api/v1/{resource}/{made['id']}/", {**made, "dlco": None} if resource == "pfts" else made)
    assert again.status_code == 200, again.content
    assert again.json() == made


def session(client: APIClient, **changes: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/pfts/", body("pfts", "SSc-0147", **changes))
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_dlco_in_either_unit(owner: APIClient, patient: Patient) -> None:
    reported = {"value": 11.948, "unit": "mL/min/mmHg"}
    made = session(owner, dlco=reported)
    assert (made["dlco_mmol_min_kpa"], made["dlco"]) == (4.0, reported)
    path = f"/api/v1/pfts/{made['id']}/"
    corrected = owner.patch(path, {"dlco_mmol_min_kpa": 4.2}).json()
    assert (corrected["dlco_mmol_min_kpa"], corrected["dlco"]) == (4.2, {"value": 4.2, "unit": "mmol/min/kPa"})
    row = PulmonaryFunctionTest.objects.get()
    assert (row.dlco_entered, row.dlco_entered_unit) == (None, ""), "the reported value went with its correction"
    si = owner.patch(path, {"dlco": {"value": 5, "unit": "mmol/min/kPa"}}).json()
    assert si["dlco_mmol_min_kpa"] == 5
    assert owner.patch(path, {"fvc_l": 2.4}).json()["dlco_mmol_min_kpa"] == 5, "other corrections leave it alone"
    assert owner.patch(path, {"dlco": None}).json()["dlco_mmol_min_kpa"] is None


def test_a_session_carries_its_reference_values(owner: APIClient, patient: Patient) -> None:
    made = session(owner)
    fvc = next(one for one in made["derived"] if one["measure"] == "FVC")
    assert fvc["equation_set"] == "GLI-Global-2022"
    assert fvc["percent_predicted"] == pytest.approx(100 * 2.31 / fvc["predicted"])
    assert fvc["lln"] < fvc["predicted"] < fvc["uln"]
    corrected = owner.patch(f"/api/v1/pfts/{made['id']}/", {"fvc_l": 2.41}).json()
    after = next(one for one in corrected["derived"] if one["measure"] == "FVC")
    assert after["percent_predicted"] > fvc["percent_predicted"]


def test_the_ratio_follows_from_the_volumes(owner: APIClient, patient: Patient) -> None:
    assert session(owner, fvc_l=2.0, fev1_l=1.5)["fev1_fvc_percent"] == 75
    alone = session(owner, date="2024-06-06", fvc_l=None, fev1_l=None, fev1_fvc_percent=81.5)
    assert alone["fev1_fvc_percent"] == 81.5


def test_the_unusual_is_stored_and_said(owner: APIClient, patient: Patient) -> None:
    made = session(owner, fvc_l=9.0)
    assert [(one["field"], one["kind"], one["accepted"]) for one in made["findings"]] == [
        ("fvc_l", "implausible", False)
    ]
    seen = owner.post("/api/v1/observations/", body("observations", "SSc-0147", value=1400)).json()
    assert seen["finding"] == "unusual: 0 to 1000 m is expected"


def test_numbers_are_rounded_as_in_imported_files(owner: APIClient, patient: Patient) -> None:
    assert session(owner, fvc_l=2.3104999)["fvc_l"] == 2.31


def test_corrections_and_removals_stay_in_the_history(owner: APIClient, patient: Patient) -> None:
    made = session(owner)
    owner.patch(f"/api/v1/pfts/{made['id']}/", {"fvc_l": 2.41})
    assert owner.delete(f"/api/v1/pfts/{made['id']}/").status_code == 204
    from patients.models.function import PulmonaryFunctionTest as Session

    events = Session.pgh_event_models["insert"].objects.filter(pgh_obj_id=made["id"]).order_by("pgh_id")  # type: ignore[attr-defined]
    assert [(one.pgh_label, str(one.fvc_l)) for one in events] == [
        ("insert", "2.310"), ("update", "2.410"), ("delete", "2.410"),
    ]  # fmt: skip


def test_a_month_is_a_date_too(owner: APIClient, patient: Patient) -> None:
    owner.patch("/api/v1/patients/SSc-0147/", {"birth_date": "1966-05-17"})
    first = body("events", "SSc-0147", date="1966-05-01", date_precision="month")
    assert owner.post("/api/v1/events/", first).status_code == 201, "May 1966 holds days after the birth"
    assert owner.post("/api/v1/events/", {**first, "date_precision": "day"}).status_code == 400


def test_a_patient_gets_a_code_and_the_only_site(owner: APIClient, member: Any) -> None:
    made = owner.post("/api/v1/patients/", {}).json()
    assert (made["code"], made["site"]) == ("ILD-0001", "bern")
    from ildportal.models import Membership

    Membership.objects.create(user=member, site=make_site("basel", "Basel"))
    answer = owner.post("/api/v1/patients/", {})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "site")
    assert owner.post("/api/v1/patients/", {"site": "basel"}).json()["site"] == "basel"


def test_a_code_stays(owner: APIClient, patient: Patient) -> None:
    assert owner.patch("/api/v1/patients/SSc-0147/", {"code": "SSc-0148"}).status_code == 400
    assert owner.patch("/api/v1/patients/SSc-0147/", {"code": "SSc-0147"}).status_code == 200


@pytest.mark.parametrize("code", ["DM/12", "Müller-1", "50%25", "a?b", "<b>x</b>"])
def test_any_code_has_an_address(owner: APIClient, bern: Site, code: str) -> None:
    from urllib.parse import quote

    make_patient(code, site=bern)
    assert owner.get(f"/api/v1/patients/{quote(code, safe='')}/").json()["code"] == code


def test_names_and_identifiers_stay_inside(owner: APIClient, bern: Site) -> None:
    patient = make_patient("SSc-0001", site=bern, family_name="Muster", given_name="Erika")
    make_quantification(make_series(make_study(patient, accession="A-77")))
    for resource in ("patients", "studies", "quantifications", "runs"):
        content = owner.get(f"/api/v1/{resource}/").content
        assert b"Muster" not in content
        assert b"A-77" not in content
    answer = owner.patch("/api/v1/patients/SSc-0001/", {"family_name": "Beispiel"})
    assert answer.json()["errors"][0] == {
        "field": "family_name", "detail": "is not a field of this resource.", "code": "unknown",
    }  # fmt: skip


def test_quantifications_speak_the_contract(owner: APIClient, patient: Patient) -> None:
    made = make_measured_study(patient)
    found = owner.get(f"/api/v1/quantifications/{made.pk}/").json()
    assert found["lungs"]["volume_ml"] == 3412.4
    assert set(found["patterns"]) == {"ground_glass", "consolidation", "reticulation", "honeycombing", "emphysema"}
    assert set(found["patterns"]["ground_glass"]) == {"ml", "percent", "low", "high"}
    assert found["patterns"]["reticulation"]["percent"] is None, "not measured is not zero"
    assert sorted(found["lobes"]) == ["LLL", "LUL", "RLL", "RML", "RUL"]
    assert set(found["lobes"]["RLL"]) == {"ml", "lesion_ml", "lesion_percent", "severity", "patterns"}
    assert found["severity"] == {"scheme": "guiot2025", "total": made.severity_total, "estimated": True}
    assert found["engine"]["name"] == "density"
    assert found["goh"] is None
