"""Programs sign in with a token that is printed once, ends on a day and can be revoked."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from ildportal.models import ApiToken, User
from patients.models import Patient, Site
from tests.api.bodies import body
from tests.factories import make_patient

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("api_token", *arguments, stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue().strip()


def bearer(token: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


@pytest.fixture
def token(member: User) -> str:
    return run("owner", "--name", "registry", "--days", "30")[0]


def test_a_token_reads_and_writes_as_its_user(token: str, bern: Site, member: User) -> None:
    make_patient("SSc-0147", site=bern)
    answer = bearer(token).post("/api/v1/events/", body("events", "SSc-0147"))
    assert answer.status_code == 201
    assert {name: answer.json()[name] for name in ("recorded_by", "source", "source_detail")} == {
        "recorded_by": "owner", "source": "api", "source_detail": "token registry",
    }  # fmt: skip


def test_the_history_knows_who_corrected(token: str, bern: Site, member: User) -> None:
    make_patient("SSc-0147", site=bern)
    bearer(token).patch("/api/v1/patients/SSc-0147/", {"gender_identity": "woman"})
    last = Patient.objects.get(code="SSc-0147").history.order_by("-pgh_id")[0]  # type: ignore[attr-defined]
    assert last.pgh_context["user"] == member.pk
    assert last.pgh_context["url"] == "/api/v1/patients/SSc-0147/"


def test_only_its_digest_is_kept(token: str) -> None:
    assert len(token) == 64
    kept = ApiToken.objects.values_list()[0]
    assert token not in [str(value) for value in kept]


def test_it_ends_and_can_be_revoked(token: str) -> None:
    assert bearer(token).get("/api/v1/sites/").status_code == 200
    assert run("owner", "--list")[0].startswith("registry\tmade ")
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert bearer(token).get("/api/v1/sites/").status_code == 401
    again = run("owner", "--name", "registry")[0]
    assert run("owner", "--revoke", "registry")[0] == "revoked 'registry'"
    assert bearer(again).get("/api/v1/sites/").status_code == 401
    assert run("owner", "--list")[0] == ""


def test_a_user_who_left_cannot_use_it(token: str) -> None:
    User.objects.update(is_active=False)
    assert bearer(token).get("/api/v1/sites/").status_code == 401


@pytest.mark.parametrize("wrong", ["", "x", "0" * 64, "g" * 64, "ä", "a b", "\x00" * 64])
def test_what_is_no_token(db: None, wrong: str) -> None:
    assert bearer(wrong).get("/api/v1/sites/").status_code == 401


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody", "--name", "x"], "no user 'nobody'"),
        (["owner", "--name", "x", "--days", "0"], "outside 1 to 366"),
        (["owner", "--name", "x", "--days", "9999"], "outside 1 to 366"),
        (["owner", "--name", " "], "blank"),
        (["owner", "--name", "registry"], "already exists"),
        (["owner", "--revoke", "other"], "no token 'other'"),
    ],
)
def test_the_command_says_what_is_wrong(token: str, arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run(*arguments)
    assert ApiToken.objects.count() == 1
