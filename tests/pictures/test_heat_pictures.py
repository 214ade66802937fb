"""Heat maps as pictures: what is painted is what counts as disease, within the lung alone."""

from __future__ import annotations

import re
from dataclasses import replace
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
from quant.heat import Network, Trust
from tests.phantom import chest
from tests.workers import REPOSITORY

CUT = -0.4
TOKENS = REPOSITORY / "static" / "tokens.css"
LIMITS = dict.fromkeys(heat.SCORES, CUT)
NETWORK = Network("goh_scores", "1", "abc", LIMITS, {"tot": Trust(0.8, 0.5)})
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
    painted = np.asarray(heat_pictures.painted(half(lung), "tot", NETWORK.edges("tot"), box, (200, 160)))
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
    made = heat_pictures.draw(volume, lungs, slices, NOBODY, NETWORK, folder)
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
    assert part.right is not None
    assert part.left is not None
    area = [np.count_nonzero(lungs[10] == side) for side in (1, 2)]
    assert (part.right * area[0] + part.left * area[1]) / sum(area) == pytest.approx(part.percent, abs=0.1)
    assert made.network == NETWORK
    assert len(made.version) == 16
    again = heat_pictures.draw(volume, lungs, slices, NOBODY, replace(NETWORK, thresholds=None), folder)
    assert again.network is not None
    assert again.network.thresholds is None
    assert again.levels[1].parts["tot"].percent is None


def test_a_side_without_lung_has_no_share() -> None:
    lung = np.zeros((8, 8), bool)
    lung[:, :4] = True
    part = heat_pictures._part(half(lung), "tot", 50.0, np.where(lung, 1, 0).astype(np.uint8), LIMITS)
    assert (part.percent, part.right, part.left) == (50.0, 50.0, None)


def test_the_steps_run_from_the_threshold_to_minus_one() -> None:
    assert NETWORK.edges("tot") == pytest.approx((-0.4, -0.55, -0.7, -0.85))
    deep = replace(NETWORK, thresholds={"tot": -0.7})
    assert deep.edges("tot") == pytest.approx((-0.7, -0.875, -1.05, -1.225)), "a threshold of its own range"
    assert replace(NETWORK, thresholds=None).edges("gg")[0] == heat.UNCHOSEN


# What is left of linear red, green and blue for those who see two colours (Machado 2009, complete).
EYES = {
    "all three": np.eye(3),
    "no red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "no green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "no blue": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("lung", [60, 90, 150], ids=["well aerated", "aerated", "ground glass"])
def test_each_step_is_lighter_than_the_one_before_for_every_eye(eye: str, lung: int) -> None:
    """In L* of CIELAB, over lung of this grey: 2 apart can be told, side by side."""
    light = []
    for ink in heat_pictures.INKS:
        mixed = [int(ink.colour[at : at + 2], 16) * ink.alpha / 255 + lung * (1 - ink.alpha / 255) for at in (1, 3, 5)]
        linear = np.clip(np.asarray(EYES[eye]) @ ((np.array(mixed) / 255 + 0.055) / 1.055) ** 2.4, 0, 1)
        light.append(116 * float(linear @ (0.2126, 0.7152, 0.0722)) ** (1 / 3) - 16)
    assert min(np.diff(light)) > 6


def test_the_inks_are_those_of_the_pages() -> None:
    tokens = dict(re.findall(r"(--[\w-]+):\s*(#\w+);", TOKENS.read_text()))
    assert [tokens[f"--ov-heat-{step}"] for step in range(1, heat.STEPS + 1)] == [
        one.colour for one in heat_pictures.INKS
    ]


def test_nothing_is_left_of_a_drawing_that_was_put_off(tmp_path: Path) -> None:
    def busy() -> None:
        raise InterruptedError

    folder = tmp_path / heat.FOLDER
    with pytest.raises(InterruptedError):
        heat_pictures.draw(
            cast("Volume", None), np.zeros((1, 1, 1), np.uint8), {1: 1}, NOBODY, NETWORK, folder, pause=busy
        )
    assert not folder.exists()
    assert heat.read(tmp_path) is None
