"""The strip of the five Goh levels: pictures, scores, how sure, by whom, and the CT before beside it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from patients.models import Patient, Site
from quant import album
from quant.album import Album, Picture
from quant.engine.identity import ENGINE_NAME, ENGINE_VERSION, SIMULATED_ENGINE
from quant.models import LevelScore, Quantification
from tests.factories import make_measured_study, make_patient
from tests.pages.reading import words

pytestmark = pytest.mark.django_db
PATH = "/patients/SSc-0147/"
RESEARCH = "Trained on synthetic patterns; research use, not clinically validated."


@pytest.fixture(autouse=True)
def _storage(settings: Settings, tmp_path: Path) -> None:
    settings.STORAGE = tmp_path


@pytest.fixture
def patient(bern: Site) -> Patient:
    return make_patient("SSc-0147", site=bern)


def scores(one: Quantification, *totals: float | None, source: str = "measured", **facts: Any) -> None:
    LevelScore.objects.bulk_create(
        LevelScore(
            quantification=one, source=source, level=level, tot=tot, gg=None if tot is None else tot * 0.75,
            ret=None if tot is None else tot * 0.25, slice=100 - 10 * level, position_mm=-10.0 * level,
            confidence=0.9 if level in {2, 5} else 0.4, **facts,
        )
        for level, tot in enumerate(totals, 1)
    )  # fmt: skip


def draw(one: Quantification, folder: Path) -> None:
    """Pictures of levels 1 to 4, that of level 4 of another slice than the scored one."""
    pictures = tuple(
        Picture(
            f"level-{level}", level, "x", 100 - 10 * level - (level == 4), -10.0 * level, 0.9,
            {1: "network", 2: "seen"}.get(level, "estimated"), 640, 480, ("ground_glass",),
        )
        for level in range(1, 5)
    )  # fmt: skip
    where = folder / one.label_path / album.FOLDER
    where.mkdir(parents=True)
    Album("v1", 0.5, pictures).write(where)


def strip(page: Any, place: str = "now") -> str:
    """The text of a strip."""
    found = re.search(
        rf'<section class="goh viewer" aria-labelledby="goh-{place}"[^>]*>.*?</section>', html(page), re.S
    )
    assert found, f"no strip {place}"
    page.content = found[0].encode()
    return words(page)


def html(page: Any) -> str:
    return str(page.content.decode())


def test_each_level_with_its_slice_its_scores_and_how_sure(owner: Client, patient: Patient, tmp_path: Path) -> None:
    one = make_measured_study(patient, goh_default="measured")
    scores(one, 8.0, 12.0, 16.0, 20.0, 24.0)
    draw(one, tmp_path)
    page = owner.get(PATH)
    assert html(page).count('<section class="goh viewer"') == 1, "once, and not again below"
    said = strip(page)
    assert "Extent (mean TOT) 16.0% GG 12.0% RET 4.0%" in said
    assert "2: Main carina TOT 12% GG 9% RET 3% landmark seen, confidence 0.90; z \u221220.0 mm" in said
    assert "1: Origin of the great vessels TOT 8% GG 6% RET 2% place by a network, confidence 0.40" in said
    assert "3: Pulmonary venous confluence TOT 16% GG 12% RET 4% place estimated, confidence 0.40" in said
    assert f"Scores measured on the label maps, {ENGINE_NAME} {ENGINE_VERSION}." in said
    assert RESEARCH in said
    shown = re.findall(r"level-(\d)(-mask)?\.png\?v=v1", html(page))
    assert shown == [(level, mask) for level in "123" for mask in ("", "-mask")]
    assert said.count("no picture") == 2, "none of level 5, and none of another slice than the one scored"
    assert "style=" not in html(page)


def test_a_level_without_scores_says_why_and_leaves_no_extent(owner: Client, patient: Patient) -> None:
    one = make_measured_study(patient, goh_default="measured")
    scores(one, 8.0, None, 16.0, 20.0, None)
    one.levels.filter(level=5).update(slice=None, position_mm=None, confidence=None)
    said = strip(owner.get(PATH))
    assert "Extent (mean TOT) — [Not given: no TOT of level 2, 5]" in said
    assert "2: Main carina TOT — [There is no lung in the slice of this level]" in said
    assert "5: 1 cm above the right hemidiaphragm TOT — [This level lies outside the scan, or its landmark was" in said


def test_the_ct_before_stands_beside_it_where_it_was_scored_the_same_way(owner: Client, patient: Patient) -> None:
    first = make_measured_study(patient, date(2023, 1, 2), goh_default="measured")
    last = make_measured_study(patient, date(2024, 1, 2), goh_default="measured")
    scores(first, 1.0, 2.0, 3.0, 4.0, 5.0)
    scores(last, 8.0, 12.0, 16.0, 20.0, 24.0)
    page = owner.get(PATH)
    below = html(page)
    assert "TOT 5 % on 2023-01-02" in strip(page)
    assert f'aria-labelledby="goh-{first.pk}"' in below, "an earlier CT shows its own"
    first.levels.update(source="reader")
    assert "on 2023-01-02" not in strip(owner.get(PATH))


def test_a_network_is_named_with_version_weights_and_limits(owner: Client, patient: Patient) -> None:
    one = make_measured_study(patient, goh_default="network")
    about = {"model": "goh-scores", "weights_sha256": "ab" * 32}
    scores(one, 9.0, 9.0, 9.0, 9.0, 9.0, source="network", model_version="1.0", current=False, **about)
    scores(
        one, 20.0, 20.0, 20.0, 20.0, 20.0, source="network", model_version="1.1", tot_low=15.0, tot_high=26.0, **about
    )
    scores(one, 30.0, 30.0, 30.0, 30.0, 30.0)
    said = strip(owner.get(PATH))
    assert "Extent (mean TOT) 20.0%" in said
    assert "TOT 20%15\u201326" in said
    assert "Scores by a network, goh-scores 1.1 (weights abababababab)." in said
    assert f"Measured, {ENGINE_NAME} {ENGINE_VERSION}: extent 30.0%. It stands beside and does not count." in said


def test_invented_scores_are_nobodys(owner: Client, patient: Patient) -> None:
    one = make_measured_study(patient, engine=SIMULATED_ENGINE, goh_default="measured")
    scores(one, 8.0, 12.0, 16.0, 20.0, 24.0)
    said = strip(owner.get(PATH))
    assert RESEARCH not in said
    assert SIMULATED_ENGINE not in said


def test_no_scores_no_strip(owner: Client, patient: Patient) -> None:
    make_measured_study(patient)
    assert "Goh levels" not in words(owner.get(PATH))
