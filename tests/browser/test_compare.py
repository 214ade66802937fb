"""Two CTs side by side in a real browser: chosen in the form, overlays off and on, on a narrow screen too."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests import heats
from tests.factories import make_patient, make_site, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DAYS = (date(2022, 3, 1), date(2023, 3, 1), date(2024, 3, 1))


@pytest.fixture
def compared(page: Page, live_server: LiveServer, settings: Settings, tmp_path: Path) -> Page:
    """A patient with three CTs that have pictures of five levels."""
    settings.STORAGE = tmp_path
    site = make_site()
    patient = make_patient("SSc-0147", site=site)
    for at, day in enumerate(DAYS):
        heats.measured(patient, tmp_path, day=day, lesion=10.0 + at)
    client = Client()
    client.force_login(make_user("dr.example", site))
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page.goto("/patients/SSc-0147/")
    page.get_by_role("link", name="Compare two CTs").click()
    return page


def test_two_are_chosen_and_shown(compared: Page) -> None:
    said: list[str] = []
    compared.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    expect(compared.locator(".cmp__choice")).to_contain_text("731 days apart")
    compared.get_by_label("Later").select_option(index=1)
    compared.get_by_role("button", name="Compare").click()
    expect(compared.locator(".cmp__choice")).to_contain_text("365 days apart")
    expect(compared.get_by_label("Later")).to_have_value(compared.url.split("b=")[1])
    slices = compared.locator(".cmp__slice img:not(.viewer__mask)")
    expect(slices).to_have_count(10)
    slices.last.scroll_into_view_if_needed()
    expect(slices.last).to_have_js_property("naturalWidth", heats.SIZE[0])
    assert said == []


def test_overlays_go_and_come_and_nothing_is_wider_than_a_phone(compared: Page) -> None:
    mask = compared.locator(".viewer__mask").first
    expect(mask).to_be_visible()
    compared.get_by_label("Overlay").uncheck()
    expect(mask).to_be_hidden()
    for width in (1280, 390):
        compared.set_viewport_size({"width": width, "height": 800})
        assert compared.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        left, right = (compared.locator(".cmp__slice").nth(at).bounding_box() for at in (0, 1))
        assert left
        assert right
        assert left["y"] == right["y"]
        assert left["x"] < right["x"], "side by side on any screen"
