"""Is it a chest? Organs where they belong, of the density and the size they have."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from quant.engine.measures import severity as engine_severity
from quant.training.phantom import Phantom, Subject, make
from quant.training.phantom.frame import frame
from quant.training.phantom.model import Kernel
from quant.training.phantom.truth import severity
from tests.phantoms.conftest import PERSON, SMALL

USUAL_SHARE = {"RUL": (14, 26), "RML": (5, 13), "RLL": (19, 31), "LUL": (17, 28), "LLL": (18, 30)}


def at(phantom: Phantom, x: float, y: float, z: float) -> tuple[int, int, int]:
    """The voxel (z, y, x) nearest to a patient position in mm."""
    place = zip((x, y, z), phantom.origin_mm, phantom.spacing_mm, strict=True)
    column, row, level = (round((mm - origin) / step) for mm, origin, step in place)
    return level, row, column


def test_the_right_lung_lies_at_low_x_and_the_feet_at_index_0(healthy: Phantom) -> None:
    columns = [np.nonzero(healthy.lungs == side)[2].mean() for side in (1, 2)]
    assert columns[0] < healthy.hu.shape[2] / 2 < columns[1]
    tops = np.flatnonzero((healthy.airways > 0).any(axis=(1, 2)))
    assert tops[-1] == len(healthy.hu) - 1
    assert healthy.lungs[-1].sum() == 0
    assert healthy.lungs[0].sum() == 0


def test_organs_have_their_density(healthy: Phantom) -> None:
    def usual(x: float, y: float, z: float) -> float:
        level, row, column = at(healthy, x, y, z)
        return float(np.median(healthy.hu[level - 1 : level + 2, row - 2 : row + 3, column - 2 : column + 3]))

    assert -900 < healthy.hu[healthy.lungs > 0].mean() < -780
    assert 30 < usual(25, -30, -75) < 60  # heart
    assert 40 < usual(-70, -10, -150) < 75  # liver
    assert usual(-70, -10, 0) < -750  # right lung
    assert usual(165, -110, 0) < -950  # beside the body


def test_lungs_are_of_adult_size_and_lobes_share_them_as_usual(healthy: Phantom) -> None:
    lungs = healthy.truth["lungs"]
    assert 3000 < lungs["volume_ml"] < 6000
    assert lungs["right_ml"] > lungs["left_ml"]
    for name, (low, high) in USUAL_SHARE.items():
        assert low < 100 * healthy.truth["lobes"][name]["ml"] / lungs["volume_ml"] < high, name
    assert sum(lobe["ml"] for lobe in healthy.truth["lobes"].values()) == lungs["volume_ml"]


def test_lobes_fill_the_lungs_on_their_own_side(healthy: Phantom) -> None:
    assert ((healthy.lobes > 0) == (healthy.lungs > 0)).all()
    assert set(np.unique(healthy.lobes[healthy.lungs == 1])) == {1, 2, 3}
    assert set(np.unique(healthy.lobes[healthy.lungs == 2])) == {4, 5}


def test_trachea_and_main_bronchi_are_no_lung_and_vessels_lie_within(healthy: Phantom) -> None:
    level = healthy.truth["carina"]["slice"]
    trachea = healthy.airways[level + 12 :] > 0
    assert trachea.any()
    assert not healthy.lungs[level + 12 :][trachea].any()
    assert healthy.vessels.any()
    assert healthy.lungs[healthy.vessels > 0].all()


def test_the_goh_levels_follow_each_other_down_to_the_dome(healthy: Phantom) -> None:
    levels = healthy.truth["goh_levels"]
    heights = [level["position_mm"] for level in levels]
    assert [level["level"] for level in levels] == [1, 2, 3, 4, 5]
    assert heights == sorted(heights, reverse=True)
    assert levels[1]["slice"] == healthy.truth["carina"]["slice"]
    assert abs(heights[3] - (heights[2] + heights[4]) / 2) < 0.02
    assert (healthy.lungs[levels[4]["slice"]] == 1).any()


def test_a_level_outside_the_scan_has_no_slice() -> None:
    short = make(PERSON, dataclasses.replace(SMALL, slices=20))
    levels = short.truth["goh_levels"]
    assert levels[0]["slice"] is None
    assert levels[0]["position_mm"] is not None
    assert [levels[0][name] for name in ("tot", "gg", "ret")] == [None] * 3


def test_goh_scores_are_shares_of_the_lung_of_that_slice(late: Phantom, healthy: Phantom) -> None:
    assert all(level["tot"] == level["gg"] == level["ret"] == 0 for level in healthy.truth["goh_levels"])
    scored = late.truth["goh_levels"]
    for level in scored:
        lung, patterns = late.lungs[level["slice"]] > 0, late.patterns[level["slice"]]
        share = [100 * np.mean(patterns[lung] == value) for value in range(6)]
        assert level["gg"] == pytest.approx(share[1] + share[2])
        assert level["ret"] == pytest.approx(share[3] + share[4])
        assert level["tot"] == pytest.approx(level["gg"] + level["ret"])
    assert scored[4]["tot"] > scored[0]["tot"] > 0, "the disease is basal"


def test_breathing_out_leaves_small_dense_lungs_with_the_same_lobes(healthy: Phantom) -> None:
    out = make(PERSON, dataclasses.replace(SMALL, breath=0.2))
    assert 0.4 < out.truth["lungs"]["volume_ml"] / healthy.truth["lungs"]["volume_ml"] < 0.75
    assert out.hu[out.lungs > 0].mean() > healthy.hu[healthy.lungs > 0].mean() + 50
    for name, lobe in out.truth["lobes"].items():
        share = lobe["ml"] / out.truth["lungs"]["volume_ml"]
        assert abs(share - healthy.truth["lobes"][name]["ml"] / healthy.truth["lungs"]["volume_ml"]) < 0.06, name


def test_the_same_seed_is_the_same_scan_and_another_is_another() -> None:
    few = dataclasses.replace(SMALL, slices=8)
    once, again, other = (make(dataclasses.replace(PERSON, seed=seed), few).hu for seed in (4, 4, 5))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)


def test_men_and_tall_people_are_larger() -> None:
    people = (Subject(3, "F", 50, 165), Subject(3, "M", 50, 165), Subject(3, "F", 50, 185))
    woman, man, tall = (math.prod(frame(person, 1.0).scale) for person in people)
    assert man > 1.1 * woman
    assert tall > 1.1 * woman


def test_a_sharp_kernel_is_noisier_than_a_soft_one(healthy: Phantom) -> None:
    few = dataclasses.replace(SMALL, slices=8)
    spread = {}
    kernels: tuple[Kernel, ...] = ("soft", "sharp")
    for kernel in kernels:
        air = make(PERSON, dataclasses.replace(few, kernel=kernel)).hu[:, :6, :6]
        spread[kernel] = float(air[air > -1024].std())
    assert spread["sharp"] > 1.3 * spread["soft"]


def test_severity_is_the_scheme_of_the_contract() -> None:
    for whole in (1, 7, 100, 400):
        for lesion in range(whole + 1):
            assert severity(lesion, whole) == engine_severity(lesion, whole), (lesion, whole)
    assert severity(0, 0) is None
