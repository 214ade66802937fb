"""What is made of the network's crops, with a network whose answers are known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from quant.goh import level_seek, levels
from quant.goh.level_seek import Sight
from quant.goh.level_view import GRID_MM, WINDOW, View

PLANES = 60


class Marked:
    """Says of each landmark that it lies in the plane whose soft-tissue channel is brightest, or at an end."""

    def __init__(self, ends: dict[int, int] | None = None) -> None:
        self.ends = ends or {}

    def __call__(self, image: torch.Tensor) -> torch.Tensor:
        bright = image[0, 1].amax((1, 2))
        logits = torch.full((1, 4, len(bright) + 2), -20.0)
        for index in range(4):
            at = self.ends.get(index)
            logits[0, index, int(bright.argmax()) + 1 if at is None else at] = 10.0
        return logits.log_softmax(2)


def seen_at(plane: int, network: Any) -> dict[str, Sight]:
    hu = np.full((PLANES, *WINDOW), -900.0, np.float32)
    hu[plane, 20, 30] = 200
    return level_seek.sights(View(hu, np.zeros_like(hu), 12.0), network)


def test_a_height_is_counted_from_the_lowest_slice_in_every_crop() -> None:
    for plane in (20, 30, 40):
        found = seen_at(plane, Marked())["carina"]
        assert found.height_mm == pytest.approx(12 + plane * GRID_MM[0], abs=0.1)
        assert found.confidence > 0.95
        assert found.spread_mm < 0.1


def test_a_landmark_at_an_end_lies_outside_and_says_where() -> None:
    found = seen_at(30, Marked({0: -1, 3: 0}))
    assert (found["great_vessels"].height_mm, found["great_vessels"].outside) == (None, "above")
    assert (found["dome"].height_mm, found["dome"].outside) == (None, "below")
    assert found["carina"].height_mm is not None


def test_crops_that_disagree_make_it_less_sure() -> None:
    class Unsteady(Marked):
        def __call__(self, image: torch.Tensor) -> torch.Tensor:
            return super().__call__(image).roll(PLANES - image.shape[2], 2)

    found = seen_at(30, Unsteady())["carina"]
    assert found.confidence < 0.5
    assert found.spread_mm > 5


def test_too_few_planes_say_nothing() -> None:
    hu = np.zeros((level_seek.LEAST_PLANES - 1, *WINDOW), np.float32)
    assert level_seek.sights(View(hu, hu, 0.0), Marked()) == {}  # type: ignore[arg-type]


POSITIONS = [-300.0 + 2.5 * z for z in range(100)]


def sights(**heights: float | str) -> dict[str, Sight]:
    usual: dict[str, float | str] = {"great_vessels": 200, "carina": 160, "confluence": 110, "dome": 60, **heights}
    return {
        name: Sight(None, 0.9, 0.0, at) if isinstance(at, str) else Sight(at, 0.8, 2.0, None)
        for name, at in usual.items()
    }


def test_levels_follow_from_what_the_network_sees() -> None:
    found = {one.level: one for one in levels.by_network(sights(), POSITIONS, 2.5)}
    heights = {level: one.position_mm + 300 for level, one in found.items() if one.position_mm is not None}
    assert heights == {1: 200, 2: 160, 3: 110, 4: 90, 5: 70}
    assert all(one.basis == "network" for one in found.values())


def test_a_dome_outside_takes_levels_4_and_5_with_it() -> None:
    found = {one.level: one for one in levels.by_network(sights(dome="below"), POSITIONS, 2.5)}
    for level in (4, 5):
        assert (found[level].slice, found[level].position_mm, found[level].confidence) == (None, None, None)
        assert "below the scan" in (found[level].reason or "")
    assert found[3].position_mm is not None


def lungs() -> np.ndarray:
    """A right lung whose floor rises to 60 mm and whose apex lies at 230 mm."""
    labels = np.zeros((100, 70, 80), np.uint8)
    z, y, x = np.ogrid[:100, :70, :80]
    away = ((y - 35) ** 2 + (x - 35) ** 2) / 27.5**2
    labels[(away <= 1) & (z >= 24 - 20 * away) & (z <= 92)] = 1
    return labels


def test_where_both_find_a_level_the_other_is_told_and_a_wide_gap_is_said() -> None:
    found = {one.level: one for one in levels.find(lungs(), 64, POSITIONS, (2.5, 2.0, 2.0), sights(carina=120))}
    carina = found[2]
    assert (carina.basis, carina.position_mm, carina.other_mm) == ("seen", -140.0, -180.0)
    assert carina.apart
    assert carina.apart_mm == 40
    assert not found[5].apart
    words = levels.disagreement(tuple(found.values()))
    assert words is not None
    assert "level 2: 40 mm" in words
    assert levels.disagreement(levels.find(lungs(), 64, POSITIONS, (2.5, 2.0, 2.0))) is None


def test_a_carina_that_the_airway_does_not_show_is_the_networks() -> None:
    found = {one.level: one for one in levels.find(lungs(), None, POSITIONS, (2.5, 2.0, 2.0), sights())}
    assert (found[2].basis, found[2].position_mm) == ("network", -140.0)


def test_what_the_network_sees_outside_is_not_estimated_back() -> None:
    cut = lungs()[:88]
    found = levels.find(cut, 64, POSITIONS[:88], (2.5, 2.0, 2.0), sights(great_vessels="above"))
    assert levels.find(cut, 64, POSITIONS[:88], (2.5, 2.0, 2.0))[0].slice is not None
    assert found[0].slice is None
    assert "above" in (found[0].reason or "")


def test_what_must_lie_in_the_scan_is_estimated_where_the_network_misses_it() -> None:
    found = levels.find(lungs(), 64, POSITIONS, (2.5, 2.0, 2.0), sights(great_vessels="above", confluence="below"))
    assert [found[index].basis for index in (0, 2, 3)] == ["estimated"] * 3


def test_levels_out_of_order_are_the_landmarks() -> None:
    found = levels.find(lungs(), 64, POSITIONS, (2.5, 2.0, 2.0), sights(confluence=40))
    assert [one.basis for one in found] == ["estimated", "seen", "estimated", "estimated", "seen"]
    assert found[2].other_mm == -260
    assert found == tuple(
        replace(one, other_mm=other.other_mm)
        for one, other in zip(levels.find(lungs(), 64, POSITIONS, (2.5, 2.0, 2.0)), found, strict=True)
    )
    assert "level 3" in (levels.disagreement(found) or "")
