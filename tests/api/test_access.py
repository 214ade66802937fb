"""Every route and method, for owner, teammate, stranger, newcomer and nobody: walked from the router itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from ildportal.api.urls import router
from patients.models import (
    Antibody,
    ClinicalEvent,
    CTAssessment,
    Diagnosis,
    Observation,
    Patient,
    PFTFinding,
    Site,
    SymptomAssessment,
    Treatment,
)
from quant.dicom_out.files import FOLDER, REPORT
from quant.models import Scoring
from tests import heats
from tests.api.bodies import CORRECTED, RIGHT, body
from tests.factories import make_measured_study, make_patient, make_pft

pytestmark = pytest.mark.django_db
METHODS = ("get", "post", "put", "patch", "delete")
DAY = "2023-01-02"
# A file of each kind that an object has.
NAMED = {"dicom": REPORT, "heat": "level-2-tot.png"}


def routes() -> list[tuple[str, bool, str]]:
    """(resource, of one object, method) for all that the router serves."""
    found = []
    for prefix, viewset, _ in router.registry:
        for route in router.get_routes(viewset):
            mapping = router.get_method_map(viewset, route.mapping)
            allowed = set(mapping) & set(cast(Any, viewset).http_method_names)
            if route.name in ("{basename}-list", "{basename}-detail"):
                found += [(prefix, route.detail, method) for method in sorted(allowed)]
    return found


def extras() -> list[tuple[str, str]]:
    """(resource, what of one object) of every other address that the router serves; all of them are read only."""
    found = []
    for prefix, viewset, _ in router.registry:
        for route in router.get_routes(viewset):
            mapping = router.get_method_map(viewset, route.mapping)
            if mapping and route.name not in ("{basename}-list", "{basename}-detail"):
                if prefix == "pft-findings":  # walked by test_findings.py
                    continue
                assert (route.detail, set(mapping)) == (True, {"get"}), f"{prefix}: no test walks such an action"
                path = route.url.split("{lookup}/", 1)[1].removesuffix("{trailing_slash}$")
                found.append((prefix, path.replace("(?P<name>[^/]+)", NAMED.get(path.split("/")[0], ""))))
    return found


ROUTES, EXTRAS = routes(), extras()
WRITTEN = sorted({prefix for prefix, _, method in ROUTES if method == "post"})


@pytest.fixture
def patient(bern: Site) -> Patient:
    return make_patient("SSc-0147", site=bern)


@pytest.fixture
def keys(patient: Patient, settings: Settings, tmp_path: Path) -> dict[str, str]:
    """One object of every resource, all of one patient, by what its address ends in."""
    settings.STORAGE = tmp_path
    numbers = make_measured_study(patient)
    (tmp_path / numbers.label_path / FOLDER).mkdir(parents=True)
    (tmp_path / numbers.label_path / FOLDER / REPORT).write_bytes(b"DICM")
    heats.drawn(numbers, tmp_path)
    study = numbers.series.study
    session = make_pft(patient)
    made: dict[str, Any] = {
        "diagnoses": Diagnosis.objects.create(patient=patient, code="IPF", date=DAY),
        "antibodies": Antibody.objects.create(patient=patient, code="Ro52", result="negative"),
        "pfts": session,
        "pft-findings": PFTFinding.objects.create(pft=session, code="unusual", kind="implausible", field="fvc_l"),
        "observations": Observation.objects.create(patient=patient, date=DAY, code="kl-6", value=400, unit="U/mL"),
        "symptoms": SymptomAssessment.objects.create(patient=patient, date=DAY),
        "treatments": Treatment.objects.create(patient=patient, drug="rituximab", start=DAY),
        "events": ClinicalEvent.objects.create(
            patient=patient, type="acute exacerbation", certainty="suspected", date=DAY
        ),
        "studies": study,
        "series": numbers.series,
        "runs": numbers.run,
        "quantifications": numbers,
        "scorings": Scoring.objects.create(quantification=numbers, model="goh_scores", model_version="0"),
        "ct-assessments": CTAssessment.objects.create(study=study, assessor="R1", date="2024-03-05"),
    }
    codes = {"sites": patient.site.code, "patients": patient.code, "verdicts": patient.code}
    return codes | {name: str(one.pk) for name, one in made.items()}


def ask(client: APIClient, resource: str, detail: bool, method: str, keys: dict[str, str]) -> Any:
    path = f"/api/v1/{resource}/" + (f"{keys[resource]}/" if detail else "")
    sent = {"post": lambda: body(resource, "SSc-0147"), "patch": lambda: CORRECTED[resource]}
    data = sent[method]() if method in sent else None
    return getattr(client, method)(path, data) if data is not None else getattr(client, method)(path)


def test_the_router_serves_what_was_asked_for() -> None:
    read = {prefix for prefix, _, method in ROUTES if method == "get"}
    assert read == {
        "sites", "patients", "diagnoses", "antibodies", "pfts", "pft-findings", "observations", "symptoms",
        "treatments", "events", "studies", "series", "runs", "quantifications", "scorings",
        "ct-assessments", "verdicts",
    }  # fmt: skip
    assert set(WRITTEN) == set(RIGHT) == {*CORRECTED, "scorings"}, (
        "every resource that is written has a body to test it with"
    )
    assert not [one for one in ROUTES if one[2] == "put"]
    assert EXTRAS == [
        ("patients", "trajectory"), ("patients", "verdicts"), ("quantifications", "comparison"),
        ("quantifications", "dicom/sr.dcm"), ("quantifications", "heat/level-2-tot.png"),
    ]  # fmt: skip


def served(resource: str) -> list[tuple[bool, str]]:
    """(of one object, method) of a resource; removing comes last."""
    found = [(detail, method) for prefix, detail, method in ROUTES if prefix == resource]
    return sorted(found, key=lambda one: (one[1] == "delete", one))


RESOURCES = sorted({prefix for prefix, _, _ in ROUTES})
every_resource = pytest.mark.parametrize("resource", RESOURCES)


@every_resource
@pytest.mark.parametrize("who", ["owner", "teammate"])
def test_members_do_all_of_it(request: pytest.FixtureRequest, who: str, resource: str, keys: dict[str, str]) -> None:
    visitor = request.getfixturevalue(who)
    for detail, method in served(resource):
        answer = ask(visitor, resource, detail, method, keys)
        assert answer.status_code == {"get": 200, "post": 201, "patch": 200, "delete": 204}[method], answer.content
        if method == "get" and not detail:
            assert answer.json()["count"] == 1
        if method == "patch":
            assert {name: answer.json()[name] for name in CORRECTED[resource]} == CORRECTED[resource]


@every_resource
def test_for_strangers_none_of_it_exists(stranger: APIClient, resource: str, keys: dict[str, str]) -> None:
    for detail, method in served(resource):
        answer = ask(stranger, resource, detail, method, keys)
        if detail:
            assert answer.status_code == 404, method
            never = ask(stranger, resource, detail, method, {**keys, resource: "999999"})
            assert never.json() == answer.json(), "a foreign object is missing exactly like one that never was"
        elif method == "get":
            own = ["geneva"] if resource == "sites" else []
            assert [one.get("code") for one in answer.json()["results"]] == own
        elif resource == "patients":
            assert (answer.status_code, answer.json()["site"]) == (201, "geneva"), "their own, at their own site"
        else:
            assert answer.status_code == 400
            about = {"ct-assessments": "study", "scorings": "quantification"}.get(resource, "patient")
            assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [(about, "does_not_exist")]


@every_resource
def test_without_a_site_there_is_nothing_to_read_and_no_writing(
    newcomer: APIClient, resource: str, keys: dict[str, str]
) -> None:
    for detail, method in served(resource):
        answer = ask(newcomer, resource, detail, method, keys)
        assert answer.status_code == (403 if method != "get" else 404 if detail else 200), method
        if answer.status_code == 200:
            assert answer.json()["count"] == 0


@every_resource
def test_nobody_gets_anything_without_signing_in(resource: str, keys: dict[str, str]) -> None:
    for detail, method in served(resource):
        answer = ask(APIClient(), resource, detail, method, keys)
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert Patient.objects.count() == 1


@every_resource
def test_other_methods_are_refused(owner: APIClient, resource: str, keys: dict[str, str]) -> None:
    for detail in (False, True):
        path = f"/api/v1/{resource}/" + (f"{keys[resource]}/" if detail else "")
        for method in set(METHODS) - {method for of_one, method in served(resource) if of_one == detail}:
            answer = getattr(owner, method)(path, {})
            assert (answer.status_code, answer.json()["title"]) == (405, "Method Not Allowed"), method


@pytest.mark.parametrize(("resource", "of_it"), EXTRAS)
def test_what_belongs_to_one_object_is_for_those_who_see_it(
    request: pytest.FixtureRequest, resource: str, of_it: str, keys: dict[str, str]
) -> None:
    path = f"/api/v1/{resource}/{keys[resource]}/{of_it}/"
    for who in ("owner", "teammate"):
        assert request.getfixturevalue(who).get(path).status_code == 200
    for who in ("stranger", "newcomer"):
        visitor = request.getfixturevalue(who)
        answer, never = visitor.get(path), visitor.get(f"/api/v1/{resource}/999999/{of_it}/")
        assert answer.status_code == 404
        assert answer.json() == never.json(), "a foreign object is missing exactly like one that never was"
    assert (APIClient().get(path).status_code, APIClient().post(path, {}).status_code) == (401, 401)
    for method in set(METHODS) - {"get"}:
        assert getattr(request.getfixturevalue("owner"), method)(path, {}).status_code == 405, method


def test_a_superuser_sees_every_site(keys: dict[str, str], geneva: Site) -> None:
    from ildportal.models import User
    from tests.api.conftest import signed_in

    make_patient("GE-1", site=geneva)
    root = signed_in(User.objects.create_superuser("root"))
    assert [one["code"] for one in root.get("/api/v1/patients/").json()["results"]] == ["GE-1", "SSc-0147"]


def test_a_patient_cannot_be_handed_to_a_site_of_others(owner: APIClient, keys: dict[str, str], geneva: Site) -> None:
    answer = owner.patch("/api/v1/patients/SSc-0147/", {"site": "geneva"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "site"


def test_a_fact_stays_with_its_patient(owner: APIClient, keys: dict[str, str], bern: Site) -> None:
    make_patient("SSc-0148", site=bern)
    answer = owner.patch(f"/api/v1/events/{keys['events']}/", {"patient": "SSc-0148"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "patient")
    assert owner.patch(f"/api/v1/events/{keys['events']}/", {"patient": "SSc-0147"}).status_code == 200


def test_a_held_study_is_its_sites_and_shows_no_identity(owner: APIClient, stranger: APIClient, bern: Site) -> None:
    from tests.factories import make_study

    make_study(None, site=bern, held_identity='{"family_name": "Muster"}', accession="A-77")
    answer = owner.get("/api/v1/studies/?held=true")
    assert answer.json()["count"] == 1
    assert b"Muster" not in answer.content
    assert b"A-77" not in answer.content
    assert stranger.get("/api/v1/studies/").json()["count"] == 0
