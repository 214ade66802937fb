"""When 5 or 10 % were lost, as observed and by the line."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pytest

from patients.trajectory.decline import Basis, by_fit, observed
from patients.trajectory.mixed import mixed
from patients.trajectory.shapes import cohort
from patients.trajectory.slopes import own_line
from patients.trajectory.visits import quantity
from tests.trajectory.conftest import history, table

FVC = quantity("fvc")


def test_the_first_visit_at_the_threshold_counts_and_the_next_confirms_it() -> None:
    found = observed(history(table([0, 200, 400, 600], [2.0, 1.95, 1.9, 1.92])), 5)
    assert (found.reached, found.date, found.interval_start) == (True, dt.date(2021, 2, 4), dt.date(2020, 7, 19))
    assert found.years == pytest.approx(400 / 365.25)
    assert found.confirmed is False
    assert observed(history(table([0, 200, 400, 600], [2.0, 1.95, 1.9, 1.9])), 5).confirmed is True
    assert observed(history(table([0, 200, 400], [2.0, 1.95, 1.9])), 5).confirmed is None


def test_who_has_not_declined_is_censored_at_the_last_visit() -> None:
    found = observed(history(table([0, 200, 400], [2.0, 1.95, 1.91])), 5)
    assert (found.reached, found.date, found.confirmed) == (False, dt.date(2021, 2, 4), None)
    assert observed(history(table([0], [2.0])), 5).missing == "1 usable visits, 2 needed"


def test_relative_is_not_absolute() -> None:
    course = history(
        table([0, 365], [80.0, 75.5], column="fvc_percent", fvc_equation_set="GLI-Global-2022"), "fvc_percent"
    )
    assert observed(course, 5).reached
    assert not observed(course, 5, Basis.ABSOLUTE).reached


def test_the_line_reaches_the_loss_where_it_crosses() -> None:
    line = own_line(history(table([0, 365, 731, 1096], [3.0, 2.9, 2.8, 2.7])), FVC)
    found = by_fit(line, 5)
    assert found.years == pytest.approx(1.5, abs=0.01)
    assert (found.beyond, by_fit(line, 20).beyond) == (False, True)
    assert by_fit(line, 20).years == pytest.approx(6.0, abs=0.02)


def test_the_limits_are_where_level_and_slope_no_longer_rule_the_loss_out() -> None:
    line = own_line(history(table([0, 180, 365, 540, 731, 910], [3.0, 2.97, 2.88, 2.82, 2.80, 2.70])), FVC)
    found = by_fit(line, 10)
    assert found.low is not None
    assert found.high is not None
    assert found.years is not None
    assert found.low < found.years < found.high
    assert line.cov is not None
    assert line.at_start is not None
    assert line.per_year is not None
    for years in (found.low, found.high):
        contrast = np.array([0.1, years])
        distance = 0.1 * line.at_start + line.per_year * years
        assert abs(distance) == pytest.approx(2.7764451 * np.sqrt(contrast @ np.array(line.cov) @ contrast), rel=1e-5)


def test_a_slope_that_may_be_flat_may_never_get_there() -> None:
    line = own_line(history(table([0, 180, 365, 540], [3.0, 2.9, 3.0, 2.9])), FVC)
    found = by_fit(line, 10)
    assert found.years is not None
    assert found.low is not None
    assert found.high is None


def test_a_line_that_rises_does_not_lose() -> None:
    line = own_line(history(table([0, 180, 365, 540], [2.7, 2.8, 2.9, 3.0])), FVC)
    found = by_fit(line, 10)
    assert (found.years, found.low, found.high, found.missing) == (None, None, None, "the line does not fall")


def test_without_a_line_there_is_no_time_and_the_reason_is_kept() -> None:
    found = by_fit(own_line(history(table([0, 10], [3.0, 2.9])), FVC), 10)
    assert (found.years, found.missing) == (None, "the visits span 10 days; a slope needs 90")
    assert by_fit(own_line(history(table([0, 365], [3.0, 2.9])), FVC), 10).low is None


def test_shrunk_lines_have_times_too() -> None:
    lines = mixed(cohort("linear", 30, seed=4), "fvc").slopes
    found = [by_fit(line, 10) for line in lines if (line.per_year or 0) < -150]
    assert found
    assert all(one.years and one.low and one.low < one.years for one in found)
    assert json.loads(json.dumps(found[0].to_dict()))["basis"] == "relative"
