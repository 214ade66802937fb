"""Agreement statistics against numbers that others published or that were computed by hand."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from quant import agreement

# Shrout and Fleiss 1979, table 2: six targets, four judges.
JUDGES = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
# Hout, Duncan and Sobel 1987 (Agresti, Categorical Data Analysis): answers of 91 couples in four steps.
COUPLES = np.array([[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]])
# Bland and Altman 1986, table 1: peak flow of 17 people by two meters, L/min, first reading.
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
# Student 1908: hours of sleep gained with two drugs (R's `sleep`).
DRUG_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
DRUG_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
# Hollander and Wolfe 1973, p. 29: depression before and after (example of R's `wilcox.test`).
BEFORE = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
AFTER = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]


def told(table: np.ndarray, step: float = 5.0) -> tuple[np.ndarray, np.ndarray]:
    """The pairs that a table counts."""
    rows, columns = np.indices(table.shape)
    return tuple(step * np.repeat(where.ravel(), table.ravel()) for where in (rows, columns))  # type: ignore[return-value]


def test_icc_is_that_of_shrout_and_fleiss() -> None:
    """ICC(2,1) 0.29, limits 0.02 to 0.76 (R psych 2.x `ICC`: 0.2898, 0.0188, 0.7611)."""
    found = agreement.icc(JUDGES)
    assert found.n == 6
    assert found.value == pytest.approx(0.2898, abs=5e-5)
    assert found.low == pytest.approx(0.0188, abs=5e-4)
    assert found.high == pytest.approx(0.7611, abs=5e-4)


def test_weighted_kappa_and_its_limits_are_those_of_r() -> None:
    """R vcd `Kappa(SexualFun)`, equal-spacing weights: 0.2374, confint 0.08388 to 0.39088."""
    found = agreement.kappa(*told(COUPLES))
    assert found.n == 91
    assert found.value == pytest.approx(0.2374, abs=5e-5)
    assert found.low == pytest.approx(0.083883, abs=1e-5)
    assert found.high == pytest.approx(0.390878, abs=1e-5)


def test_weighted_kappa_is_that_of_a_table_counted_by_hand() -> None:
    """Of [[20, 5], [10, 15]] 0.70 agree, 0.50 by chance: 0.4, and 0 where one always says the same."""
    first, second = told(np.array([[20, 5], [10, 15]]))
    assert agreement.kappa(first, second).value == pytest.approx(0.4)
    constant = agreement.kappa(first, np.zeros(50))
    assert constant.value == pytest.approx(0.0, abs=1e-9)
    assert constant.reason is None or "never varies" in constant.reason


def test_kappa_rounds_half_a_step_up() -> None:
    assert agreement.kappa([0, 2.5, 7.5, 12.4], [0, 5, 10, 10]).value == 1.0


def test_bland_altman_is_that_of_the_lancet() -> None:
    """Published with 2 SD: bias -2.1 (-22.0 to 17.8), SD 38.8; limits known to about 34.6 to either side."""
    found = agreement.bland_altman(MINI, WRIGHT)
    assert found.bias == pytest.approx(-2.1176, abs=5e-5)
    assert found.sd == pytest.approx(38.7651, abs=5e-5)
    assert found.bias_low == pytest.approx(-22.0, abs=0.1)
    assert found.bias_high == pytest.approx(17.8, abs=0.1)
    assert found.lower == pytest.approx(-78.097, abs=1e-3)
    assert found.upper == pytest.approx(73.862, abs=1e-3)
    for limit, low, high in (
        (found.lower, found.lower_low, found.lower_high),
        (found.upper, found.upper_low, found.upper_high),
    ):
        assert limit is not None
        assert low is not None
        assert high is not None
        assert limit - low == pytest.approx(34.6, abs=0.3)
        assert high - limit == pytest.approx(34.6, abs=0.3)


def test_bland_altman_is_that_of_the_reference_folder(reference: Path) -> None:
    folder = reference / "statistics"
    with (folder / "pefr.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    asked = json.loads((folder / "expected.json").read_text())["pefr.csv"]["bland_altman"]
    found = agreement.bland_altman([float(row["mini"]) for row in rows], [float(row["wright"]) for row in rows])
    assert found.bias == pytest.approx(asked["bias"], abs=5e-5)
    assert found.sd == pytest.approx(asked["sd"], abs=5e-5)
    assert [found.lower, found.upper] == [pytest.approx(limit, abs=1e-3) for limit in asked["limits"]]


def test_paired_t_is_that_of_student() -> None:
    """R: t = -4.0621, df = 9, p-value = 0.002833."""
    found = agreement.paired_t(DRUG_2, DRUG_1)
    assert found.df == 9
    assert found.t == pytest.approx(-4.0621, abs=5e-5)
    assert found.p == pytest.approx(0.002833, abs=5e-7)


def test_wilcoxon_is_that_of_r_exact_and_with_ties() -> None:
    """R: V = 40, p = 0.03906; on `sleep`, with a tie and a zero, V = 0, p-value = 0.009091."""
    exact = agreement.wilcoxon(AFTER, BEFORE)
    assert (exact.rank_sum, exact.method, exact.nonzero) == (40.0, "exact", 9)
    assert exact.p == pytest.approx(0.03906, abs=5e-6)
    tied = agreement.wilcoxon(DRUG_2, DRUG_1)
    assert (tied.rank_sum, tied.method, tied.nonzero) == (0.0, "normal", 9)
    assert tied.p == pytest.approx(0.009091, abs=5e-7)


def test_errors_are_those_of_a_sum_by_hand() -> None:
    """Second less first 5, 0, -10, 5: absolute mean 5, squares about their mean of 0 are 150 over 3."""
    found = agreement.errors([0, 10, 20, 0], [5, 10, 10, 5])
    assert found.to_dict() == {"n": 4, "mae": 5.0, "sd": pytest.approx(50**0.5), "reason": None}


DEGENERATE = {
    "no pairs": ([], []),
    "one pair": ([5.0], [10.0]),
    "all the same": ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
    "perfect": ([0.0, 5.0, 30.0], [0.0, 5.0, 30.0]),
    "shifted": ([0.1, 5.1, 30.1], [5.2, 10.2, 35.2]),
    "one constant": ([10.0, 10.0, 10.0], [10.0, 20.0, 40.0]),
    "both constant": ([10.0, 10.0], [20.0, 20.0]),
    "crossed": ([0.0, 10.0], [10.0, 0.0]),
    "two pairs": ([0.0, 10.0], [5.0, 30.0]),
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_what_cannot_be_computed_is_none_with_a_reason(name: str) -> None:
    found = agreement.compare(*DEGENERATE[name]).to_dict()
    json.dumps(found, allow_nan=False)
    for part in (value for value in found.values() if isinstance(value, dict)):
        assert (None in [value for key, value in part.items() if key != "reason"]) == bool(part["reason"])


def test_reasons_say_what_is_wrong() -> None:
    none = agreement.compare([0.0, 0.0, 0.0], [0.0, 0.0, 0.0])
    assert none.errors.mae == 0.0
    assert none.wilcoxon.reason == none.paired_t.reason == "both agree in every pair"
    assert none.kappa.value is none.icc.value is None
    assert "nothing to tell apart" in str(none.icc.reason)
    perfect = agreement.compare([0.0, 5.0, 30.0], [0.0, 5.0, 30.0])
    assert perfect.kappa.value == perfect.icc.value == 1.0
    assert perfect.icc.low is None
    assert agreement.paired_t([1.0, 2.0], [2.0, 3.0]).reason == "every pair differs by the same amount"


@pytest.mark.parametrize(("first", "second"), [([1.0], [1.0, 2.0]), ([float("nan")], [1.0]), ([[1.0]], [[1.0]])])
def test_what_is_no_pair_of_score_lists_is_refused(first: list[float], second: list[float]) -> None:
    with pytest.raises(ValueError, match=r"one length|finite"):
        agreement.compare(first, second)
