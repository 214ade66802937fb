"""The pages in a real browser: from login to logout, and a worklist that renews itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from quant.models import Run, State
from tests import showcase
from tests.factories import (
    PASSWORD,
    make_patient,
    make_quantification,
    make_run,
    make_series,
    make_site,
    make_study,
    make_user,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = [1280, 901, 641, 390]
CONTROLS = "button, .btn, select, input, summary, .tabs a, .bar a, tbody th > a"


@pytest.fixture
def quiet(page: Page) -> Iterator[Page]:
    """A page whose console stays silent: violations of the content security policy are told there."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    yield page
    assert said == []


def log_in(page: Page, name: str = "dr.example") -> None:
    page.goto("/")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Worklist")


def expect_theme(page: Page, name: str) -> None:
    """Waits: the browser tells a page of a change of the system's colours when it next draws."""
    expect(page.locator("html")).to_have_attribute("data-theme", name)


def test_from_login_to_logout(quiet: Page) -> None:
    page = quiet
    showcase.fill()
    log_in(page)
    row = page.get_by_role("row").filter(has_text="SSc-0201").filter(has_text="2024-02-26")
    expect(row).to_contain_text("Done")
    expect(row).to_contain_text("+4.1")
    row.get_by_role("link", name="Open").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("SSc-0201")
    lesion = page.locator(".key").filter(has_text="Lesion %")
    expect(lesion).to_contain_text("18.9%")
    expect(page.get_by_role("row", name="Total lung volume 3\u202f412mL", exact=True)).to_be_visible()
    expect_theme(page, "light")
    page.get_by_label("Theme").select_option("dark")
    expect_theme(page, "dark")
    page.get_by_role("link", name="Worklist").click()
    expect_theme(page, "dark")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()


def test_what_the_system_asks_for_is_followed_until_something_is_chosen(quiet: Page) -> None:
    page = quiet
    page.emulate_media(color_scheme="dark")
    page.goto("/login/")
    expect_theme(page, "dark")
    page.emulate_media(color_scheme="light")
    expect_theme(page, "light")
    page.get_by_label("Theme").select_option("contrast")
    page.emulate_media(color_scheme="dark")
    expect_theme(page, "contrast")
    page.get_by_label("Theme").select_option("")
    expect_theme(page, "dark")
    page.reload()
    expect(page.get_by_label("Theme")).to_have_value("")


def test_a_missing_value_says_why_on_focus(quiet: Page) -> None:
    page = quiet
    showcase.fill()
    log_in(page)
    page.goto("/patients/SSc-0201/")
    missing = page.locator(".key").filter(has_text="Fibrosis").get_by_role("button")
    missing.focus()
    expect(page.locator(".na__why")).to_have_text(re.compile("^Not measured by"))
    page.keyboard.press("Escape")
    expect(page.locator(".na__why")).to_have_count(0)


def test_the_worklist_renews_itself(quiet: Page) -> None:
    page = quiet
    page.clock.install()
    run = running()
    log_in(page)
    row = page.get_by_role("row").filter(has_text="SSc-0211")
    expect(row.get_by_role("progressbar")).to_have_attribute("value", "62")
    row.get_by_role("link", name="Open").focus()
    run.state = State.DONE
    run.save()
    make_quantification(run.series, run=run)
    page.clock.run_for(5_000)
    expect(row).to_contain_text("18.9%")
    expect(page.locator("#spoken")).to_have_text("Nothing waits, nothing failed.")
    expect(row.get_by_role("link", name="Open")).to_be_focused()


def test_a_worklist_without_answers_says_so(page: Page) -> None:
    # Only this test moves the clock, however slow the machine.
    page.clock.install(time=0)
    page.clock.pause_at(1_000)
    running()
    log_in(page)
    notice = page.get_by_text("Not up to date")

    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/worklist/table*", refuse)
    for _ in range(2):
        expect(notice).to_be_hidden()
        with page.expect_event("requestfailed"):
            page.clock.run_for(5_000)
    expect(notice).to_be_visible()
    page.unroute("**/worklist/table*")
    page.clock.run_for(5_000)
    expect(notice).to_be_hidden()


def test_who_was_logged_out_meanwhile_is_led_to_the_login(page: Page) -> None:
    page.clock.install()
    running()
    log_in(page)
    page.context.clear_cookies()
    page.clock.run_for(5_000)
    expect(page.get_by_role("button", name="Log in")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_its_window(quiet: Page, width: int) -> None:
    page = quiet
    showcase.fill()
    page.set_viewport_size({"width": width, "height": 844})
    log_in(page)
    for path in ("/", "/patients/", "/patients/SSc-0147/", "/login/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_controls_are_large_enough_for_a_finger(quiet: Page) -> None:
    page = quiet
    showcase.fill()
    page.set_viewport_size({"width": 390, "height": 844})
    log_in(page)
    for path in ("/", "/patients/", "/patients/SSc-0147/"):
        page.goto(path)
        small = page.evaluate(
            """(controls) => [...document.querySelectorAll(controls)]
                .filter((one) => one.offsetParent && one.type !== "hidden" && one.getBoundingClientRect().height < 36)
                .map((one) => one.outerHTML.slice(0, 90))""",
            CONTROLS,
        )
        assert small == [], path


def running() -> Run:
    """A study that is measured, of a site that `dr.example` is a member of."""
    site = make_site()
    make_user("dr.example", site)
    return make_run(make_series(make_study(make_patient("SSc-0211", site=site))), State.RUNNING)
