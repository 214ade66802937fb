"""Engines whose answers are known get the numbers they deserve."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from quant.engine.arrays import Labels
from quant.engine.result import Measured
from quant.engine.volume import Volume
from quant.evaluation import cases, run
from quant.evaluation.base import Base
from quant.evaluation.disease import Wanted
from quant.evaluation.insert import Inserted, insert
from quant.evaluation.targets import Seen
from tests.evaluation.conftest import Oracle, answer

GLASS = cases.Case("glass", (Wanted("ground_glass", "patchy", 8.0), Wanted("emphysema", "centrilobular", 2.0)))
SEED = 3


def unwatched(base: Base, case: str, inserted: Inserted | None, measured: Measured) -> None:
    """Nobody looks."""


def by_key(seen: list[Seen]) -> dict[str, float]:
    return {one.key: one.value for one in seen}


@pytest.fixture
def none(base: Base) -> Labels:
    return np.zeros(base.lungs.shape, np.uint8)


def test_an_engine_that_knows_the_truth_is_perfect(base: Base, oracle: Oracle, none: Labels) -> None:
    found = by_key(list(run.clean(base, oracle(none), unwatched)))
    assert found["lung_dice_median"] == found["lobe_dice"] == found["middle_lobe_dice"] == found["identical"] == 1.0
    assert found["outside_ml"] == found["false_ild"] == found["carina_mm"] == 0.0
    truth = insert(base, GLASS.wanted, SEED).patterns
    found = by_key(list(run.patterns(base, oracle(truth), unwatched, SEED, [GLASS])))
    assert found["ild_error"] == found["ground_glass_error"] == found["emphysema_error"] == 0.0
    assert found["ground_glass_dice"] == found["emphysema_dice"] == 1.0
    assert "reticulation_dice" not in found


def test_an_engine_that_sees_no_disease(base: Base, oracle: Oracle, none: Labels) -> None:
    found = by_key(list(run.patterns(base, oracle(none), unwatched, SEED, [GLASS])))
    assert found["ild_error"] == pytest.approx(8.0, abs=0.01)
    assert found["emphysema_error"] == pytest.approx(2.0, abs=0.01)
    assert found["ground_glass_dice"] == 0.0


def test_limits_hold_the_extent_or_do_not(base: Base, oracle: Oracle, none: Labels) -> None:
    """8 % of ground glass between 7 and 10, 2 % of emphysema not between 3 and 4; without limits nothing is told."""
    limits = {"ground_glass": {"low": 7.0, "high": 10.0}, "emphysema": {"low": 3.0, "high": 4.0}}

    def engine(volume: Volume) -> Measured:
        measured = oracle(none)(volume)
        measured.document["patterns"] = {**limits, "reticulation": {"low": None, "high": None}}
        return measured

    found = [one for one in run.patterns(base, engine, unwatched, SEED, [GLASS]) if one.key.startswith("limits")]
    held = {one.case.split(", ")[1]: one.value for one in found if one.key == "limits_hold"}
    width = {one.case.split(", ")[1]: one.value for one in found if one.key == "limits_width"}
    assert held == {"ground_glass": 100.0, "emphysema": 0.0}
    assert width == {"ground_glass": 3.0, "emphysema": 1.0}


def test_disease_seen_where_none_is_counts_as_false(base: Base, oracle: Oracle, none: Labels) -> None:
    none[base.lungs] = 5
    assert by_key(list(run.clean(base, oracle(none), unwatched)))["false_ild"] == 0.0
    none[base.lungs] = 3
    assert by_key(list(run.clean(base, oracle(none), unwatched)))["false_ild"] == 100.0


def test_consolidation_outside_the_lungs_found_is_lost(base: Base, none: Labels) -> None:
    case = cases.LUNGS[0]
    drawn = insert(base, case.wanted, SEED).patterns > 0

    def blind(volume: Volume) -> Measured:
        found = answer(base, volume, none)
        found.lungs[drawn] = 0
        return found

    found = by_key(list(run.lungs(base, blind, unwatched, SEED, [case])))
    assert found["small_inside"] == 0.0


def test_an_engine_that_differs_from_itself_is_caught(base: Base, none: Labels) -> None:
    calls = count()

    def fickle(volume: Volume) -> Measured:
        found = answer(base, volume, none)
        found.document["lesion_percent"] = next(calls)
        return found

    assert by_key(list(run.clean(base, fickle, unwatched)))["identical"] == 0.0


def test_a_pair_is_held_against_what_was_drawn(base: Base, none: Labels) -> None:
    pair = cases.Pair("grows", GLASS.wanted[:1], (Wanted("ground_glass", "patchy", 12.0),))
    shown = iter([insert(base, pair.before, SEED).patterns, insert(base, pair.after, SEED).patterns])
    found = by_key(list(run.pairs(base, lambda volume: answer(base, volume, next(shown)), unwatched, SEED, [pair])))
    assert found == {"change_error": pytest.approx(0.0, abs=1e-9), "change_sign": 1.0}
    still = by_key(list(run.pairs(base, lambda volume: answer(base, volume, none), unwatched, SEED, [pair])))
    assert still == {"change_error": pytest.approx(4.0, abs=0.01), "change_sign": 0.0}


def test_every_case_is_watched(base: Base, oracle: Oracle, none: Labels) -> None:
    watched: list[str] = []
    list(run.lungs(base, oracle(none), lambda _, case, *__: watched.append(case), SEED, cases.LUNGS[:2]))
    assert watched == [case.name for case in cases.LUNGS[:2]]
