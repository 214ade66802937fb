"""The check of the score network: truth from the label map; scorers of known answers get what they deserve."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from quant.engine.result import Measured
from quant.engine.volume import Volume
from quant.evaluation import cases, goh
from quant.evaluation.base import Base
from quant.evaluation.disease import Wanted
from quant.evaluation.goh import Drawn, Seen, truth_of
from quant.goh.scores import Estimate, Scorer, SliceScore

GLASS = cases.Case("glass", (Wanted("ground_glass", "patchy", 8.0), Wanted("reticulation", "basal", 5.0)))


def constant(*told: float) -> Scorer:
    """Says the same of every slice, a point to either side."""
    estimates = [Estimate(value, value - 1, value + 1) for value in told]
    tot, gg, ret = estimates
    answer = SliceScore(tot, gg, ret, 1.0)
    return cast("Scorer", SimpleNamespace(of_slices=lambda _hu, _lungs, slices, _mm: [answer for _ in slices]))


@pytest.fixture(scope="module")
def drawn(base: Base) -> list[Drawn]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cases, "PATTERNS", (GLASS,))
        return list(goh.drawn(base, 3, lambda _: None))


def test_levels_lie_in_the_scan_with_their_neighbours(drawn: list[Drawn], base: Base) -> None:
    assert {one.case for one in drawn} == {"none", "glass"}
    assert len(drawn) == 2 * len({one.level for one in drawn}) >= 6
    for one in drawn:
        assert one.hu.shape == one.lungs.shape == one.patterns.shape
        assert len(one.hu) == 3
        assert set(np.unique(one.lungs)) == {0, 1, 2}
        clean = one.truth(1).max() == 0
        assert clean == (one.patterns[1] == 0).all()
    assert max(one.truth(1)[0] for one in drawn if one.case == "glass") > 5


def test_truth_counts_the_patterns_over_the_lung() -> None:
    lung = np.ones((10, 10), bool)
    lung[0] = False
    patterns = np.zeros((10, 10), np.uint8)
    patterns[1, :9] = 1
    patterns[2, :9] = 2
    patterns[3, :9] = 4
    patterns[4] = 5
    patterns[0] = 3
    np.testing.assert_allclose(truth_of(patterns, lung), [30.0, 20.0, 10.0])


def test_a_constant_scorer_is_as_wrong_as_it_is(drawn: list[Drawn]) -> None:
    seen = [goh.score(one, constant(4.0, 3.0, 2.0)) for one in drawn if one.case == "none"]
    found = goh.summary(seen)
    assert found["mae"] == found["bias"] == found["zero"] == {"tot": 4.0, "gg": 3.0, "ret": 2.0}
    assert found["zero_slices"] == found["slices"] == len(seen)
    assert found["limits_hold_percent"] == {"tot": 0.0, "gg": 0.0, "ret": 0.0}
    assert found["moved"]["+30 degrees"] == {"tot": 0.0, "gg": 0.0, "ret": 0.0}
    assert set(found["moved"]) == {"slice -1", "slice +1", "-30 degrees", "+30 degrees", "-5 %", "+5 %"}


def test_a_perfect_scorer_is_perfect(drawn: list[Drawn]) -> None:
    nothing = dict.fromkeys(("slice +1",), np.zeros(3))
    seen = [
        Seen(one.scan, one.case, one.level, one.truth(1), one.truth(1), np.array([[0, 100]] * 3, float), nothing)
        for one in drawn
    ]
    found = goh.document(seen)
    assert found["all"]["mae"] == {"tot": 0.0, "gg": 0.0, "ret": 0.0}
    assert found["all"]["kappa"] == {"tot": 1.0, "gg": 1.0, "ret": 1.0}
    assert set(found["cases"]) == {"none", "glass"}


def test_the_engines_own_count_stands_beside_it(base: Base) -> None:
    """An engine that draws the lungs right and calls half of them ground glass."""

    def half(volume: Volume) -> Measured:
        lungs = goh.sided(base.lungs)
        patterns = np.where((lungs > 0) & (np.indices(lungs.shape).sum(axis=0) % 2 == 0), 1, 0).astype(np.uint8)
        return cast("Measured", SimpleNamespace(lungs=lungs, patterns=patterns))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cases, "PATTERNS", ())
        places = list(goh.drawn(base, 3, lambda _: None, half))
    found = goh.summary([goh.score(one, constant(4.0, 3.0, 2.0)) for one in places])
    assert found["measured"]["mae"] == {"tot": pytest.approx(50, abs=1), "gg": pytest.approx(50, abs=1), "ret": 0.0}
    assert found["measured"]["slices"] == found["slices"]
    assert found["mae"]["tot"] == 4.0
