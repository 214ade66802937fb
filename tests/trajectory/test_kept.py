"""A cohort fitted once and kept as JSON says the same as one that has just been fitted."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from patients.trajectory import kept, reml
from patients.trajectory.followed import follow
from patients.trajectory.forecast import Forecaster
from patients.trajectory.kept import Kept
from patients.trajectory.mixed import mixed
from patients.trajectory.shapes import cohort
from tests.trajectory.conftest import table

FALLING = table([0, 180, 365, 545, 730], [3.0, 2.92, 2.81, 2.73, 2.60], "falling")
COHORT = pd.concat([cohort("linear", 40, seed=11), FALLING])


@pytest.fixture(scope="module")
def read_again() -> Kept:
    return Kept.from_dict(json.loads(json.dumps(kept.fit(COHORT, "fvc", forecast=True).to_dict())))


def test_the_same_slope_and_the_same_forecast_as_fitted_now(read_again: Kept) -> None:
    found = follow(FALLING, "fvc", read_again)
    fresh = next(one for one in mixed(COHORT, "fvc").slopes if one.patient == "falling")
    assert found.shrunk
    assert (found.shrunk.per_year, found.shrunk.low) == pytest.approx((fresh.per_year, fresh.low))
    ahead = Forecaster.fit(COHORT, "fvc").forecast("falling")
    assert found.forecast
    assert found.forecast.expected == pytest.approx(ahead.expected)
    assert [(one.low, one.high) for one in found.forecast.intervals] == [
        pytest.approx((one.low, one.high)) for one in ahead.intervals
    ]
    assert (found.forecast.past_patients, found.forecast.notes) == (ahead.past_patients, ahead.notes)


def test_the_shrunk_slope_lies_between_the_own_one_and_the_cohorts(read_again: Kept) -> None:
    found = follow(FALLING, "fvc", read_again)
    of_all = mixed(COHORT, "fvc").groups["all"].value
    assert found.own.per_year
    assert found.shrunk
    assert found.shrunk.per_year
    low, high = sorted((found.own.per_year, of_all))
    assert low < found.shrunk.per_year < high


def test_the_fan_opens_from_the_last_visit_to_the_forecast(read_again: Kept) -> None:
    found = follow(FALLING, "fvc", read_again)
    assert found.forecast
    assert (found.fan[0].date, found.fan[-1].date) == (found.forecast.made_on, found.forecast.for_date)
    assert found.fan[-1].expected == pytest.approx(found.forecast.expected)
    widths = [point.intervals[0].high - point.intervals[0].low for point in found.fan]
    assert widths == sorted(widths)


def test_without_a_cohort_only_what_is_the_patients_own(read_again: Kept) -> None:
    found = follow(FALLING, "fvc")
    assert (found.shrunk, found.forecast, found.fan) == (None, None, ())
    assert found.own.per_year == pytest.approx(-195, abs=5)
    assert [(one.percent, one.seen.reached) for one in found.losses] == [(5.0, True), (10.0, True)]
    assert (found.windows, found.steepest is not None) == (6, True)
    assert follow(FALLING, "fvc", read_again, ahead=False).forecast is None


def test_slopes_alone_need_no_forecast() -> None:
    found = follow(FALLING, "fvc", kept.fit(COHORT, "fvc", forecast=False))
    assert found.shrunk
    assert found.forecast is None


def test_a_patient_of_another_equation_set_is_not_shrunk() -> None:
    sets = {"column": "fvc_percent", "fvc_equation_set": "GLI-Global-2022"}
    many = pd.concat([table([0, 200, 400], [80.0 - n, 79 - n, 77.5], f"p{n}", **sets) for n in range(6)])
    other = table([0, 200, 400], [80.0, 79, 78], "other", "fvc_percent", fvc_equation_set="GLI-2012")
    found = follow(other, "fvc_percent", kept.fit(many, "fvc_percent", forecast=False))
    assert found.own.per_year is not None
    assert found.shrunk
    assert (found.shrunk.per_year, found.shrunk.missing) == (None, "no usable visit")


def test_a_cohort_that_is_too_small_is_refused() -> None:
    with pytest.raises(reml.TooFew):
        kept.fit(FALLING, "fvc", forecast=False)


def test_what_another_release_has_kept_is_not_read(read_again: Kept) -> None:
    with pytest.raises(ValueError, match="schema 2"):
        Kept.from_dict(read_again.to_dict() | {"schema": 2})


def test_nothing_measured() -> None:
    found = follow(FALLING[:0], "fvc")
    assert (found.own.n, found.own.missing) == (0, "0 usable visits; a slope needs 3")


def test_a_value_that_is_held_back_is_left_out_by_its_reason() -> None:
    frame = FALLING.assign(held_fvc=["", "", "", "", "nobody stood for it"])
    found = follow(frame, "fvc")
    assert (found.own.n, [one.reason for one in found.excluded]) == (4, ["nobody stood for it"])
