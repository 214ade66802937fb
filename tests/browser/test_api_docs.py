"""The page that shows the API, in a real browser: Swagger UI under the portal's own policy, with nothing inline."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_pages import log_in
from tests.factories import make_patient, make_site, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_api_can_be_read_and_tried(page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    bern = make_site()
    make_user("dr.example", bern)
    make_patient("SSc-0147", site=bern)
    log_in(page)
    page.goto("/api/docs/")
    page.locator("#operations-patients-patients_list .opblock-summary-control").click(timeout=90_000)
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table")).to_contain_text("SSc-0147", timeout=30_000)
    assert said == []
