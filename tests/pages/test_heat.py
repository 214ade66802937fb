"""Heat maps on the patient page: what is said beside them, why there are none, and who is given the files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from patients.models import Patient, Site
from quant import heat
from quant.heat import Heat, Part
from quant.models import LevelScore, Quantification
from tests import heats
from tests.factories import make_patient
from tests.pages.reading import words
from tests.pages.test_goh import strip as strip_of

pytestmark = pytest.mark.django_db
PATH = "/patients/SSc-0147/"


@pytest.fixture(autouse=True)
def _storage(settings: Settings, tmp_path: Path) -> None:
    settings.STORAGE = tmp_path


@pytest.fixture
def patient(bern: Site) -> Patient:
    return make_patient("SSc-0147", site=bern)


@pytest.fixture
def one(patient: Patient, tmp_path: Path) -> Quantification:
    return heats.measured(patient, tmp_path)


def strip(page: Any) -> str:
    """Its text, with numbers that may part from their unit."""
    return strip_of(page).replace("\u00a0", " ")


def address(one: Quantification, name: str = "level-2-tot.png") -> str:
    return reverse("heat-picture", args=[one.pk, name])


def test_each_level_says_what_lies_beyond_the_threshold_and_on_which_side(
    owner: Client, one: Quantification, tmp_path: Path
) -> None:
    heats.drawn(one, tmp_path)
    page = owner.get(PATH)
    source = page.content.decode().replace("\u00a0", " ")
    said = strip(page)
    assert "Heat map Off TOT GG RET" in said
    assert "Heat TOT 34 % of the lung beyond \u22120.46 (right 40 %, left 28 %); the network said 36 %" in said
    assert "Heat GG 15 % of the lung beyond \u22120.54 (right 15 %); the network said 20 %" in said
    assert "Heat RET nothing of the lung beyond \u22120.58; the network said 9 %" in said
    assert "No heat map: slice 5 holds no lung." in said
    assert 'alt="Heat map of TOT, level 2: 34 % of the lung beyond \u22120.46 (right 40 %, left 28 %)' in source
    assert f'src="{address(one)}?v=h1"' in source
    assert "level-5-tot" not in source
    assert 'data-stays="heat-now" checked> Off' in source, "off until asked for"
    assert "style=" not in source
    viewer = source[source.index(f'id="viewer-{one.pk}"') :]
    assert viewer.count(address(one)) == 2, "large and small"
    assert "Heat maps are of the five levels alone." in viewer


def test_the_scale_has_a_sign_and_each_score_its_trust_and_its_maker(
    owner: Client, one: Quantification, tmp_path: Path
) -> None:
    heats.drawn(one, tmp_path)
    said = strip(owner.get(PATH))
    for step in (
        "\u22120.46 to \u22120.60",
        "\u22120.60 to \u22120.73",
        "\u22120.73 to \u22120.87",
        "\u22120.87 and beyond",
    ):
        assert step in said
    assert "negative = disease, the brighter the more; 0 to \u22120.46 is not painted" in said
    for name, r2, dice in (("TOT", "0.81", "0.54"), ("GG", "0.64", "0.35"), ("RET", "0.80", "0.04")):
        about = re.search(rf"Heat map of {name} of {heats.BY} \(weights {heats.SHA[:12]}\).*?validated\.", said)
        assert about
        assert f"R\u00b2 {r2}; how well it covers disease that was drawn: Dice {dice}" in about[0]
        assert about[0].endswith("Trained on synthetic patterns; research use, not clinically validated.")


def test_without_a_threshold_no_share_is_told(owner: Client, one: Quantification, tmp_path: Path) -> None:
    heats.drawn(one, tmp_path, thresholds=None, trust={})
    said = strip(owner.get(PATH))
    assert "Heat TOT no share told, since no threshold was chosen; the network said 36 %" in said
    assert "what lies beyond \u22120.50 is painted, and no share of it is told" in said
    assert "R\u00b2" not in said


def test_what_is_painted_however_little_is_not_told_as_nothing(
    owner: Client, one: Quantification, tmp_path: Path
) -> None:
    made = heats.drawn(one, tmp_path)
    little = [heat.LevelHeat(1, 1, "", *heats.SIZE, {"tot": Part(0.2, 0.04, 0.0, 0.08)}), *made.levels[1:]]
    Heat(made.use, made.network, tuple(little), "h2").write(tmp_path / one.label_path / heat.FOLDER)
    told = "Heat TOT under 1 % of the lung beyond \u22120.46 (right 0 %, left under 1 %); the network said 0 %"
    assert told in strip(owner.get(PATH))


def test_a_map_lies_over_its_own_slice_alone(owner: Client, one: Quantification, tmp_path: Path) -> None:
    made = heats.drawn(one, tmp_path)
    elsewhere = [heat.LevelHeat(1, 17, "", *heats.SIZE, made.levels[0].parts), *made.levels[1:]]
    Heat(made.use, made.network, tuple(elsewhere), "h2").write(tmp_path / one.label_path / heat.FOLDER)
    source = owner.get(PATH).content.decode()
    assert "level-2-tot.png?v=h2" in source
    assert "level-1-tot.png" not in source


def test_switched_off_and_not_drawn_yet_are_told_apart(owner: Client, one: Quantification, settings: Settings) -> None:
    command = f"Whoever runs the portal can draw them: manage.py heat_maps {one.run_id}"
    said = strip(owner.get(PATH))
    assert f"No heat maps: drawing them is switched off here (ILDPORTAL_HEAT_MAPS). {command}" in said
    assert "Heat map Off" not in said
    settings.HEAT_MAPS = True
    waits = "they are not drawn yet; a worker draws them after the measurement, while no scan waits"
    assert f"No heat maps: {waits}. {command}" in strip(owner.get(PATH))


def test_a_failure_gives_its_reason(owner: Client, one: Quantification, tmp_path: Path) -> None:
    reason = "lungs.nii.gz cannot be read: gone"
    Heat("", None, (), reason=reason).write(tmp_path / one.label_path / heat.FOLDER)
    assert f"No heat maps: drawing them failed: {reason}." in strip(owner.get(PATH))


def test_maps_of_another_version_than_the_scores_are_not_shown(
    owner: Client, one: Quantification, tmp_path: Path
) -> None:
    heats.drawn(one, tmp_path, version="0", sha256="ab" * 32)
    said = strip(owner.get(PATH))
    assert f"No heat maps: those in the store are of goh_scores 0, and these scores are by {heats.BY}; drawing" in said
    LevelScore.objects.filter(source="network").update(model_version="ours-7", weights_sha256="cd" * 32)
    said = strip(owner.get(PATH))
    assert "No heat maps: goh_scores ours-7, which made these scores, is not in the portal any more." in said
    assert "manage.py heat_maps" not in said, "it could not draw them"
    LevelScore.objects.filter(source="network").delete()
    assert "Heat map of TOT of goh_scores 0" in strip(owner.get(PATH)), "no score to differ from"


def test_invented_numbers_have_none_and_need_no_reason(owner: Client, patient: Patient, tmp_path: Path) -> None:
    heats.measured(patient, tmp_path, engine="simulated")
    assert "heat map" not in words(owner.get(PATH)).lower()


def test_members_see_the_files_and_strangers_do_not(
    teammate: Client, stranger: Client, superuser: Client, one: Quantification, tmp_path: Path
) -> None:
    assert teammate.get(address(one)).status_code == 404, "none drawn"
    heats.drawn(one, tmp_path)
    for client in (teammate, superuser):
        answer = client.get(address(one) + "?v=h1")
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert teammate.get(address(one)).headers["Cache-Control"] == "private, no-cache"
    etag = teammate.get(address(one)).headers["ETag"]
    assert teammate.get(address(one), headers={"If-None-Match": etag}).status_code == 304
    assert stranger.get(address(one), headers={"If-None-Match": etag}).status_code == 404
    assert Client().get(address(one)).status_code == 302


@pytest.mark.parametrize("name", ["heat.json", "level-6-tot.png", "level-5-tot.png", "..%2fheat.json", "a%00.png"])
def test_no_other_file_can_be_asked_for(owner: Client, one: Quantification, tmp_path: Path, name: str) -> None:
    heats.drawn(one, tmp_path)
    assert owner.get(f"/ct/{one.pk}/heat/{name}").status_code == 404
