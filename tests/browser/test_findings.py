"""A finding accepted in a real browser: in place, and over the whole page where numbers change."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from patients import services
from tests import courses
from tests.factories import make_patient, make_site, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DAY = date(2024, 8, 13)


@pytest.fixture
def record(page: Page, live_server: LiveServer) -> Page:
    """A patient with an unusual weight and a second FVC on the day of the last one."""
    site = make_site()
    patient = make_patient("SSc-0147", site=site)
    courses.record_sessions(patient, courses.SESSIONS[-3::2])
    facts = {"height_cm": Decimal(164), "bronchodilator": "pre"}
    services.record_pft(patient, date=DAY, time="15:00", fvc_l=Decimal("2.20"), weight_kg=Decimal(20), **facts)
    client = Client()
    client.force_login(make_user("dr.example", site, first_name="Alex", last_name="Example"))
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.goto("/patients/SSc-0147/")
    return page


def accept(page: Page, sentence: str, reason: str) -> None:
    """By keyboard alone."""
    row = page.locator("tr.finding", has_text=sentence)
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    row.get_by_label("Why the value is right").fill(reason)
    page.keyboard.press("Enter")


def test_accepted_in_place_with_who_and_why(record: Page) -> None:
    page = record
    page.evaluate("window.stayed = true")
    expect(page.locator("#function")).to_contain_text("3 open findings")
    accept(page, "Weight 20 kg is unusual", "measured twice")
    settled = page.locator("tr.finding", has_text="Weight 20 kg is unusual")
    expect(settled).to_contain_text("Accepted by Alex Example on")
    expect(settled).to_contain_text(": measured twice")
    expect(page.locator("#function")).to_contain_text("2 open findings")
    expect(page.locator("#messages")).to_contain_text("accepted, with your reason.")
    expect(page.locator("#messages")).to_be_focused()
    assert page.evaluate("window.stayed"), "the page was not loaded again"


def test_where_numbers_change_the_whole_page_follows(record: Page) -> None:
    page = record
    expect(page.locator(".keys").first).to_contain_text("68.3")
    accept(page, "FVC 2.2 L stands beside", "the first blow leaked")
    expect(page.locator(".keys").first).to_contain_text("2.20 L")
    expect(page.locator("#function")).to_contain_text("Left out of all numbers: the other value was accepted.")
    expect(page.locator("#function")).to_contain_text("1 open finding")


def test_without_a_reason_nothing_is_sent(record: Page) -> None:
    page = record
    accept(page, "Weight 20 kg is unusual", "")
    expect(page.locator("#function")).to_contain_text("3 open findings")
    expect(page.get_by_label("Why the value is right").locator("visible=true")).to_be_focused()
