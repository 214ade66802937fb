"""Who sees what: members of a site see its patients, for everybody else they do not exist."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from ildportal.models import User
from patients.models import Patient, Site
from quant.models import Run, State
from tests.factories import make_measured_study, make_patient, make_run, make_series, make_study
from tests.pages.reading import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(bern: Site) -> Patient:
    return make_patient("SSc-0147", site=bern)


@pytest.fixture
def failed(patient: Patient) -> Run:
    return make_run(make_series(make_study(patient)), State.FAILED)


def test_members_of_the_site_see_the_patient(owner: Client, teammate: Client, superuser: Client, failed: Run) -> None:
    for visitor in (owner, teammate, superuser):
        assert "SSc-0147" in words(visitor.get("/"))
        assert "SSc-0147" in words(visitor.get("/patients/"))
        assert "SSc-0147" in words(visitor.get("/patients/SSc-0147/"))


def test_a_stranger_sees_nothing_of_the_patient(stranger: Client, failed: Run) -> None:
    for path in ("/", "/worklist/table", "/?state=failed", "/patients/", "/patients/?q=SSc"):
        assert "SSc-0147" not in words(stranger.get(path)), path
    assert stranger.get("/patients/?q=SSc-0147").status_code == 200, "no redirect that would confirm the code"


def test_a_foreign_patient_is_missing_exactly_like_one_that_never_was(stranger: Client, patient: Patient) -> None:
    foreign, never = stranger.get("/patients/SSc-0147/"), stranger.get("/patients/SSc-9999/")
    assert (foreign.status_code, never.status_code) == (404, 404)
    assert without_tokens(foreign.content) == without_tokens(never.content)
    assert foreign.headers.items() == never.headers.items()


def test_a_stranger_cannot_retry(stranger: Client, failed: Run) -> None:
    foreign = stranger.post(reverse("run-retry", args=[failed.pk]))
    never = stranger.post(reverse("run-retry", args=[failed.pk + 1]))
    assert (foreign.status_code, never.status_code) == (404, 404)
    failed.refresh_from_db()
    assert failed.state == State.FAILED


def test_a_held_study_belongs_to_the_site_that_received_it(owner: Client, stranger: Client, bern: Site) -> None:
    make_run(make_series(make_study(None, site=bern)))
    assert "Needs a person 1" in words(owner.get("/"))
    assert "Needs a person 0" in words(stranger.get("/"))


def test_a_linked_study_follows_its_patient(owner: Client, stranger: Client, patient: Patient, geneva: Site) -> None:
    make_run(make_series(make_study(patient, site=geneva)))
    assert "SSc-0147" in words(owner.get("/"))
    assert "SSc-0147" not in words(stranger.get("/"))


def test_somebody_without_a_site_is_told_so(db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_user("new"))
    assert "ask an administrator which sites you are a member of" in words(client.get("/"))
    assert "ask an administrator which sites you are a member of" in words(client.get("/patients/"))


@pytest.mark.parametrize("path", ["/", "/worklist/table", "/patients/", "/patients/SSc-0147/"])
def test_nobody_sees_anything_without_a_login(path: str, patient: Patient) -> None:
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login/")


def test_retry_without_a_login_does_nothing(failed: Run) -> None:
    assert Client().post(reverse("run-retry", args=[failed.pk])).headers["Location"].startswith("/login/")
    failed.refresh_from_db()
    assert failed.state == State.FAILED


@pytest.mark.parametrize("code", ["DM/12", "Müller-1", "50%25", "a?b", "a#b", "<b>x</b>"])
def test_any_code_has_a_page(owner: Client, bern: Site, code: str) -> None:
    make_measured_study(make_patient(code, site=bern))
    path = reverse("patient", args=[code])
    for page in ("/", "/patients/"):
        assert f'href="{path}"' in owner.get(page).content.decode()
    assert code in words(owner.get(path))


def test_a_code_that_no_database_can_hold_is_not_found(owner: Client) -> None:
    assert owner.get("/patients/a%00b/").status_code == 404
    assert owner.get("/patients/?q=a%00b").status_code == 200


def without_tokens(page: bytes) -> bytes:
    return re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", page)
