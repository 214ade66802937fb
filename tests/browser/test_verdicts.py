"""Verdict cards in a real browser: opened by key and by the answers in short."""

from __future__ import annotations

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests import courses
from tests.factories import make_patient, make_site, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def record(page: Page, live_server: LiveServer) -> Page:
    site = make_site()
    courses.followed(make_patient("SSc-0147", site=site))
    client = Client()
    client.force_login(make_user("dr.example", site))
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.goto("/patients/SSc-0147/")
    return page


def test_a_card_is_opened_by_key_and_its_evidence_stays_inside(record: Page) -> None:
    page = record
    card = page.locator("#verdict-erice-2020")
    expect(card.locator(".evidence").first).to_be_hidden()
    card.locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(card.locator(".evidence").first).to_be_visible()
    page.evaluate(
        "document.querySelectorAll('details.verdict, .verdict details').forEach((one) => { one.open = true; })"
    )
    wide = page.evaluate(
        """[...document.querySelectorAll("details.verdict")].filter((card) => [...card.querySelectorAll("*")]
            .some((one) => one.getBoundingClientRect().right > card.getBoundingClientRect().right + 1))
            .map((card) => card.id)"""
    )
    assert wide == []


def test_on_a_phone_the_answers_stand_above_the_timeline_and_lead_to_their_evidence(record: Page) -> None:
    page = record
    strip = page.get_by_role("list", name="Verdicts in short")
    expect(strip).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(strip).to_be_visible()
    above, below = strip.bounding_box(), page.locator("#timeline").bounding_box()
    assert above
    assert below
    assert above["y"] + above["height"] <= below["y"]
    link = strip.get_by_role("link", name="EUSTAR")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#verdict-eustar .evidence").first).to_be_visible()
