"""The strip of the Goh levels in a real browser: overlays off and on, and on a narrow screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from PIL import Image
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from quant import album
from quant.album import Album, Picture
from quant.models import LevelScore, Quantification, Scoring, State
from quant.scoring import ask
from tests.factories import make_measured_study, make_patient, make_site, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def strip(page: Page, live_server: LiveServer, settings: Settings, tmp_path: Path) -> Page:
    """A patient whose CT has scores and pictures of five levels."""
    settings.STORAGE = tmp_path
    site = make_site()
    one = make_measured_study(make_patient("SSc-0147", site=site), goh_default="measured")
    folder = tmp_path / one.label_path / album.FOLDER
    folder.mkdir(parents=True)
    pictures = []
    for level in range(1, 6):
        LevelScore.objects.create(
            quantification=one, source="measured", level=level, slice=level, position_mm=-9.0 * level, tot=10.0 * level,
            gg=6.0 * level, ret=4.0 * level, confidence=0.4,
        )  # fmt: skip
        pictures.append(Picture(f"level-{level}", level, "x", level, -9.0 * level, 0.4, "estimated", 64, 48, ()))
        for suffix in ("", "-mask"):
            Image.new("RGBA", (64, 48), (90, 90, 90, 255)).save(folder / f"level-{level}{suffix}.png")
    Album("v1", 0.5, tuple(pictures)).write(folder)
    client = Client()
    client.force_login(make_user("dr.example", site))
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.goto("/patients/SSc-0147/")
    expect(page.locator("#goh-now")).to_contain_text("Five Goh levels")
    assert said == []
    return page


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "send", lambda _pk: True)


def test_overlays_go_and_come_and_nothing_is_wider_than_a_phone(strip: Page) -> None:
    section = strip.locator("section.goh")
    expect(section.locator(".goh__level")).to_have_count(5)
    mask = section.locator(".viewer__mask").first
    expect(mask).to_be_visible()
    section.get_by_label("Overlay").uncheck()
    expect(mask).to_be_hidden()
    section.get_by_label("Overlay").check()
    expect(mask).to_be_visible()
    bars = section.locator(".goh__score--tot rect:last-child").evaluate_all(
        "(all) => all.map((one) => Number(one.getAttribute('width')))"
    )
    assert bars == [10, 20, 30, 40, 50]
    for width in (1280, 390):
        strip.set_viewport_size({"width": width, "height": 800})
        assert strip.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        first, second = (section.locator(".goh__level").nth(at).bounding_box() for at in (0, 1))
        assert first
        assert second
        assert (first["y"] == second["y"]) == (width == 1280), "side by side, or one below the other"


def test_scored_again_without_leaving_the_page(strip: Page) -> None:
    """Asked for, it waits; when a worker is done, the strip shows both sources by itself."""
    section = strip.locator("section.goh").first
    section.get_by_text("Score again with").click()
    strip.evaluate("document.body.dataset.stays = 1")
    section.get_by_role("button", name="Score").click()
    expect(strip.locator("#messages")).to_contain_text("waits for a worker")
    expect(section.locator(".goh__job")).to_contain_text("waits for a worker")
    job = Scoring.objects.get()
    LevelScore.objects.bulk_create(
        LevelScore(
            quantification=Quantification.objects.get(), source="network", level=level, slice=level, tot=20.0, gg=10.0,
            ret=12.0, confidence=0.7, model=job.model, model_version=job.model_version,
        )
        for level in range(1, 6)
    )  # fmt: skip
    Scoring.objects.update(state=State.DONE)
    expect(section.locator(".goh__beside")).to_have_count(5, timeout=15000)
    expect(section.locator(".goh__job")).to_have_count(0)
    expect(section.locator(".goh__foot")).to_contain_text(f"Network, {job.by}: extent 20.0%. It stands beside")
    assert strip.evaluate("document.body.dataset.stays") == "1"
    tops = [section.locator(".goh__beside").nth(at).bounding_box() for at in range(5)]
    assert len({round(top["y"]) for top in tops if top}) == 1, "on one line across the levels"
