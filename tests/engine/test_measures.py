"""Numbers from counts: severity at its exact borders, histogram measures against a second computation."""

from __future__ import annotations

import fractions
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from quant.engine import measures
from quant.engine.run import Measured
from tests.phantom import Chest

BORDERS = [(0, 0), (99, 0), (100, 1), (499, 1), (500, 2), (2500, 2), (2501, 3), (4999, 3), (5000, 4), (7500, 4)]

NO_DOUBT = np.zeros((5, 2))


@given(
    st.lists(st.integers(0, 10**6), min_size=6, max_size=6),
    st.lists(st.floats(0, 2), min_size=10, max_size=10),
)
def test_limits_hold_the_extent(counts: list[int], shares: list[float]) -> None:
    table = measures.pattern_table(np.array(counts), sum(counts), 0.001, np.array(shares).reshape(5, 2))
    for one in table.values():
        if sum(counts):
            assert 0 <= one["low"] <= one["percent"] <= one["high"] <= 100
        else:
            assert one["low"] is one["high"] is None


@pytest.mark.parametrize(("part", "score"), [*BORDERS, (7501, 5), (10000, 5)])
def test_severity_at_its_borders(part: int, score: int) -> None:
    assert measures.severity(part, 10000) == score
    # 0.01 % is not a binary fraction; the counts of a real lobe must not tip over a border by rounding.
    assert measures.severity(part * 333, 3330000) == score


@given(st.integers(1, 10**8), st.data())
def test_severity_never_falls_with_more_lesion(total: int, data: st.DataObject) -> None:
    parts = sorted(data.draw(st.lists(st.integers(0, total), min_size=2, max_size=6)))
    scores = [measures.severity(part, total) or 0 for part in parts]
    assert all(a <= b for a, b in itertools.pairwise(scores))


def test_an_absent_lobe_is_null_and_so_is_the_total() -> None:
    lobes = np.array([1] * 100 + [2] * 100 + [3] * 100 + [4] * 100, np.uint8)
    found = np.zeros(400, np.uint8)
    found[:5], found[100:160] = 1, 2
    table = measures.lobe_table(lobes, found, 0.001, NO_DOUBT)
    assert [lobe["severity"] for lobe in table.values()] == [2, 4, 0, 0, None]
    assert table["LLL"]["ml"] is table["LLL"]["lesion_percent"] is table["LLL"]["lesion_ml"] is None
    assert table["RML"]["lesion_ml"] == pytest.approx(0.06)
    assert table["RML"]["patterns"]["consolidation"]["percent"] == 60.0
    assert table["RML"]["patterns"]["reticulation"] == {"ml": 0.0, "percent": 0.0, "low": 0.0, "high": 1.5}
    assert table["LLL"]["patterns"]["reticulation"] == {"ml": None, "percent": None, "low": None, "high": None}
    assert measures.total_severity(table) is None
    full = measures.lobe_table(np.append(lobes, np.uint8(5)), np.append(found, np.uint8(1)), 0.001, NO_DOUBT)
    assert measures.total_severity(full) == 2 + 4 + 5


def test_histogram_measures_are_a_direct_count(diseased: tuple[Chest, Measured]) -> None:
    body, measured = diseased
    values = body.hu[measured.lungs > 0].astype(float)
    lungs = measured.document["lungs"]
    assert lungs["haa_percent"] == 100 * ((values >= -600) & (values <= -250)).sum() / values.size
    assert lungs["laa950_percent"] == 100 * (values <= -950).sum() / values.size
    assert lungs["mean_density_hu"] == pytest.approx(values.mean())
    assert lungs["perc15_hu"] == np.percentile(values, 15, method="inverted_cdf")
    within = values[(values >= -1024) & (values <= -200)]
    assert lungs["skewness"] == pytest.approx(stats.skew(within))
    assert lungs["kurtosis"] == pytest.approx(stats.kurtosis(within))


def test_limits_count_as_inside() -> None:
    hu = np.array([-601, -600, -250, -249, -951, -950, -949, 30], np.int16)
    found = measures.histogram_measures(hu, np.ones(8, bool))
    assert found["haa_percent"] == 25.0
    assert found["laa950_percent"] == 25.0


EDGES = [-32768, -1025, -1024, -951, -950, -949, -601, -600, -599, -251, -250, -249, -201, -200, -199, 0, 3071, 32767]


@given(st.lists(st.sampled_from(EDGES) | st.integers(-1100, 200), min_size=1, max_size=60), st.data())
def test_any_voxels_are_counted_one_by_one(values: list[int], data: st.DataObject) -> None:
    """Against plain Python and scipy on values at and beside every limit, and at the ends of int16."""
    inside = data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    found = measures.histogram_measures(np.array(values, np.int16), np.array(inside))
    lung = [value for value, is_in in zip(values, inside, strict=True) if is_in]
    if not lung:
        assert set(found.values()) == {None}
        return
    assert found["mean_density_hu"] == sum(lung) / len(lung)
    assert found["haa_percent"] == 100 * sum(-600 <= v <= -250 for v in lung) / len(lung)
    assert found["laa950_percent"] == 100 * sum(v <= -950 for v in lung) / len(lung)
    rank = math.ceil(fractions.Fraction(15, 100) * len(lung))
    assert found["perc15_hu"] == sorted(lung)[rank - 1]
    within = [v for v in lung if -1024 <= v <= -200]
    if len(set(within)) < 2:
        assert found["skewness"] is found["kurtosis"] is None
    else:
        assert found["skewness"] == pytest.approx(stats.skew(within, bias=True), rel=1e-9, abs=1e-9)
        assert found["kurtosis"] == pytest.approx(stats.kurtosis(within, fisher=True, bias=True), rel=1e-9, abs=1e-9)


def test_without_lung_every_number_is_missing() -> None:
    found = measures.histogram_measures(np.zeros(4, np.int16), np.zeros(4, bool))
    assert set(found.values()) == {None}


def test_the_parts_make_the_whole(diseased: tuple[Chest, Measured]) -> None:
    document = diseased[1].document
    lobes = document["lobes"].values()
    whole = document["lungs"]["volume_ml"]
    assert sum(lobe["ml"] for lobe in lobes) == pytest.approx(whole)
    lesion = sum(document["patterns"][name]["ml"] for name in ("ground_glass", "consolidation"))
    assert sum(lobe["lesion_ml"] for lobe in lobes) == pytest.approx(lesion)
    assert document["lesion_percent"] == pytest.approx(100 * lesion / whole)
    assert document["severity"]["total"] == sum(lobe["severity"] for lobe in lobes)
