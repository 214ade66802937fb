"""Extents hit what was asked for, lie in the lungs, grow in place and look like what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest

from quant.training.phantom import PATTERNS, Disease, Phantom, PhantomError, Scan, Subject, make
from tests.phantoms.conftest import EARLY, LATE, SMALL

# Rank: what a voxel may mature into comes first.
RANKED = ("honeycombing", "consolidation", "reticulation", "ground_glass", "emphysema")


def region(phantom: Phantom, *names: str) -> np.ndarray:
    return np.isin(phantom.patterns, [PATTERNS.index(name) + 1 for name in names])


@pytest.mark.parametrize("pattern", PATTERNS)
def test_each_extent_is_the_one_asked_for(pattern: str, early: Phantom, late: Phantom) -> None:
    for phantom, asked in ((early, EARLY), (late, LATE)):
        counted = 100 * region(phantom, pattern).sum() / (phantom.lungs > 0).sum()
        assert counted == pytest.approx(phantom.truth["patterns"][pattern]["percent"], abs=1e-9)
        assert counted == pytest.approx(getattr(asked, pattern), abs=0.1)


def test_the_sums_of_the_truth_are_those_of_its_parts(late: Phantom) -> None:
    truth = late.truth
    percent = {name: truth["patterns"][name]["percent"] for name in PATTERNS}
    assert truth["lesion_percent"] == pytest.approx(percent["ground_glass"] + percent["consolidation"])
    assert truth["fibrosis_percent"] == pytest.approx(percent["reticulation"] + percent["honeycombing"])
    assert truth["ild_percent"] == pytest.approx(truth["lesion_percent"] + truth["fibrosis_percent"])
    assert truth["severity"]["total"] == sum(lobe["severity"] for lobe in truth["lobes"].values())
    assert sum(lobe["lesion_ml"] for lobe in truth["lobes"].values()) == pytest.approx(
        truth["patterns"]["ground_glass"]["ml"] + truth["patterns"]["consolidation"]["ml"]
    )


def test_no_disease_lies_outside_the_lungs(late: Phantom) -> None:
    assert not late.patterns[late.lungs == 0].any()


def test_disease_grows_in_place(early: Phantom, late: Phantom) -> None:
    assert np.array_equal(early.lungs, late.lungs)
    for count in range(1, len(RANKED) + 1):
        before, after = (region(phantom, *RANKED[:count]) for phantom in (early, late))
        assert not (before & ~after).any(), RANKED[:count]


def test_one_pattern_alone_grows_in_place_too() -> None:
    few = Scan(matrix=96, thickness=12.0)
    small, large = (make(Subject(9), few, Disease(ground_glass=p)) for p in (4.0, 20.0))
    assert not (region(small, "ground_glass") & ~region(large, "ground_glass")).any()


def test_patterns_have_their_density(late: Phantom) -> None:
    hu = {name: late.hu[region(late, name)].mean() for name in PATTERNS}
    well = late.hu[(late.lungs > 0) & (late.patterns == 0)].mean()
    assert hu["emphysema"] < well - 40
    assert well + 100 < hu["ground_glass"] < -450
    assert hu["consolidation"] > -250
    assert hu["ground_glass"] - 200 < hu["reticulation"] < -250


def test_fibrosis_lies_low_and_at_the_pleura(late: Phantom) -> None:
    heights = np.nonzero(region(late, "honeycombing", "reticulation"))[0].mean()
    assert heights < np.nonzero(late.lungs)[0].mean()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda: Disease(ground_glass=-1), "ground_glass must lie between 0 and 90, not -1"),
        (lambda: Disease(ground_glass=50, consolidation=41), "together exceed 90 %"),
        (lambda: Subject(sex=cast("Any", "X")), "sex must be one of M, F, not X"),
        (lambda: Subject(age_years=5), "age_years must lie between 18 and 110, not 5"),
        (lambda: Subject(height_cm=float("nan")), "height_cm must lie between"),
        (lambda: Scan(kernel=cast("Any", "bone")), "kernel must be one of soft, medium, sharp, not bone"),
        (lambda: Scan(breath=1.5), "breath must lie between 0 and 1, not 1.5"),
        (lambda: make(Subject(), Scan(slices=3, thickness=1.0)), "3 slices of 1 mm cover 3 mm"),
    ],
)
def test_the_impossible_is_refused_by_name(asked: Callable[[], object], said: str) -> None:
    with pytest.raises(PhantomError, match=said):
        asked()


def test_slices_alone_cover_the_lungs() -> None:
    phantom = make(Subject(9), Scan(matrix=64, slices=24))
    assert len(phantom.hu) == 24
    assert not phantom.lungs[0].any()
    assert not phantom.lungs[-1].any()
    assert SMALL.thickness != phantom.spacing_mm[2]
