"""Heat maps as pictures: what is painted is what counts as disease, within the lung alone."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import pytest

from quant import heat, heat_pictures
from quant.engine.errors import UnusableInput
from quant.engine.volume import Volume
from quant.goh import heatmap
from quant.goh.heatmap import HeatMap
from quant.goh.scores import RESEARCH_USE, Scorer
from tests.phantom import chest

CUT = -0.4
LIMITS = dict.fromkeys(heat.SCORES, CUT)
NOBODY = cast("Scorer", None)


def half(lung: np.ndarray) -> HeatMap:
    """Disease in the upper half of the picture."""
    plane = np.where(lung, 0.0, np.nan).astype(np.float32)
    plane[: len(plane) // 2][lung[: len(plane) // 2]] = -0.9
    return HeatMap(plane, plane, plane, np.array([50.0, 50.0, 50.0]), 1)


def test_the_painted_share_is_the_score_given_back() -> None:
    lung = np.zeros((80, 100), bool)
    lung[10:70, 20:80] = True
    box = (slice(0, 1), slice(0, 80), slice(0, 100))
    painted = np.asarray(heat_pictures.painted(half(lung), "tot", CUT, box, (200, 160)))
    shown = painted > 0
    assert painted.shape == (160, 200)
    assert 100 * shown.sum() / (4 * lung.sum()) == pytest.approx(half(lung).percent("tot", CUT), abs=1.0)
    assert not shown[~np.kron(lung, np.ones((2, 2), bool))].any()
    assert painted.max() == len(heat_pictures.INKS)


def test_each_level_has_maps_or_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = chest(slices=20, size=64, vessels=0)
    lungs = (body.lung("right") * 1 + body.lung("left") * 2).astype(np.uint8)
    z, y, x = body.voxel_mm
    volume = cast("Volume", type("Scan", (), {"hu": body.hu, "voxel_mm": (z, y, x)}))

    def maps(_hu: object, labels: np.ndarray, index: int, *_: object) -> HeatMap:
        if index == 0:
            raise UnusableInput("no_lung", "slice 0 holds no lung")
        return half(labels[index] > 0)

    monkeypatch.setattr(heatmap, "maps", maps)
    slices = {3: 10, 1: None, 5: 0}
    folder = tmp_path / heat.FOLDER
    made = heat_pictures.draw(volume, lungs, slices, NOBODY, "abc", LIMITS, folder)
    assert heat.read(tmp_path) == made
    assert [(one.level, one.reason) for one in made.levels] == [
        (1, heat_pictures.OUTSIDE),
        (3, ""),
        (5, "slice 0 holds no lung."),
    ]
    assert made.use == RESEARCH_USE
    assert {path.name for path in folder.iterdir()} == {heat.INDEX, *(f"level-3-{score}.png" for score in heat.SCORES)}
    part = made.levels[1].parts["tot"]
    assert part.told == 50.0
    assert part.percent == pytest.approx(50.0, abs=3.0)
    again = heat_pictures.draw(volume, lungs, slices, NOBODY, "abc", None, folder)
    assert again.thresholds is None
    assert again.levels[1].parts["tot"].percent is None


def test_nothing_is_left_of_a_drawing_that_was_put_off(tmp_path: Path) -> None:
    def busy() -> None:
        raise InterruptedError

    folder = tmp_path / heat.FOLDER
    with pytest.raises(InterruptedError):
        heat_pictures.draw(
            cast("Volume", None), np.zeros((1, 1, 1), np.uint8), {1: 1}, NOBODY, "", None, folder, pause=busy
        )
    assert not folder.exists()
    assert heat.read(tmp_path) is None
