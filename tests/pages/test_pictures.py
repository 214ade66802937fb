"""The pictures of a CT: shown with what they are, served to those who may see the patient, and to nobody else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from patients.models import Site
from quant import album
from quant.album import Album, Picture
from quant.models import Quantification
from tests.factories import make_measured_study, make_patient
from tests.pages.reading import words

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n pixels"


def level(number: int, basis: str, *patterns: str) -> Picture:
    return Picture(f"level-{number}", number, f"Level name {number}", 40, -82.5, 0.9, basis, 640, 480, patterns)


OUTSIDE = Picture("", 5, "1 cm above the right hemidiaphragm", None, None, None, None, 0, 0, ())
CORONAL = Picture("coronal", None, "Coronal, where the lungs are largest", 250, 35.0, None, None, 640, 500, ())


@pytest.fixture(autouse=True)
def _storage(settings: Settings, tmp_path: Path) -> None:
    settings.STORAGE = tmp_path


@pytest.fixture
def measured(bern: Site) -> Quantification:
    return make_measured_study(make_patient("SSc-0147", site=bern))


@pytest.fixture
def drawn(measured: Quantification, tmp_path: Path) -> Quantification:
    folder = tmp_path / measured.label_path / album.FOLDER
    folder.mkdir(parents=True)
    for name in album.FILES:
        (folder / name).write_bytes(PNG + name.encode())
    pictures = (level(1, "estimated"), level(2, "seen", "ground_glass", "consolidation"), OUTSIDE, CORONAL)
    Album("v1", 0.5, pictures).write(folder)
    return measured


def address(one: Quantification, name: str = "level-2.png") -> str:
    return reverse("picture", args=[one.pk, name])


def test_the_page_shows_each_picture_with_its_place_and_what_is_marked(owner: Client, drawn: Quantification) -> None:
    page = owner.get("/patients/SSc-0147/")
    said = words(page)
    assert "Level 2: Level name 2 z \u221282.5 mm, landmark seen." in said
    assert "Marked here: GGO (ground glass), Consolidation." in said
    assert "Level 1: Level name 1 z \u221282.5 mm, estimated: may be a centimetre off. No pattern marked here." in said
    assert "Coronal, where the lungs are largest y 35.0 mm." in said
    assert "Outside the scan or not found: level 5." in said
    assert "Lobe borders, estimated" in said
    source = page.content.decode()
    for name in ("level-1", "level-2", "coronal"):
        assert f'src="{address(drawn, name + ".png")}?v=v1"' in source
        assert f'src="{address(drawn, name + "-mask.png")}?v=v1"' in source
    assert "level-5" not in source
    assert 'value="coronal" checked' in source, "the lowest level is outside the scan"


TREE = Picture("tree", None, "Airway tree, from the front", None, None, None, None, 640, 500, (), ("vessels",))


def test_airways_and_vessels_can_be_laid_over_where_there_are_any(
    owner: Client, drawn: Quantification, tmp_path: Path
) -> None:
    tubes = ("airways", "vessels")
    pictures = (replace(level(1, "seen"), tubes=tubes), level(2, "seen"), CORONAL, TREE)
    Album("v2", 0.5, pictures).write(tmp_path / drawn.label_path / album.FOLDER)
    page = owner.get("/patients/SSc-0147/")
    assert (
        "Airway tree, from the front All depths over one another, grey their mean: what overlaps here need not touch."
        in words(page)
    )
    source = page.content.decode()
    for name in ("level-1-airways", "level-1-vessels", "tree", "tree-mask", "tree-vessels"):
        assert f'src="{address(drawn, name + ".png")}?v=v2"' in source
    for name in ("level-2-airways", "coronal-vessels", "tree-airways"):
        assert name not in source
    for kind in tubes:
        assert f'<input type="checkbox" class="viewer__toggle-{kind}">' in source, "off until asked for"


def test_pictures_of_before_airways_and_vessels_offer_neither(owner: Client, drawn: Quantification) -> None:
    source = owner.get("/patients/SSc-0147/").content.decode()
    assert "viewer__toggle" in source
    assert "viewer__toggle-" not in source
    assert "viewer__tube" not in source


def test_a_measurement_without_pictures_says_how_to_get_them(owner: Client, measured: Quantification) -> None:
    assert f"manage.py pictures {measured.run_id}" in words(owner.get("/patients/SSc-0147/"))


def test_simulated_numbers_have_no_scan_to_show(owner: Client, bern: Site) -> None:
    made = make_measured_study(make_patient("D-1", site=bern), engine="simulated")
    assert made.is_simulated
    assert "there is no scan to show" in words(owner.get("/patients/D-1/"))


def test_every_file_is_served_as_it_lies(owner: Client, drawn: Quantification) -> None:
    for name in album.FILES:
        answer = owner.get(address(drawn, name))
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.getvalue() == PNG + name.encode()


def test_only_the_address_of_this_very_version_is_kept_for_ever(owner: Client, drawn: Quantification) -> None:
    assert owner.get(address(drawn) + "?v=v1").headers["Cache-Control"] == "private, max-age=31536000, immutable"
    for old in ("", "?v=v0"):
        assert owner.get(address(drawn) + old).headers["Cache-Control"] == "private, no-cache"


def test_what_the_browser_has_is_not_sent_again(owner: Client, drawn: Quantification) -> None:
    etag = owner.get(address(drawn)).headers["ETag"]
    again = owner.get(address(drawn), headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert owner.get(address(drawn, "level-1.png"), headers={"If-None-Match": etag}).status_code == 200


def test_members_see_them_and_strangers_do_not(
    teammate: Client, stranger: Client, superuser: Client, drawn: Quantification
) -> None:
    assert teammate.get(address(drawn)).status_code == 200
    assert superuser.get(address(drawn)).status_code == 200
    assert stranger.get(address(drawn)).status_code == 404
    etag = teammate.get(address(drawn)).headers["ETag"]
    assert stranger.get(address(drawn), headers={"If-None-Match": etag}).status_code == 404
    assert Client().get(address(drawn)).status_code == 302


@pytest.mark.parametrize(
    "name",
    ["pictures.json", "level-6.png", "level-2", "..%2f..%2fquantification.json", "%2e%2e", "..\\secret", "a%00.png"],
)
def test_no_other_file_can_be_asked_for(owner: Client, drawn: Quantification, tmp_path: Path, name: str) -> None:
    (tmp_path / drawn.label_path / "quantification.json").write_text("{}")
    assert owner.get(f"/ct/{drawn.pk}/pictures/{name}").status_code == 404


def test_what_is_not_there_is_not_found(owner: Client, drawn: Quantification, tmp_path: Path) -> None:
    (tmp_path / drawn.label_path / album.FOLDER / "level-2.png").unlink()
    assert owner.get(address(drawn)).status_code == 404
    assert owner.get(f"/ct/{'9' * 30}/pictures/level-1.png").status_code == 404
