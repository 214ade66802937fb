"""A forecast as a page would ask for it."""

from __future__ import annotations

import datetime as dt
import json

import pandas as pd
import pytest

from patients.trajectory import reml
from patients.trajectory.cohort import Method
from patients.trajectory.forecast import Forecaster
from patients.trajectory.shapes import cohort
from tests.trajectory.conftest import history, table

FALLING = table([0, 180, 365, 545, 730], [3.0, 2.92, 2.81, 2.73, 2.60], "falling")


@pytest.fixture(scope="module")
def forecaster() -> Forecaster:
    single = table([0, 200], [3.0, 2.9], "seen twice")
    return Forecaster.fit(pd.concat([cohort("linear", 60, seed=11), FALLING, single]), "fvc")


def test_a_falling_course_is_forecast_to_fall_on(forecaster: Forecaster) -> None:
    found = forecaster.forecast("falling")
    assert found.expected == pytest.approx(2420, abs=60)
    assert (found.made_on, found.for_date) == (dt.date(2021, 12, 31), dt.date(2022, 12, 31))
    assert (found.n, found.unit, found.patients) == (5, "mL", 62)
    assert found.past_patients > 50
    assert "corrected by its past forecasts" in found.method


def test_the_wider_interval_holds_the_narrower_and_both_widen_with_time(forecaster: Forecaster) -> None:
    near, far = (forecaster.forecast("falling", months) for months in (6, 24))
    for found in (near, far):
        narrow, wide = found.intervals
        assert found.expected is not None
        assert wide.low < narrow.low < found.expected < narrow.high < wide.high
        assert (narrow.level, wide.level) == (0.80, 0.95)
    assert far.intervals[0].high - far.intervals[0].low > near.intervals[0].high - near.intervals[0].low


def test_with_fewer_visits_than_asked_for_there_is_none(forecaster: Forecaster) -> None:
    found = forecaster.forecast("seen twice")
    assert (found.expected, found.intervals, found.missing) == (None, (), "2 usable visits; a forecast needs 3")


def test_a_newcomer_is_forecast_from_the_same_cohort(forecaster: Forecaster) -> None:
    again = forecaster.ahead(history(FALLING.assign(patient="newcomer")))
    assert again.expected == pytest.approx(forecaster.forecast("falling").expected)
    with pytest.raises(KeyError):
        forecaster.forecast("newcomer")


def test_a_horizon_that_nobody_was_followed_for_is_marked(forecaster: Forecaster) -> None:
    assert "no patient of the cohort was followed that long" in forecaster.forecast("falling", 60).notes


def test_no_interval_reaches_below_zero(forecaster: Forecaster) -> None:
    last_breath = table([0, 180, 365, 545], [1.5, 1.1, 0.7, 0.35], "last breath")
    found = forecaster.ahead(history(last_breath))
    assert found.intervals[1].low == 0.0


def test_a_forecast_can_be_sent_as_json(forecaster: Forecaster) -> None:
    found = json.loads(json.dumps(forecaster.forecast("falling").to_dict()))
    assert found["for_date"] == "2022-12-31"
    assert [interval["level"] for interval in found["intervals"]] == [0.8, 0.95]


def test_a_small_cohort_has_the_model_alone_and_says_so() -> None:
    frame = cohort("linear", 12, seed=3)
    found = Forecaster.fit(frame, "fvc").forecast("sim-0000")
    alone = Forecaster.fit(frame, "fvc", method=Method.COURSE).forecast("sim-0000")
    assert found.intervals == alone.intervals
    assert found.notes[0] == "only 12 patients have past forecasts: the intervals are the model's alone"


def test_litres_and_percent_are_forecast_alike() -> None:
    frame = cohort("linear", 30, seed=6).assign(fvc_equation_set="GLI-Global-2022")
    frame["fvc_percent"] = frame["fvc_l"] * 25
    litres, percent = (Forecaster.fit(frame, name).forecast("sim-0001") for name in ("fvc", "fvc_percent"))
    assert litres.expected is not None
    assert percent.expected == pytest.approx(litres.expected / 40, rel=1e-3)
    assert (percent.unit, percent.equation_set) == ("% predicted", "GLI-Global-2022")


def test_one_patient_is_no_cohort() -> None:
    with pytest.raises(reml.TooFew, match="1 patients"):
        Forecaster.fit(FALLING, "fvc")
