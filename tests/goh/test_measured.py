"""Goh scores counted on label maps of which every voxel is known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from quant.engine.patterns import NAMES
from quant.goh import measured, table
from quant.goh.levels import Level
from quant.goh.table import NOT_SCORED, Model, Score

Labels = npt.NDArray[np.uint8]


def lungs(slices: int = 5) -> Labels:
    """100 voxels of lung in each slice but slice 0."""
    labels = np.zeros((slices, 12, 12), np.uint8)
    labels[1:, 1:11, 1:6], labels[1:, 1:11, 6:11] = 1, 2
    return labels


def patterns(**counts: int) -> Labels:
    """Of one slice: so many voxels of each pattern within the lung; all outside it is consolidation."""
    lung = lungs(2)[1] > 0
    labels = np.full(lung.shape, 2, np.uint8)
    inside = np.repeat([NAMES.index(name) + 1 for name in counts], list(counts.values()))
    labels[lung] = np.pad(inside, (0, 100 - len(inside)))
    return labels


def at(level: int, index: int | None) -> Level:
    where = (None, None, None, None) if index is None else (index, -100.0 + index, 0.4, "estimated")
    return Level(level, *where)


def test_shares_of_the_lung_area_of_that_slice() -> None:
    labels = patterns(ground_glass=12, consolidation=3, reticulation=20, honeycombing=5, emphysema=30)
    assert measured.score(lungs(2)[1], labels) == Score(tot=40.0, gg=15.0, ret=25.0)


def test_healthy_lung_scores_nought_and_no_lung_scores_nothing() -> None:
    assert measured.score(lungs(2)[1], patterns()) == Score(0.0, 0.0, 0.0)
    assert measured.score(lungs(2)[0], patterns()) == NOT_SCORED


@pytest.mark.parametrize(
    ("looked_for", "expected"),
    [
        (("ground_glass", "consolidation", "emphysema"), Score(None, 7.0, None)),
        (("ground_glass", "reticulation", "honeycombing"), Score(None, None, 9.0)),
    ],
)
def test_a_score_that_needs_a_pattern_nobody_looked_for_is_missing(
    looked_for: tuple[str, ...], expected: Score
) -> None:
    labels = patterns(ground_glass=4, consolidation=3, reticulation=2, honeycombing=7)
    assert measured.score(lungs(2)[1], labels, looked_for) == expected


def test_tot_never_exceeds_gg_and_ret_nor_the_lung() -> None:
    generator = np.random.default_rng(7)
    for _ in range(200):
        lung = (generator.random((9, 9)) < 0.8).astype(np.uint8)
        found = measured.score(lung, generator.integers(0, 5, lung.shape, np.uint8) * (lung > 0))
        assert found.tot is not None
        assert found.gg is not None
        assert found.ret is not None
        assert max(found.gg, found.ret) <= found.tot <= min(100.0, found.gg + found.ret)


def test_the_source_in_the_words_of_the_contract() -> None:
    whole = np.stack([patterns(), *(patterns(ground_glass=n, reticulation=10) for n in (0, 10, 20, 30))])
    levels = [at(level, index) for level, index in ((1, 4), (2, 3), (3, 2), (4, 1), (5, 1))]
    found = table.source(levels, measured.scores(levels, lungs(), whole), ("1.0", "1.1", "1.2", None, "1.4"))
    assert found["extent_percent"] == pytest.approx((40 + 30 + 20 + 10 + 10) / 5)
    assert found["levels"][0] == {
        "level": 1, "slice": 4, "position_mm": -96.0, "sop_uid": "1.4", "tot": 40.0, "gg": 30.0, "ret": 10.0,
        "confidence": 0.4,
    }  # fmt: skip
    assert found["levels"][1]["sop_uid"] is None, "a slice filled in belongs to no instance"


@pytest.mark.parametrize(("index", "said"), [(None, "outside the scan"), (0, "no lung in the slice of level 5")])
def test_a_level_without_scores_is_named_and_leaves_no_extent(index: int | None, said: str) -> None:
    levels = [at(level, 3) for level in range(1, 5)] + [at(5, index)]
    scores = measured.scores(levels, lungs(), np.zeros((5, 12, 12), np.uint8))
    found = table.source(levels, scores, ("1",) * 5)
    assert found["extent_percent"] is None
    last = found["levels"][-1]
    assert [last[key] for key in ("tot", "gg", "ret")] == [None] * 3
    assert [last[key] for key in ("slice", "position_mm", "sop_uid", "confidence")] == (
        [None] * 4 if index is None else [0, -100.0, "1", 0.4]
    )
    words = list(measured.unscored(levels, scores))
    assert len(words) == 1
    assert said in words[0]


def test_a_network_gives_its_model_and_its_limits() -> None:
    scores = [Score(20.0, 15.0, 8.0, 0.6, ((14.0, 26.0), (10.0, 20.0), (4.0, 12.0)))] * 5
    levels = [at(level, 3) for level in range(1, 6)]
    found = table.source(levels, scores, ("1",) * 5, Model("goh_scores", "1", "ab" * 32))
    assert found["model"] == {"name": "goh_scores", "version": "1", "sha256": "ab" * 32}
    first = found["levels"][0]
    assert {name: first[name] for name in first if name.startswith(("tot", "gg", "ret"))} == {
        "tot": 20.0, "gg": 15.0, "ret": 8.0, "tot_low": 14.0, "tot_high": 26.0, "gg_low": 10.0, "gg_high": 20.0,
        "ret_low": 4.0, "ret_high": 12.0,
    }  # fmt: skip
    assert first["confidence"] == 0.6, "its own, not that of the level"


def test_the_source_that_counts_is_there() -> None:
    with pytest.raises(ValueError, match="no Goh source network"):
        table.document({"measured": {}}, "network")
