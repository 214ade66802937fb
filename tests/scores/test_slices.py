"""A slice on the network's grid: lungs in the middle, constant millimetres, nothing beyond them."""

from __future__ import annotations

import numpy as np
import pytest

from quant.engine.errors import UnusableInput
from quant.goh.planes import MOST_SPREAD_HU, PLANES
from quant.goh.slices import SIDE_MM, of_scan, square


def plane(side: int, radius: int, at: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.ogrid[:side, :side]
    lung = (y - at[0]) ** 2 + (x - at[1]) ** 2 <= radius**2
    return np.where(lung, np.float32(-850), np.float32(40)), lung


def test_the_lung_lies_in_the_middle_wherever_it_was() -> None:
    found = [square(*plane(300, 80, at), (1.0, 1.0), 96) for at in ((120, 150), (180, 110))]
    np.testing.assert_allclose(found[0].image, found[1].image, atol=1e-5)
    for one in found:
        assert one.lung[48, 48] == pytest.approx(1.0, abs=1e-4)
        assert one.lung.sum() * one.mm**2 == pytest.approx(np.pi * 80**2, rel=0.01)
        assert one.image.shape == (PLANES, 96, 96)
        assert one.image[0, 48, 48] == pytest.approx(150 / 1200, abs=1e-3)
        assert one.image[1, 20:76, 20:76].max() == pytest.approx(0.0, abs=1e-2), "nothing differs in even lung"
        assert one.image[:, 0].max() == one.image[:, 48, 2].max() == 0.0


def test_lines_differ_from_a_veil_of_the_same_density_by_their_spread() -> None:
    hu, lung = plane(600, 160, (300, 300))
    veil, lines = (np.where(lung, np.float32(-750), hu) for _ in range(2))
    lines[lung] += 100.0 * np.where(np.arange(600) % 4 < 2, 1, -1)[None].repeat(600, 0)[lung]
    veiled, lined = (square(one, lung, (0.5, 0.5), 96).image[:, 36:60, 36:60] for one in (veil, lines))
    np.testing.assert_allclose(veiled[0], lined[0], atol=0.01)
    assert veiled[1].max() < 0.01
    assert lined[1] == pytest.approx(100 / MOST_SPREAD_HU, abs=0.03)


def test_a_line_is_bent_across_and_a_hole_both_ways() -> None:
    hu, lung = plane(600, 160, (300, 300))
    y, x = np.ogrid[:600, :600]
    lines, holes = (np.where(lung, np.float32(-700), hu) for _ in range(2))
    lines[lung & (x % 12 < 2)] = -500
    holes[lung & ((y % 12 - 6) ** 2 + (x % 12 - 6) ** 2 < 9)] = -900
    lined, holed = (square(one, lung, (0.5, 0.5), 96).image[:, 36:60, 36:60].mean((1, 2)) for one in (lines, holes))
    assert lined[2] > 0.05
    assert holed[3] > 0.05
    assert lined[3] < 0.05 * holed[3]


def test_the_border_of_the_lung_is_no_line() -> None:
    hu, lung = plane(600, 160, (300, 300))
    found = square(hu, lung, (0.5, 0.5), 96)
    assert found.image[2:].max() < 0.01


def test_pixels_of_another_size_give_the_same_square() -> None:
    fine, coarse = (
        square(*plane(round(300 / mm), round(80 / mm), (round(150 / mm),) * 2), (mm, mm), 96) for mm in (0.5, 1.0)
    )
    assert fine.mm == coarse.mm == SIDE_MM / 96
    assert np.abs(fine.image - coarse.image).mean() < 0.002


def test_lungs_too_wide_for_the_square_are_made_to_fit() -> None:
    found = square(*plane(500, 220, (250, 250)), (1.0, 1.0), 96)
    assert found.mm > SIDE_MM / 96
    assert found.lung[[0, -1]].max() == found.lung[:, [0, -1]].max() == 0.0


def test_a_slice_without_lung_or_outside_is_named() -> None:
    hu, labels = np.zeros((3, 64, 64), np.int16), np.zeros((3, 64, 64), np.uint8)
    with pytest.raises(UnusableInput) as none:
        of_scan(hu, labels, 1, (2.5, 1.0, 1.0))
    assert none.value.code == "no_lung"
    assert "slice 1" in none.value.detail
    for index in (-1, 3):
        with pytest.raises(UnusableInput) as outside:
            of_scan(hu, labels, index, (2.5, 1.0, 1.0))
        assert outside.value.code == "no_slice"
