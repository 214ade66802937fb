"""A reader's word in a real browser: said in place, refused in place, and the verdicts follow without a reload."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from patients.models import CTAssessment, CTStudy, Diagnosis, SymptomAssessment
from tests import courses
from tests.factories import make_patient, make_site, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PATH = "/patients/SSc-0147/"


@pytest.fixture
def record(page: Page, live_server: LiveServer) -> Page:
    """A patient for whom PPF 2022 lacks nothing but a reader's word."""
    site = make_site()
    patient = make_patient("SSc-0147", site=site)
    courses.followed(patient)
    Diagnosis.objects.create(patient=patient, code="SSc-ILD", date=date(2019, 3, 1))
    for day in (date(2023, 10, 21), date(2024, 8, 13)):
        SymptomAssessment.objects.create(patient=patient, date=day, dyspnoea="worse", cough="same")
    client = Client()
    client.force_login(make_user("dr.example", site))
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.goto(PATH)
    return page


@pytest.fixture
def section(record: Page) -> Locator:
    """That of the latest CT, which is open from the start."""
    return record.locator("details.ct[open] .said")


def answer(section: Locator, question: str, said: str) -> None:
    group = section.get_by_role("radiogroup", name=question, exact=True)
    group.get_by_label(said, exact=True).focus()
    section.page.keyboard.press("Space")


def test_said_in_place_and_the_verdict_follows(record: Page, section: Locator) -> None:
    page = record
    badge = page.locator("#verdict-ppf-2022 summary .badge").first
    expect(badge).to_have_text("Indeterminate")
    page.evaluate("window.same = true")
    section.get_by_role("link", name="Add").click()
    expect(section.get_by_label("Reader", exact=True)).to_be_focused()
    expect(section.get_by_label("Prior CT")).to_contain_text("CT of 2023-06-16")
    section.get_by_label("Reading date").fill("2024-03-05")
    answer(section, "Fibrosis on this scan", "No")
    answer(section, "Reticulation more extensive or coarser", "Yes")
    section.get_by_role("button", name="Keep").click()
    alert = section.get_by_role("alert")
    expect(alert).to_contain_text(
        "Fibrosis on this scan is “no”, but “Reticulation more extensive or coarser” is “yes”"
    )
    expect(alert).to_be_focused()
    assert not CTAssessment.objects.exists()
    answer(section, "Fibrosis on this scan", "Yes")
    answer(section, "Something other than progression explains the change", "No")
    section.get_by_role("button", name="Keep").click()
    expect(section.locator(".notice--success")).to_be_focused()
    expect(section.locator(".said__one")).to_contain_text("More fibrosis")
    expect(badge).to_have_text("Met")
    expect(page.locator("#verdict-strip a", has_text="PPF 2022").locator("xpath=..")).to_contain_text("Met")
    mark = page.locator("#scans-lane .scan", has_text="2024-03-04")
    expect(mark.locator(".scan__read")).to_have_text("R")
    placed = "(one) => parseFloat(one.style.left) > 100"
    page.wait_for_function(f"({placed})(document.querySelector('#scans-lane .scan:last-child'))")
    assert page.evaluate("window.same"), "the page was not loaded anew"
    assert page.url.endswith(PATH)


def test_amended_or_left_alone(record: Page, section: Locator) -> None:
    page = record
    scan = CTStudy.objects.get(date=date(2024, 3, 4))
    CTAssessment.objects.create(study=scan, assessor="R1", date=date(2024, 3, 5), fibrosis_more="yes")
    page.reload()
    section.get_by_role("link", name="Amend").click()
    expect(section.get_by_role("radiogroup", name="More fibrosis overall").get_by_label("Yes")).to_be_checked()
    section.get_by_role("link", name="Cancel").click()
    expect(section.get_by_role("link", name="Amend")).to_be_visible()
    section.get_by_role("link", name="Amend").click()
    answer(section, "More fibrosis overall", "No")
    section.get_by_role("button", name="Keep the amendment").click()
    expect(section.locator(".said__one")).to_contain_text("No more fibrosis")
    expect(section.locator(".said__one")).to_contain_text("amended once")
    assert CTAssessment.objects.get().fibrosis_more == "no"
