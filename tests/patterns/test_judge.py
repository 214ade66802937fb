"""The judge: a perfect finder gets everything, a blind one nothing, and the truth is where it was drawn."""

from __future__ import annotations

import numpy as np
import pytest

from quant.engine.patterns import CONSOLIDATION, EMPHYSEMA, HONEYCOMBING, NAMES
from quant.training.patterns import judge
from quant.training.patterns.judge import Case
from quant.training.patterns.scans import Clean


@pytest.fixture(scope="module")
def cases(clean_chest: Clean) -> dict[str, Case]:
    names = ("clean", "consolidation", "honeycombing", "emphysema", "mixed")
    return {case.name: case for case in judge.cases(clean_chest, 5, names)}


def test_the_clean_case_is_the_scan(cases: dict[str, Case], clean_chest: Clean) -> None:
    case = cases["clean"]
    assert not case.truth.any()
    assert np.array_equal(np.sort(case.hu[case.lung]), np.sort(clean_chest.hu[clean_chest.lung]))


def test_patterns_lie_in_the_lung_and_look_so(cases: dict[str, Case]) -> None:
    for case in cases.values():
        assert not case.truth[~case.lung].any()
    dense, air = cases["consolidation"], cases["emphysema"]
    assert np.median(dense.hu[dense.truth == CONSOLIDATION]) > -100
    assert np.median(air.hu[air.truth == EMPHYSEMA]) < -940
    cysts = cases["honeycombing"]
    values = cysts.hu[cysts.truth == HONEYCOMBING]
    assert np.percentile(values, 15) < -800
    assert np.percentile(values, 85) > -600


def test_a_perfect_finder_is_perfect(cases: dict[str, Case]) -> None:
    scores = [one for case in cases.values() for one in judge.score(case, case.truth)]
    assert {one.dice for one in scores if one.truth} == {1.0}
    assert all(one.found == one.truth for one in scores)


def test_a_blind_finder_finds_nothing(cases: dict[str, Case]) -> None:
    case = cases["mixed"]
    scores = judge.score(case, np.zeros_like(case.truth))
    assert {one.dice for one in scores if one.truth} == {0.0}
    assert {one.found for one in scores} == {0.0}
    assert [one.pattern for one in scores] == [*NAMES, "ild"]
    assert [one.dice for one in scores if one.pattern == "reticulation"] == [None]
