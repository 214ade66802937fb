"""From the table of verdicts to the evidence, in a real browser: narrow, read a sentence, open its card."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests import courses
from tests.factories import make_patient, make_site, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def table(page: Page, live_server: LiveServer) -> Page:
    site = make_site()
    courses.record_sessions(make_patient("SSc-0147", site=site), courses.SESSIONS)
    make_patient("SSc-0200", site=site)
    client = Client()
    client.force_login(make_user("dr.example", site))
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.goto("/")
    page.get_by_role("link", name="Progression").click()
    return page


def test_from_a_filter_to_the_card_of_an_answer(table: Page) -> None:
    page = table
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("combobox", name="Rule", exact=True).select_option("OMERACT")
    page.get_by_role("combobox", name="Its answer").select_option("Met")
    page.get_by_role("button", name="Narrow").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    answer = page.locator("tbody td[data-l=OMERACT] a")
    expect(answer).to_have_text("Met 2023-10-21")
    answer.focus()
    expect(page.locator(".na__why")).to_contain_text("OMERACT criterion met on 2023-10-21")
    page.keyboard.press("Escape")
    expect(page.locator(".na__why")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/patients/SSc-0147/#verdict-omeract$"))
    expect(page.locator("#verdict-omeract .evidence").first).to_be_visible()


def test_a_total_narrows_the_table_and_the_file_comes_with_it(table: Page) -> None:
    page = table
    page.get_by_role("link", name="1 indeterminate").first.click()
    expect(page.locator("tbody tr")).to_have_count(1)
    with page.expect_download() as coming:
        page.get_by_role("link", name="with evidence").click()
    lines = coming.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 1 + 6
    assert all(line.startswith("SSc-0200,") for line in lines[1:])


def test_on_a_phone_the_totals_stay_and_nothing_is_cut(table: Page) -> None:
    page = table
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".progression__totals")).to_be_visible()
    expect(page.get_by_role("link", name="Progression")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
