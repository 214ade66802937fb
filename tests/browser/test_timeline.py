"""The timeline in a real browser: drawn on one axis, read with mouse and keys, and whole without its library."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from tests import courses
from tests.factories import make_patient, make_site, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PATH = "/patients/SSc-0147/"
CHARTS = ("function", "patterns", "severity", "goh")
# Middle of the drawn mark of a date, in px of the window.
MARKER = """([chart, trace, index]) => {
    const plot = document.querySelector(`[data-figure="${chart}"]`);
    const { data } = plot;
    const at = data.findLastIndex((one) => one.name === trace);
    const box = plot.querySelectorAll(".scatterlayer .trace")[at].querySelectorAll(".points path")[index].getBoundingClientRect();
    return box.x + box.width / 2;
}"""  # noqa: E501
MIDDLE = "(one) => { const box = one.getBoundingClientRect(); return box.x + box.width / 2; }"


@pytest.fixture
def quiet(page: Page, live_server: LiveServer) -> Iterator[Page]:
    """A followed patient's page; its console stays silent, where breaches of the content policy are told."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    show(page, live_server.url)
    yield page
    assert said == []


def show(page: Page, address: str) -> None:
    """The patient's page as a member of the site sees it, once its scripts have run."""
    site = make_site()
    courses.followed(make_patient("SSc-0147", site=site))
    client = Client()
    client.force_login(make_user("dr.example", site))
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    page.goto(PATH)
    expect(page.get_by_role("heading", level=1)).to_have_text("SSc-0147")


def middle(page: Page, selector: str) -> float:
    return float(page.locator(selector).first.evaluate(MIDDLE))


def test_every_chart_is_drawn_and_everything_of_one_day_stands_in_one_line(quiet: Page) -> None:
    page = quiet
    for chart in CHARTS:
        expect(page.locator(f'[data-figure="{chart}"] .main-svg').first).to_be_visible()
        expect(
            page.get_by_role("img", name=re.compile(".+")).and_(page.locator(f'[data-figure="{chart}"]'))
        ).to_be_visible()
    scan = middle(page, '#scans-lane [data-from="2024-03-04"] .scan__plain')
    assert page.evaluate(MARKER, ["patterns", "GGO", 1]) == pytest.approx(scan, abs=1.5)
    bars = page.locator('[data-figure="goh"] .barlayer .trace').first.locator(".point path")
    assert float(bars.last.evaluate(MIDDLE)) == pytest.approx(scan, abs=1.5)
    tick = middle(page, "#axis .axis__tick >> text=2022")
    lines = page.locator('[data-figure="function"] .xgrid').evaluate_all(f"(all) => all.map({MIDDLE})")
    assert min(abs(float(line) - tick) for line in lines) < 1.5, "year and gridline"
    start = page.locator('#treatments-lane [data-from="2021-09-20"]').bounding_box()
    first = page.locator('#treatments-lane [data-from="2019-05-04"]').bounding_box()
    assert start
    assert first
    assert first["x"] + first["width"] == pytest.approx(start["x"], abs=1.5), "a dose ends where the next begins"


def test_visits_are_stepped_through_by_keys_and_read_by_the_mouse(quiet: Page) -> None:
    page = quiet
    timeline, readout = page.locator("#timeline"), page.locator("#readout")
    expect(readout).to_contain_text("2024-08-13")
    timeline.focus()
    page.keyboard.press("ArrowLeft")
    expect(readout).to_contain_text("FVC 67.2 % 2.09 L z \u22122.01")
    expect(readout).to_contain_text("FVC grade D")
    expect(page.locator("#visit-spoken")).to_contain_text("Lesion % (TLV%) 23.2 %")
    assert middle(page, "#cursor") == pytest.approx(middle(page, '#scans-lane [data-from="2024-03-04"]'), abs=1.5)
    page.keyboard.press("Home")
    expect(readout).to_contain_text("Lung function 2019-03-09")
    box = page.locator('[data-figure="patterns"]').bounding_box()
    assert box
    page.mouse.move(middle(page, '#scans-lane [data-from="2022-06-03"]'), box["y"] + 20)
    expect(readout).to_contain_text("CT 2022-06-03 Lesion % (TLV%) 14.6 %")
    page.keyboard.press("ArrowRight")
    expect(readout).to_contain_text("Lung function 2022-12-03")


def test_period_and_unit_move_every_panel(quiet: Page) -> None:
    page = quiet
    page.get_by_role("button", name="2 years").click()
    expect(page.get_by_role("button", name="2 years")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#axis")).to_contain_text("Jul")
    expect(page.locator('#scans-lane [data-from="2019-03-16"]')).to_be_hidden()
    expect(page.locator('#treatments-lane [data-drug="Prednisone"]')).to_be_hidden()
    scan = middle(page, '#scans-lane [data-from="2024-03-04"] .scan__plain')
    assert page.evaluate(MARKER, ["patterns", "GGO", 1]) == pytest.approx(scan, abs=1.5)
    page.get_by_role("button", name="z-score").click()
    expect(page.locator('[data-figure="function"]')).to_contain_text("LLN, z \u22121.645")
    page.locator("#timeline").focus()
    page.keyboard.press("Home")
    expect(page.get_by_role("button", name="All", exact=True)).to_have_attribute("aria-pressed", "true")


def test_a_change_of_theme_changes_the_ink(quiet: Page) -> None:
    page = quiet
    point = page.locator('[data-figure="function"] .scatterlayer .points path').first
    light = point.evaluate("(one) => getComputedStyle(one).fill")
    page.get_by_label("Theme").select_option("dark")
    page.wait_for_function(
        "(was) => getComputedStyle(document.querySelector('[data-figure=\"function\"] .points path')).fill !== was",
        arg=light,
    )
    dark = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--c-fvc').trim()")
    assert point.evaluate("(one) => getComputedStyle(one).fill") == f"rgb{tuple(bytes.fromhex(dark[1:]))}"


def test_data_is_shown_by_key_and_at_a_phones_width(quiet: Page) -> None:
    page = quiet
    page.set_viewport_size({"width": 390, "height": 844})
    table = page.get_by_role("region", name="Data: Lung function")
    expect(table).to_be_hidden()
    page.locator("#chart-function summary").focus()
    page.keyboard.press("Enter")
    expect(table).to_be_visible()
    table.get_by_role("button").first.focus()
    expect(page.locator(".na__why")).to_have_text("DLCO not done: could not perform")
    page.keyboard.press("Escape")
    expect(page.locator(".na__why")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    plot = page.locator('[data-figure="patterns"] .main-svg').first.bounding_box()
    assert plot
    assert plot["x"] + plot["width"] <= 390


def test_without_its_library_words_and_numbers_remain(page: Page, live_server: LiveServer) -> None:
    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/plotly*/**", refuse)
    show(page, live_server.url)
    expect(page.get_by_text("its library did not load")).to_have_count(len(CHARTS))
    expect(page.locator("#sum-patterns")).to_contain_text("Lesion % 23.2 % on 2024-03-04")
    expect(page.locator("#readout")).to_contain_text("FVC 63.9 %")
    page.locator("#chart-goh summary").click()
    expect(page.get_by_role("region", name="Data: Goh extent")).to_contain_text("28.8")


def test_without_scripts_words_and_numbers_remain(chromium: Browser, live_server: LiveServer) -> None:
    with chromium.new_context(base_url=live_server.url, java_script_enabled=False) as context:
        page = context.new_page()
        show(page, live_server.url)
        expect(page.locator('[data-figure="function"]')).to_be_hidden()
        expect(page.get_by_role("button", name="2 years")).to_be_hidden()
        expect(page.locator("#sum-function")).to_contain_text("FVC 63.9 % predicted on 2024-08-13")
        page.locator("#chart-function summary").click()
        expect(page.get_by_role("region", name="Data: Lung function")).to_contain_text("52.5")


def test_what_is_read_stays_in_sight(quiet: Page) -> None:
    page = quiet
    page.locator("#chart-goh").evaluate(
        "(chart) => scrollTo(0, chart.getBoundingClientRect().bottom + scrollY - innerHeight)"
    )
    bars = [page.locator(name).bounding_box() for name in (".pt", "#readout", ".axis")]
    edges = [(bar["y"], bar["y"] + bar["height"]) for bar in bars if bar]
    assert edges[0][0] == 0
    assert [top for top, _ in edges[1:]] == pytest.approx([bottom for _, bottom in edges[:-1]], abs=1)
    expect(page.locator("#axis")).to_be_in_viewport()
