"""Fitted lines and fans: drawn where there is an interval, never where there is none."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from ildportal.charts import function
from tests.charts.conftest import frame, row, traces, valid

DAYS = ("2020-01-01", "2021-01-01")
FRAME = frame(row(DAYS[0], "FVC", 80.0, lln=75.0), row(DAYS[1], "FVC", 76.0, lln=75.0))


def lines(low: float = 70.0) -> pd.DataFrame:
    numbers = {"name": "FVC", "value": [80.0, 76.0], "low": [low, low], "high": [90.0, 85.0]}
    return pd.DataFrame({"date": DAYS, **numbers})


@pytest.fixture
def ahead() -> pd.DataFrame:
    limits: dict[str, Any] = {"low_80": [70.0, 66.0], "high_80": [82.0, 83.0], "low_95": [66.0, 41.0]}
    return pd.DataFrame({"date": ("2021-01-01", "2022-01-01"), "name": "FVC", "value": [76.0, 73.0], **limits,
                         "high_95": [86.0, 88.0]})  # fmt: skip


def test_the_ribbon_goes_there_and_back(tokens: dict[str, str]) -> None:
    found = valid(function.percent(FRAME, lines()), tokens)
    (ribbon,) = traces(found, "FVC fitted, 95 % CI")
    assert ribbon["x"] == [DAYS[0], DAYS[1], DAYS[1], DAYS[0]]
    assert ribbon["y"] == [90.0, 85.0, 70.0, 70.0]
    assert traces(found, "FVC fitted")[0]["line"]["width"] == 2
    assert not traces(found, "DLCO fitted")


def test_two_visits_have_a_line_without_a_ribbon(tokens: dict[str, str]) -> None:
    found = valid(function.percent(FRAME, lines(math.nan)), tokens)
    assert traces(found, "FVC fitted")
    assert not traces(found, "FVC fitted, 95 % CI")


def test_the_axis_holds_the_whole_fan(tokens: dict[str, str], ahead: pd.DataFrame) -> None:
    found = valid(function.percent(FRAME, lines(), ahead), tokens)
    low, high = found["layout"]["yaxis"]["range"]
    assert low <= 41 < 88 <= high
    (expected,) = traces(found, "FVC forecast")
    assert expected["line"]["dash"] == "var(--dash-projected)"
    assert "80 % 66 to 83, 95 % 41 to 88" in expected["hovertemplate"]
    assert [len(traces(found, f"FVC forecast, {level} %")) for level in (80, 95)] == [1, 1]
