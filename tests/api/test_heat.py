"""Heat maps by program: figures, links that lead to pictures, and why there are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from patients.models import Patient, Site
from quant.models import LevelScore, Quantification
from tests import heats
from tests.factories import make_patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(bern: Site, settings: Settings, tmp_path: Path) -> Patient:
    settings.STORAGE = tmp_path
    return make_patient("SSc-0147", site=bern)


@pytest.fixture
def one(patient: Patient, tmp_path: Path) -> Quantification:
    return heats.measured(patient, tmp_path)


def maps(client: APIClient, one: Quantification) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/v1/quantifications/{one.pk}/").json()["goh"]["heat"]
    return found


def test_figures_and_links_of_every_level(
    owner: APIClient, stranger: APIClient, one: Quantification, tmp_path: Path
) -> None:
    heats.drawn(one, tmp_path)
    found = maps(owner, one)
    assert found["model"] == {"name": heats.NAME, "version": heats.VERSION, "sha256": heats.SHA}
    assert (found["why"], found["use"]) == ("", heats.USE)
    assert found["scores"]["gg"] == {"threshold": -0.54, "r2": 0.64, "overlap": 0.35}
    assert [(level["level"], level["why"]) for level in found["levels"]][-2:] == [
        (4, ""),
        (5, "slice 5 holds no lung."),
    ]
    part = found["levels"][1]["scores"]["tot"]
    address = part.pop("picture")
    assert part == {"told": 36.0, "percent": 34.4, "right_percent": 40.0, "left_percent": 28.0}
    assert address.endswith(f"/api/v1/quantifications/{one.pk}/heat/level-2-tot.png/")
    for accepted in ("image/png", "*/*", "application/json"):
        answer = owner.get(address, HTTP_ACCEPT=accepted)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
        assert answer.getvalue().startswith(b"\x89PNG")
    assert owner.get(address, HTTP_IF_NONE_MATCH=answer.headers["ETag"]).status_code == 304
    assert stranger.get(address).status_code == 404
    for name in ("heat.json", "level-5-tot.png", "level-9-tot.png"):
        missing = owner.get(f"/api/v1/quantifications/{one.pk}/heat/{name}/")
        assert (missing.status_code, missing.headers["Content-Type"]) == (404, "application/problem+json")


def test_without_maps_it_says_why(owner: APIClient, one: Quantification, tmp_path: Path) -> None:
    found = maps(owner, one)
    assert found == {
        "why": "drawing them is switched off here (ILDPORTAL_HEAT_MAPS)", "use": "", "model": None, "scores": {},
        "levels": [],
    }  # fmt: skip
    heats.drawn(one, tmp_path)
    LevelScore.objects.filter(source="network").update(model_version="ours-7", weights_sha256="cd" * 32)
    assert "is not in the portal any more" in maps(owner, one)["why"]


def test_invented_numbers_have_none(owner: APIClient, patient: Patient, tmp_path: Path) -> None:
    one = heats.measured(patient, tmp_path, engine="simulated")
    assert maps(owner, one) is None
