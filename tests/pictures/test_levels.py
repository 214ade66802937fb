"""The five levels on lungs whose apex, carina and dome are known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from quant.goh import levels
from quant.goh.levels import Level

SLICE_MM, PIXEL_MM = 2.5, 2.0
VOXEL_MM = (SLICE_MM, PIXEL_MM, PIXEL_MM)
SLICES = 120
APEX, CARINA, DOME = 100, 70, 30
POSITIONS = [-400.0 + SLICE_MM * z for z in range(SLICES)]


def lungs(dome: int = DOME, apex: int = APEX) -> npt.NDArray[np.uint8]:
    """A right lung (label 1, 110 mm wide) from `apex` down to a floor that rises to slice `dome` in its middle."""
    labels = np.zeros((SLICES, 70, 140), np.uint8)
    z, y, x = np.ogrid[:SLICES, :70, :140]
    away2 = ((y - 35) ** 2 + (x - 35) ** 2) / 27.5**2
    floor = dome - 20 * away2
    labels[(away2 <= 1) & (z >= floor) & (z <= apex)] = 1
    labels[:, :, 75:130][labels[:, :, 5:60] == 1] = 2
    return labels


def find(labels: npt.NDArray[np.uint8], carina: int | None = CARINA) -> dict[int, Level]:
    return {one.level: one for one in levels.find(labels, carina, POSITIONS, VOXEL_MM)}


def test_carina_and_dome_are_seen() -> None:
    found = find(lungs())
    assert (found[2].slice, found[2].basis) == (CARINA, "seen")
    five = found[5]
    assert five.slice is not None
    assert abs(five.slice - (DOME + 10 / SLICE_MM)) <= 1
    assert five.basis == "seen"


def test_the_others_follow_by_the_stated_offsets() -> None:
    found = find(lungs())
    assert found[1].slice == pytest.approx(CARINA + levels.GREAT_VESSELS * (APEX - CARINA), abs=1)
    assert found[3].slice == pytest.approx(CARINA - levels.CONFLUENCE * (CARINA - DOME), abs=1)
    assert found[3].slice is not None
    assert found[5].slice is not None
    assert found[4].slice == pytest.approx((found[3].slice + found[5].slice) / 2, abs=1)
    assert {found[level].basis for level in (1, 3, 4)} == {"estimated"}


def test_levels_go_down_and_positions_are_those_of_their_slices() -> None:
    found = find(lungs())
    slices = [found[level].slice for level in range(1, 6)]
    assert slices == sorted(slices, key=lambda z: -1 if z is None else z, reverse=True)
    assert all(one.slice is not None and one.position_mm == POSITIONS[one.slice] for one in found.values())


def test_an_unseen_carina_makes_all_but_the_dome_a_guess() -> None:
    found = find(lungs(), None)
    assert found[5].basis == "seen"
    for level in range(1, 5):
        confidence = found[level].confidence
        assert found[level].basis == "estimated"
        assert confidence is not None
        assert confidence < levels.ESTIMATED


def test_bases_that_were_not_scanned_leave_the_lower_levels_open() -> None:
    cut = lungs()[40:]
    found = {one.level: one for one in levels.find(cut, CARINA - 40, POSITIONS[40:], VOXEL_MM)}
    assert found[2].slice == CARINA - 40
    assert found[5] == Level(5, None, None, None, None, "the dome of the right hemidiaphragm is not seen")
    assert found[4].slice is None


def test_apices_that_were_not_scanned_leave_the_first_level_to_the_lower_half() -> None:
    found = find(lungs(apex=SLICES - 1), 100)
    assert found[1].slice is None, "46 % of the lower half would lie above the scan"
    assert found[2].slice == 100


def test_without_lungs_and_airway_there_is_no_level() -> None:
    found = find(np.zeros((SLICES, 70, 140), np.uint8), None)
    assert [one.slice for one in found.values()] == [None] * 5


def test_the_tip_of_a_lung_is_no_dome() -> None:
    """An ellipsoid has its lowest point where a diaphragm has its highest."""
    z, y, x = np.ogrid[:SLICES, :70, :140]
    egg = ((z - 60) / 50) ** 2 + ((y - 35) / 30) ** 2 + ((x - 35) / 30) ** 2 <= 1
    assert find(egg.astype(np.uint8), 70)[5].slice is None
