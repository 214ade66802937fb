"""What every page shares: login, theme, footer, policy, error pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from ildportal import urls
from ildportal.models import User
from patients.models import Site
from tests.factories import PASSWORD, make_measured_study, make_patient, make_pft
from tests.pages.reading import words

pytestmark = pytest.mark.django_db
STATIC = Path(__file__).resolve().parents[2] / "static"
# A block of JSON is data, nothing runs it.
INLINE = re.compile(r"<style|\sstyle=|\son\w+=|<script(?![^>]*(\ssrc=|type=\"application/json\"))|javascript:", re.I)
LITERAL_COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgb|rgba|hsl|oklch)\(|:\s*(?:black|white|red|grey|gray)\b", re.I)


@pytest.fixture
def pages(owner: Client, bern: Site) -> list[str]:
    patient = make_patient("SSc-0147", site=bern)
    make_measured_study(patient)
    make_pft(patient)
    return ["/", "/worklist/table", "/patients/", "/patients/SSc-0147/", "/patients/none/", "/none"]


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


urlpatterns = [*urls.urlpatterns, path("broken", broken)]


def test_log_in_and_out(member: User) -> None:
    client = Client()
    assert "Log in to see this page." in words(client.get("/patients/", follow=True))
    answer = client.post(
        "/login/?next=/patients/", {"username": "owner", "password": PASSWORD, "next": "/patients/"}, follow=True
    )
    assert answer.request["PATH_INFO"] == "/patients/"
    assert "owner Log out" in words(answer)
    assert "Log in" in words(client.post("/logout/", follow=True))
    assert client.get("/").status_code == 302


def test_a_get_does_not_log_out(owner: Client) -> None:
    assert owner.get("/logout/").status_code == 405


@pytest.mark.parametrize(("name", "password"), [("owner", "wrong"), ("nobody", PASSWORD), ("", ""), ("a\0b", "x")])
def test_a_wrong_login_says_the_same_whatever_was_wrong(member: User, name: str, password: str) -> None:
    answer = Client().post("/login/", {"username": name, "password": password})
    assert "The user name and the password do not belong together, or the account is closed." in words(answer)
    assert 'role="alert"' in answer.content.decode()


def test_a_closed_account_cannot_log_in(member: User) -> None:
    member.is_active = False
    member.save()
    assert "Not logged in" in words(Client().post("/login/", {"username": "owner", "password": PASSWORD}))


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_the_chosen_theme_is_in_the_first_byte(owner: Client, theme: str) -> None:
    owner.cookies["theme"] = theme
    page = owner.get("/").content.decode()
    assert f'<html lang="en" data-theme="{theme}" data-chosen>' in page
    assert f'<option value="{theme}" selected>' in page


@pytest.mark.parametrize("theme", ["", "pink", 'x" onload="alert(1)'])
def test_another_theme_is_none(owner: Client, theme: str) -> None:
    owner.cookies["theme"] = theme
    assert '<html lang="en">' in owner.get("/").content.decode()


def test_every_page_holds_to_the_policy(owner: Client, pages: list[str]) -> None:
    for address in pages:
        answer = owner.get(address)
        assert INLINE.findall(answer.content.decode()) == [], address
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        charted = "plotly" in answer.content.decode()
        assert ("style-src 'self' 'unsafe-inline';" if charted else "style-src 'self';") in policy, address


def test_every_page_says_what_it_is_for(owner: Client, pages: list[str]) -> None:
    pages.remove("/worklist/table")
    for address in pages:
        assert "Research use only, not clinically validated." in owner.get(address).content.decode(), address
    assert "Research use only, not clinically validated." in words(Client().get("/login/"))


def test_every_table_head_has_a_scope_and_every_field_a_name(owner: Client, pages: list[str]) -> None:
    for address in pages:
        page = owner.get(address).content.decode()
        assert re.findall(r"<th(?![^>]*scope=)[ >]", page) == []
        assert page.count("<h1") == 1, address
        for field in re.findall(r'<(?:input|select)(?![^>]*type="hidden")[^>]*\sid="(\w+)"', page):
            assert f'for="{field}"' in page, field


def test_identifiers_in_a_page_are_unique(owner: Client, pages: list[str]) -> None:
    for address in pages:
        found = re.findall(r'\sid="([^"]+)"', owner.get(address).content.decode())
        assert len(found) == len(set(found)), address


def test_not_found(owner: Client) -> None:
    answer = owner.get("/none")
    assert answer.status_code == 404
    assert "There is no such page or patient" in answer.content.decode()


@override_settings(ROOT_URLCONF=__name__)
def test_a_fault_is_admitted(owner: Client) -> None:
    owner.raise_request_exception = False
    answer = owner.get("/broken")
    assert answer.status_code == 500
    page = answer.content.decode()
    assert "Nothing was changed; the fault is in its log." in page
    assert "on purpose" not in page
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize("name", ["portal.css", "data.css", "timeline.css", "viewer.css", "portal.js", "timeline.js"])
def test_colours_come_from_the_tokens(name: str) -> None:
    assert LITERAL_COLOUR.findall((STATIC / name).read_text()) == []


@pytest.mark.parametrize("name", ["portal.css", "data.css", "timeline.css", "viewer.css"])
def test_every_token_exists(name: str) -> None:
    style = (STATIC / name).read_text()
    known = set(re.findall(r"(--[\w-]+):", (STATIC / "tokens.css").read_text() + style))
    assert set(re.findall(r"var\((--[\w-]+)\)", style)) <= known


@pytest.mark.parametrize("name", ["portal.css", "data.css", "timeline.css", "viewer.css", "assessments.css"])
def test_every_class_is_used(name: str) -> None:
    root = STATIC.parent
    sources = [*root.glob("templates/**/*.html"), *root.glob("ildportal/pages/**/*.py"), *STATIC.glob("*.js")]
    text = " ".join(source.read_text() for source in sources)
    made = {f"swatch--{colour}" for colour in ("fvc", "dlco", "lesion", "ggo", "con", "ret", "goh")}
    made |= {f"mark--{ink}" for ink in ("ink-2", "fvc", "dlco", "lesion", "ggo", "con", "ret", "hc")}
    made |= {f"mark--goh-{level}" for level in range(1, 6)} | {f"tx__bar--{kind}" for kind in range(1, 5)}
    made |= {f"chart__plot--{chart}" for chart in ("function", "patterns", "severity", "goh")}
    made |= {f"ink--{ink}" for ink in ("ggo", "con", "ret", "hc", "emp")}
    made |= {f"ink--airway-{generation}" for generation in range(5)}
    for kind in ("airways", "vessels"):
        made |= {f"ink--{kind}", f"viewer__toggle-{kind}", f"viewer__tube--{kind}"}
    made |= {"is-failed", "is-person", "notice--success", "badge--info"}
    selectors = re.sub(r"/\*.*?\*/|\{[^}]*\}", " ", (STATIC / name).read_text(), flags=re.S)
    found = set(re.findall(r"\.([a-z][\w-]*)", selectors))
    assert {one for one in found - made if not re.search(rf"\b{one}\b", text)} == set()
