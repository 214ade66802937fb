"""Heat maps of a hospital's own network: of the version whose scores count, from its own register."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command

from quant import heat, stored
from quant.engine.digest import sha256
from quant.goh import heat_known, heatmap, models, shelf
from quant.goh.heatmap import HeatMap
from quant.models import Quantification

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    def maps(_hu: object, labels: np.ndarray, index: int, *_: object) -> HeatMap:
        plane = np.where(labels[index] > 0, -0.9, np.nan).astype(np.float32)
        return HeatMap(plane, plane, plane, np.array([50.0, 50.0, 50.0]), 1)

    monkeypatch.setattr(heatmap, "maps", maps)


def network(one: Quantification) -> heat.Network:
    call_command("heat_maps", stdout=StringIO())
    found = heat.read(stored.folder_of(one))
    assert found is not None
    assert found.network is not None
    return found.network


def test_they_follow_the_network_whose_scores_count(measured: Quantification, shelf_folder: Path) -> None:
    assert network(measured).by == f"{shelf.NAME} {models.MODELS[shelf.NAME].version}", (
        "no network has scored it: the shipped one"
    )
    file = shelf_folder / "ours-1.safetensors"
    figures = {
        "weights": sha256(file),
        "thresholds": dict.fromkeys(heat.SCORES, -0.3),
        "consistency": {name: {"r2": 0.7, "dice": 0.6} for name in heat.SCORES},
    }
    heat_known.beside(file).write_text(json.dumps(figures))
    words = ("--version", "ours-1", "--folder", str(shelf_folder), "--now")
    call_command("score_again", str(measured.run_id), *words, stdout=StringIO())
    ours = network(measured)
    assert (ours.name, ours.version, ours.sha256) == (shelf.NAME, "ours-1", sha256(file))
    assert ours.thresholds == dict.fromkeys(heat.SCORES, -0.3)
    assert ours.trust["gg"] == heat.Trust(0.7, 0.6)
