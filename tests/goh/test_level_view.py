"""What the level network sees: mm, whatever the slices of the scan."""

from __future__ import annotations

import numpy as np
import pytest

from quant.goh.level_view import GRID_MM, MARGIN_MM, WINDOW, inputs, tent, view


def chest(slice_mm: float) -> tuple[np.ndarray, np.ndarray, tuple[float, float, float]]:
    """A lung from 60 to 210 mm in a body of 300 mm whose density rises with height."""
    height = np.arange(0, 300, slice_mm)
    hu = np.broadcast_to((height - 150).astype(np.int16)[:, None, None], (len(height), 60, 80)).copy()
    lungs = np.zeros(hu.shape, np.uint8)
    inside = (height >= 60) & (height <= 210)
    lungs[inside, 10:50, 10:35], lungs[inside, 10:50, 45:70] = 1, 2
    return hu, lungs, (slice_mm, 4.0, 4.0)


@pytest.mark.parametrize("slice_mm", [0.5, 1.25, 3.0, 5.0])
def test_heights_are_kept_at_every_spacing(slice_mm: float) -> None:
    hu, lungs, voxel = chest(slice_mm)
    seen = view(hu, lungs, voxel)
    assert seen is not None
    assert seen.hu.shape[1:] == WINDOW
    assert seen.bottom_mm == pytest.approx(60 - MARGIN_MM, abs=slice_mm)
    height = seen.bottom_mm + np.arange(len(seen.hu)) * GRID_MM[0]
    middle = seen.hu[2:-2, WINDOW[0] // 2, WINDOW[1] // 2] + 150
    assert np.allclose(middle, height[2:-2], atol=slice_mm / 2)


def test_right_and_left_lung_are_told_apart() -> None:
    seen = view(*chest(2.5))
    assert seen is not None
    plane = seen.side[len(seen.side) // 2, WINDOW[0] // 2]
    assert plane[: WINDOW[1] // 2].max() == 1
    assert plane[WINDOW[1] // 2 :].min() == -1


def test_a_scan_that_ends_within_the_lung_gives_no_planes_beyond_it() -> None:
    hu, lungs, voxel = chest(2.5)
    seen = view(hu[40:60], lungs[40:60], voxel)
    assert seen is not None
    assert seen.bottom_mm == 0
    assert (len(seen.hu) - 1) * GRID_MM[0] <= 19 * 2.5


def test_without_lung_there_is_nothing_to_see() -> None:
    hu, lungs, voxel = chest(5.0)
    assert view(hu, np.zeros_like(lungs), voxel) is None


def test_outside_the_scan_is_air() -> None:
    hu, lungs, voxel = chest(5.0)
    seen = view(hu[:, :, :40], lungs[:, :, :40], voxel)
    assert seen is not None
    assert (seen.hu[:, :, -10:] == -1000).all()
    assert np.abs(inputs(seen.hu, seen.side)).max() <= 1


def test_thin_slices_are_averaged_and_thick_ones_read_between() -> None:
    weights = tent(np.array([6.0]), 24, 0.5, 3.0)
    assert np.count_nonzero(weights) > 6
    assert weights.sum() == pytest.approx(1)
    assert tent(np.array([2.5]), 4, 5.0, 3.0)[0].tolist() == [0.5, 0.5, 0, 0]
