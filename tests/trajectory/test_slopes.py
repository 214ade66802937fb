"""One patient's line against R, and when there is none."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.progression import relief
from patients.trajectory.slopes import Slope, own_line, slopes, steepest, windows
from patients.trajectory.visits import Options, quantity
from tests.trajectory.conftest import history, table

DAYS, FVC_L = [0, 91, 182, 274, 365], [2.8, 2.76, 2.705, 2.69, 2.61]


def only(frame: pd.DataFrame, followed: str = "fvc", options: Options | None = None) -> Slope:
    (found,) = slopes(frame, followed, options or Options())
    return found


def test_slope_and_interval_are_those_of_r() -> None:
    found = only(table(DAYS, FVC_L))
    assert found.per_year == pytest.approx(-179.985, abs=5e-4)
    assert [found.low, found.high] == pytest.approx([-243.17, -116.80], abs=5e-3)
    assert (found.n, found.unit, found.df) == (5, "mL", 3)


def test_points_a_year_and_percent_of_the_start_a_year_are_two_numbers() -> None:
    found = only(
        table([0, 365, 731], [80.0, 75, 70], column="fvc_percent", fvc_equation_set="GLI-Global-2022"), "fvc_percent"
    )
    assert found.per_year == pytest.approx(-5, abs=0.01)
    assert found.percent_of_start_per_year == pytest.approx(-6.25, abs=0.01)


def test_two_visits_give_a_slope_without_an_interval_and_say_so() -> None:
    found = only(table([0, 365], [3.0, 2.9]))
    assert found.per_year == pytest.approx(-100 * 365.25 / 365)
    assert (found.low, found.high, found.residual_sd) == (None, None, None)
    assert found.notes == ("2 visits: no interval can be given",)


@pytest.mark.parametrize(
    ("days", "missing"),
    [([0], "1 usable visit; a slope needs 3"), ([0, 30, 89], "the visits span 89 days; a slope needs 90")],
)
def test_no_slope_without_time(days: list[int], missing: str) -> None:
    found = only(table(days, [3.0] * len(days)))
    assert (found.per_year, found.missing) == (None, missing)


def test_a_patient_of_whom_nothing_is_usable_is_still_listed() -> None:
    found = only(table(DAYS, FVC_L, quality_fvc="F"))
    assert (found.n, found.missing) == (0, "0 usable visits; a slope needs 3")
    assert len(found.excluded) == 5


def test_every_result_can_be_sent_as_json() -> None:
    frame = table(DAYS, FVC_L, quality_fvc=["A", "A", "F", "A", "A"])
    found = json.loads(json.dumps(only(frame).to_dict()))
    assert found["first"] == "2020-01-01"
    assert found["excluded"] == [{"date": "2020-07-01", "reason": "quality F"}]
    assert found["options"]["grades"] == ["A", "B", "C", ""]
    assert found["method"] == "ordinary least squares"


@given(
    slope=st.floats(-300, 300),
    noise=st.lists(st.floats(-100, 100), min_size=4, max_size=8),
    shift=st.integers(0, 5000),
)
def test_a_slope_knows_no_calendar_and_adds_up(slope: float, noise: list[float], shift: int) -> None:
    days = [180 * i for i in range(len(noise))]
    values = [(4000 + error + slope * day / 365.25) / 1000 for day, error in zip(days, noise, strict=True)]
    flat = [(4000 + error) / 1000 for error in noise]
    tilted, level = only(table([day + shift for day in days], values)), only(table(days, flat))
    assert tilted.per_year is not None
    assert level.per_year is not None
    assert tilted.per_year == pytest.approx(level.per_year + slope, abs=1e-6)
    assert tilted.residual_sd == pytest.approx(level.residual_sd, abs=1e-6)


def test_intervals_hold_the_true_slope_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    frames = [
        table(
            [0, 180, 360, 540, 720], (3000 - 100 * np.arange(5) * 180 / 365.25 + rng.normal(0, 80, 5)) / 1000, patient
        )
        for patient in range(600)
    ]
    held = [line.low < -100 < line.high for line in slopes(pd.concat(frames), "fvc") if line.low and line.high]
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def test_windows_are_all_stretches_of_six_to_twenty_four_months() -> None:
    frame = table([0, 91, 182, 366, 731, 1096], [3.0, 2.95, 2.9, 2.8, 2.7, 2.5])
    found = list(windows(history(frame), quantity("fvc")))
    lengths = [(line.first.isoformat(), line.last.isoformat(), line.n) for line in found if line.first and line.last]
    assert lengths == [
        ("2020-01-01", "2020-07-01", 3),
        ("2020-01-01", "2021-01-01", 4),
        ("2020-04-01", "2021-01-01", 3),
        ("2020-01-01", "2022-01-01", 5),
        ("2020-04-01", "2022-01-01", 4),
        ("2020-07-01", "2022-01-01", 3),
        ("2021-01-01", "2023-01-01", 3),
    ]


def test_the_steepest_window_is_the_one_that_the_relief_rule_sees() -> None:
    days, percent = [0, 182, 366, 550, 731], [80.0, 79, 72, 70, 71]
    frame = table(days, percent, column="fvc_percent", fvc_equation_set="GLI-Global-2022")
    found = steepest(list(windows(history(frame, "fvc_percent"), quantity("fvc_percent"))))
    assert found is not None
    years = [day / 365.25 for day in days[1:4]]
    met, by_rule = relief.measurements(years, percent[1:4])
    assert met
    assert by_rule == pytest.approx(found.per_year)
    assert steepest([]) is None


def test_a_part_of_a_course_starts_where_it_starts() -> None:
    whole = history(table(DAYS, FVC_L))
    line = own_line(whole.part(1, 4), quantity("fvc"))
    assert line.first == whole.dates[1]
    assert line.at_start == pytest.approx(2760, abs=10)
