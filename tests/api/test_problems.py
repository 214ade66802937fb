"""Every error is a problem document, whatever went wrong and whatever the client accepts."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient
from rest_framework.throttling import UserRateThrottle

from ildportal.models import User
from patients.models import Site
from tests.factories import make_patient

pytestmark = pytest.mark.django_db


def problem(answer: Any, status: int) -> dict[str, Any]:
    """The document of an answer with this status."""
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    assert set(found) == {"type", "title", "status", "detail", "errors"}
    assert found["detail"]
    return found


def test_nobody_signed_in() -> None:
    answer = APIClient().get("/api/v1/patients/")
    assert problem(answer, 401)["errors"][0]["code"] == "not_authenticated"
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v2/patients/", "/api/v1/nothing/", "/api/v1/pfts/x/"])
def test_an_address_that_is_none(owner: APIClient, path: str) -> None:
    assert problem(owner.get(path), 404)["title"] == "Not Found"


@pytest.mark.parametrize("key", ["a%00b", "9" * 40, "%F0%9F%AB%81", "..%2F"])
def test_keys_that_no_database_holds(owner: APIClient, key: str) -> None:
    problem(owner.get(f"/api/v1/patients/{key}/"), 404)
    problem(owner.get(f"/api/v1/pfts/{key}/"), 404)


def test_a_key_beyond_the_database(owner: APIClient) -> None:
    problem(owner.get("/api/v1/pfts/999999999999999999/"), 404)


def test_a_method_that_is_not_served(owner: APIClient) -> None:
    answer = owner.put("/api/v1/patients/", {})
    problem(answer, 405)
    assert "POST" in answer["Allow"]


@pytest.mark.parametrize("path", ["/api/v1/patients/", "/api/schema/"])
def test_what_the_client_accepts_is_not_made(owner: APIClient, path: str) -> None:
    problem(owner.get(path, HTTP_ACCEPT="text/csv"), 406)


@pytest.mark.parametrize(("sent", "kind", "status"), [("{", "application/json", 400), ("a=1", "text/plain", 415)])
def test_bodies_that_cannot_be_read(owner: APIClient, sent: str, kind: str, status: int) -> None:
    problem(owner.post("/api/v1/patients/", sent, content_type=kind), status)


def test_a_session_needs_its_csrf_token(member: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(member)
    refused = client.post("/api/v1/patients/", {}, content_type="application/json")
    assert "CSRF" in problem(refused, 403)["detail"]
    client.get("/api/docs/")
    token = client.cookies["csrftoken"].value
    sent = client.post("/api/v1/patients/", {}, content_type="application/json", headers={"X-CSRFToken": token})
    assert sent.status_code == 201


def test_too_many_requests(owner: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(UserRateThrottle, "get_rate", lambda _: "2/hour")
    assert [owner.get("/api/v1/sites/").status_code for _ in range(2)] == [200, 200]
    answer = owner.get("/api/v1/sites/")
    problem(answer, 429)
    assert 0 < int(answer["Retry-After"]) <= 3600


def test_what_nobody_foresaw(owner: APIClient, bern: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    make_patient(site=bern)
    monkeypatch.setattr("ildportal.api.serializers.people.PatientSerializer.to_representation", lambda *_: 1 / 0)
    owner.raise_request_exception = False
    found = problem(owner.get("/api/v1/patients/"), 500)
    assert "division" not in found["detail"]
    monkeypatch.setattr("ildportal.pages.worklist._content", lambda *_: 1 / 0)
    page = owner.get("/")
    assert (page.status_code, page["Content-Type"].split(";")[0]) == (500, "text/html")


@pytest.mark.parametrize(
    "query",
    [
        "date_form=2024-01-01",
        "date_from=yesterday",
        "ordering=fvc",
        "bronchodilator=no",
        "page_size=0",
        "page_size=x",
        "patient=",
        "date_to=%20",
    ],
)
def test_a_parameter_that_is_not_known_answers_nothing(owner: APIClient, query: str) -> None:
    assert problem(owner.get(f"/api/v1/pfts/?{query}"), 400)["errors"][0]["field"] == query.split("=")[0]


def test_a_page_beyond_the_last(owner: APIClient) -> None:
    problem(owner.get("/api/v1/pfts/?page=7"), 404)
