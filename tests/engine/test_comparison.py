"""Lung density at a common volume: breathing alone is no change, more tissue is."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.engine.comparison import MOST_VOLUME_RATIO, Density, at_volume, compare

volumes = st.floats(500, 9000)
densities = st.floats(-980, -100)
scans = st.builds(Density, volumes, densities, densities)
breaths = st.floats(1 / MOST_VOLUME_RATIO + 1e-9, MOST_VOLUME_RATIO - 1e-9)


def breathed(scan: Density, ratio: float) -> Density:
    """The same lung with another amount of air."""
    volume = scan.volume_ml * ratio
    return Density(volume, *(at_volume(hu, scan.volume_ml, volume) for hu in (scan.mean_hu, scan.perc15_hu)))


@given(scans, breaths)
def test_breathing_alone_is_no_change(scan: Density, ratio: float) -> None:
    found = compare(scan, breathed(scan, ratio))
    assert found.mass_g == pytest.approx(0, abs=1e-6)
    assert found.mean_hu == pytest.approx(0, abs=1e-6)
    assert found.perc15_hu == pytest.approx(0, abs=1e-6)


@given(scans, densities, densities)
def test_at_one_volume_nothing_is_corrected(scan: Density, mean: float, low: float) -> None:
    found = compare(scan, replace(scan, mean_hu=mean, perc15_hu=low))
    assert found.mean_hu == pytest.approx(found.raw_mean_hu, abs=1e-6)
    assert found.perc15_hu == pytest.approx(found.raw_perc15_hu, abs=1e-6)


@given(scans, densities, densities, breaths)
def test_the_breath_of_the_later_scan_does_not_matter(scan: Density, mean: float, low: float, ratio: float) -> None:
    later = Density(scan.volume_ml, mean, low)
    one, same = compare(scan, later, 5000.0), compare(scan, breathed(later, ratio), 5000.0)
    assert one.mass_g == pytest.approx(same.mass_g, abs=1e-6)
    assert one.mean_hu == pytest.approx(same.mean_hu, abs=1e-6)
    assert one.perc15_hu == pytest.approx(same.perc15_hu, abs=1e-6)


@given(scans, scans)
def test_forwards_and_backwards_mirror(earlier: Density, later: Density) -> None:
    there, back = compare(earlier, later), compare(later, earlier)
    assert there.common_ml == pytest.approx(back.common_ml)
    if there.mass_g is None or back.mass_g is None or there.mean_hu is None or back.mean_hu is None:
        assert math.isclose(max(there.volume_ratio, back.volume_ratio), MOST_VOLUME_RATIO) or there.why_not
        return
    assert there.mass_g == pytest.approx(-back.mass_g, abs=1e-6)
    assert there.mean_hu == pytest.approx(-back.mean_hu, abs=1e-6)
    assert there.mean_hu * there.common_ml / 1000 == pytest.approx(there.mass_g, abs=1e-6)


def test_more_tissue_behind_a_deeper_breath_is_seen() -> None:
    earlier = Density(4000, -800, -880)
    # Plainly the lung got lighter; at one volume it got heavier by 80 g.
    found = compare(earlier, Density(4800, -816.6667, -895))
    assert found.raw_mean_hu < 0
    assert found.mass_g == pytest.approx(80, abs=0.01)
    assert found.mean_hu == pytest.approx(80 / found.common_ml * 1000, abs=0.01)


def test_too_different_breaths_are_not_compared() -> None:
    found = compare(Density(4000, -800, -880), Density(5100, -830, -900))
    assert (found.mass_g, found.mean_hu, found.perc15_hu) == (None, None, None)
    assert found.why_not == "lung volumes of 4000 and 5100 mL differ by more than 25 %"
    assert found.raw_mean_hu == -30


@pytest.mark.parametrize("volume", [0.0, -1.0, math.nan, math.inf])
def test_a_lung_without_volume_is_an_error(volume: float) -> None:
    with pytest.raises(ValueError, match="above 0 mL"):
        Density(volume, -800, -880)
    with pytest.raises(ValueError, match="above 0"):
        compare(Density(4000, -800, -880), Density(4000, -800, -880), common_ml=volume)
