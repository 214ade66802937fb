"""Heat maps in a real browser: one at a time over the slice, without a script, and on a narrow screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from quant.models import Quantification
from quant.scoring import ask
from tests import heats
from tests.factories import make_patient, make_site, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PATH = "/patients/SSc-0147/"


@pytest.fixture
def session(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a member who may see a CT with heat maps."""
    settings.STORAGE = tmp_path
    monkeypatch.setattr(ask, "send", lambda _pk: True)
    site = make_site()
    heats.drawn(heats.measured(make_patient("SSc-0147", site=site), tmp_path), tmp_path)
    client = Client()
    client.force_login(make_user("dr.example", site))
    return client.cookies["sessionid"].value


@pytest.fixture
def opened(page: Page, live_server: LiveServer, session: str) -> Page:
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.goto(PATH)
    assert said == []
    return page


def seen(section: Locator) -> list[str]:
    """File names of the heat maps that are seen."""
    found: list[str] = section.locator(".heat__map").evaluate_all(
        "(all) => all.filter((one) => one.checkVisibility()).map((one) => one.src.match(/level-.*png/)[0])"
    )
    return found


@pytest.mark.parametrize("width", [1280, 390])
def test_one_map_at_a_time_in_place_of_the_patterns(opened: Page, width: int) -> None:
    opened.set_viewport_size({"width": width, "height": 800})
    section = opened.locator("section.goh").first
    mask = section.locator(".viewer__mask").first
    assert seen(section) == []
    expect(mask).to_be_visible()
    for score, name in (("tot", "TOT"), ("gg", "GG"), ("ret", "RET")):
        section.get_by_label(name, exact=True).check()
        assert seen(section) == [f"level-{level}-{score}.png" for level in range(1, 5)]
        expect(section.locator(".heat__scale:visible")).to_contain_text(f"Heat map of {name}")
        expect(section.locator(".heat__words:visible").first).to_contain_text(f"Heat {name}")
        expect(section.locator(".goh__foot p:visible").last).to_contain_text(f"Heat map of {name} of {heats.BY}")
        expect(mask).to_be_hidden()
        assert opened.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    over, under = (section.locator(f".lvl__layers {one}").first.bounding_box() for one in (".heat__part--ret", "img"))
    assert over == under, "laid exactly over the slice"
    section.get_by_label("Off").check()
    assert seen(section) == []
    expect(mask).to_be_visible()


def test_the_pictures_of_the_ct_have_the_same_maps(opened: Page) -> None:
    section = opened.locator("section.viewer:not(.goh)")
    section.get_by_label("GG", exact=True).check()
    large = section.locator(".viewer__stage")
    expect(large.locator(".heat__words:visible")).to_have_text("No heat map: slice 5 holds no lung.")
    section.get_by_text("2: x").last.click()
    assert seen(large) == ["level-2-gg.png"]
    expect(large.locator(".heat__words:visible")).to_contain_text("Heat GG 15\u00a0% of the lung beyond")
    assert opened.wait_for_function(
        "(one) => one.complete && one.naturalWidth > 0",
        arg=large.locator(".heat__map:visible").element_handle(),
    )
    expect(large.locator(".viewer__mask:visible")).to_have_count(0)
    section.get_by_text("Coronal").last.click()
    assert seen(large) == []
    expect(large.locator(".viewer__mask:visible")).to_have_count(1)  # where no map lies the patterns stay
    expect(large.locator(".heat__words:visible")).to_have_text("Heat maps are of the five levels alone.")
    before = section.locator(".heat__map:visible").last.evaluate("(one) => Number(getComputedStyle(one).opacity)")
    section.locator("[data-opacity]").fill("20")
    after = section.locator(".heat__map:visible").last.evaluate("(one) => Number(getComputedStyle(one).opacity)")
    assert (before, round(after, 2)) == (1.0, 0.48)


def test_a_map_stays_while_the_strip_is_renewed(opened: Page) -> None:
    section = opened.locator("section.goh").first
    section.get_by_label("GG", exact=True).check()
    section.get_by_text("Score again with").click()
    Quantification.objects.get().levels.filter(source="network").delete()
    section.get_by_role("button", name="Score").click()
    expect(section.locator(".goh__job")).to_contain_text("waits for a worker")
    expect(section.get_by_label("GG", exact=True)).to_be_checked()
    assert seen(section)[0] == "level-1-gg.png"


def test_it_needs_no_script(chromium: Browser, live_server: LiveServer, session: str) -> None:
    with chromium.new_context(base_url=live_server.url, java_script_enabled=False) as context:
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.goto(PATH)
        section = page.locator("section.goh").first
        first = section.locator(".heat__part--tot.heat__map").first
        expect(first).to_be_hidden()
        section.get_by_label("TOT", exact=True).check()
        expect(first).to_be_visible()
