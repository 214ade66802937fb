"""What moves without a reload: a retry in place, a CT's progress on its patient's page, the pictures of a CT."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import Page, expect

from quant import album, workers
from quant.album import Album, Picture
from quant.models import Quantification, State
from tests.browser.test_pages import log_in
from tests.factories import (
    make_measured_study,
    make_patient,
    make_quantification,
    make_run,
    make_series,
    make_site,
    make_study,
    make_user,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZE = (320, 240)


def test_a_retry_swaps_its_part_and_says_so(page: Page) -> None:
    site = make_site()
    make_user("dr.example", site)
    workers.beat("gpu-1/77")
    make_run(make_series(make_study(make_patient("SSc-0174", site=site))), State.FAILED)
    log_in(page)
    page.evaluate("window.stays = true")
    row = page.get_by_role("row").filter(has_text="SSc-0174")
    row.get_by_role("button", name="Retry").press("Enter")
    expect(row).to_contain_text("Waiting")
    expect(page.locator("#messages")).to_contain_text("SSc-0174: the measurement waits in the queue again.")
    expect(page.locator("#messages")).to_be_focused()
    expect(page.get_by_role("link", name="Waiting 1")).to_be_visible()
    assert page.evaluate("window.stays"), "the page was not loaded anew"


def test_a_patients_page_follows_the_measurement(page: Page) -> None:
    page.clock.install()
    site = make_site()
    make_user("dr.example", site)
    run = make_run(make_series(make_study(make_patient("SSc-0211", site=site))), State.RUNNING)
    log_in(page)
    page.goto("/patients/SSc-0211/")
    bar = page.get_by_role("progressbar")
    expect(bar).to_have_attribute("value", "62")
    run.percent = 80
    run.save()
    page.clock.run_for(5_000)
    expect(bar).to_have_attribute("value", "80")
    run.state = State.DONE
    run.save()
    make_quantification(run.series, run=run)
    page.clock.run_for(5_000)
    expect(page.get_by_text("A CT has been measured since this page was opened")).to_be_visible()
    expect(page.locator("#spoken")).to_contain_text("done")
    page.get_by_role("link", name="Show them").click()
    expect(page.locator(".key").filter(has_text="Lesion %")).to_contain_text("18.9")


def drawn(one: Quantification, *names: str, tubes: tuple[str, ...] = ()) -> None:
    folder = Path(settings.STORAGE) / one.label_path / album.FOLDER
    folder.mkdir(parents=True)
    for name in names:
        Image.fromarray(np.full(SIZE[::-1], 90, np.uint8)).save(folder / f"{name}.png")
        for kind in ("mask", *tubes):
            Image.fromarray(np.ones(SIZE[::-1], np.uint8)).save(folder / f"{name}-{kind}.png")
    pictures = [
        Picture(name, int(name[-1]), f"Name of {name}", 40, -82.5, 0.9, "seen", *SIZE, ("ground_glass",), tubes)
        for name in names
    ]
    Album("v1", 0.5, tuple(pictures)).write(folder)


def test_pictures_are_chosen_by_keyboard_and_faded(page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "STORAGE", tmp_path)
    site = make_site()
    make_user("dr.example", site)
    drawn(make_measured_study(make_patient("SSc-0147", site=site)), "level-4", "level-5")
    log_in(page)
    page.goto("/patients/SSc-0147/")
    large = page.locator(".viewer__large:visible")
    expect(large).to_contain_text("Level 5: Name of level-5")
    page.get_by_role("radio", name="5: Name of level-5").press("ArrowLeft")
    expect(large).to_contain_text("Level 4: Name of level-4")
    expect(large.get_by_role("img", name="Name of level-4")).to_have_js_property("naturalWidth", SIZE[0])
    mask = large.locator(".viewer__mask")
    expect(mask).to_have_js_property("naturalWidth", SIZE[0])
    expect(mask).to_have_css("opacity", "0.42")
    page.get_by_label("Opacity").fill("80")
    expect(mask).to_have_css("opacity", "0.8")
    page.get_by_role("checkbox", name="Overlay").press("Space")
    expect(mask).to_be_hidden()


@pytest.mark.parametrize("width", [1280, 390])
def test_airways_and_vessels_are_laid_over_when_asked_for(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setattr(settings, "STORAGE", tmp_path)
    site = make_site()
    make_user("dr.example", site)
    drawn(make_measured_study(make_patient("SSc-0147", site=site)), "level-4", "level-5", tubes=("airways", "vessels"))
    page.set_viewport_size({"width": width, "height": 800})
    log_in(page)
    page.goto("/patients/SSc-0147/")
    large = page.locator(".viewer__large:visible")
    airways, vessels = large.locator(".viewer__tube--airways"), large.locator(".viewer__tube--vessels")
    expect(airways).to_be_hidden()
    page.get_by_role("checkbox", name="Airways").press("Space")
    expect(airways).to_have_js_property("naturalWidth", SIZE[0])
    expect(airways).to_have_css("opacity", "0.84")
    grey = large.get_by_role("img", name="Name of level-5")
    assert airways.bounding_box() == grey.bounding_box(), "pixel on pixel"
    expect(vessels).to_be_hidden()
    page.get_by_role("checkbox", name="Vessels").check()
    expect(vessels).to_be_visible()
    page.get_by_role("checkbox", name="Overlay").uncheck()
    expect(airways).to_be_visible()
    page.get_by_role("radio", name="5: Name of level-5").press("ArrowLeft")
    expect(airways).to_be_visible()
    page.get_by_role("checkbox", name="Airways").uncheck()
    expect(airways).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
