"""The mixed model against R (lme4), against its own definition, and at the edges of what data allow."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest

from patients.trajectory import reml
from patients.trajectory.mixed import mixed
from patients.trajectory.shapes import cohort
from patients.trajectory.slopes import slopes
from tests.trajectory.conftest import DAY, table


def course(rows: pd.DataFrame, *columns: str) -> reml.Course:
    fixed = np.column_stack([np.ones(len(rows)), *(rows[name] for name in columns)])
    return reml.Course(rows["years"].to_numpy(float), rows["value"].to_numpy(float), fixed)


def in_table(trial: pd.DataFrame) -> pd.DataFrame:
    dates = [DAY + dt.timedelta(weeks=week) for week in trial["week"]]
    return pd.DataFrame({"patient": trial["id"], "date": dates, "fvc_l": trial["fvc"] / 1000, "arm": trial["trt"]})


def test_sleepstudy_is_that_of_lme4(sleepstudy: pd.DataFrame) -> None:
    fitted = reml.fit([course(rows, "years") for _, rows in sleepstudy.groupby("patient")])
    assert fitted.beta == pytest.approx([251.4051, 10.4673], abs=5e-5)
    assert np.sqrt(np.diag(fitted.beta_cov)) == pytest.approx([6.8246, 1.5458], abs=5e-5)
    assert np.diag(fitted.random) == pytest.approx([612.10, 35.07], rel=1e-4)
    assert fitted.residual == pytest.approx(654.94, rel=1e-4)
    assert fitted.deviance == pytest.approx(1743.628, abs=5e-4)
    assert fitted.converged
    assert not fitted.boundary


def test_slopes_of_two_arms_are_those_of_lme4(trial: pd.DataFrame) -> None:
    """fvc ~ time * trt + (time | id)."""
    rows = trial.dropna().rename(columns={"time": "years", "fvc": "value"})
    rows["both"] = rows["years"] * rows["trt"]
    fitted = reml.fit([course(own, "years", "trt", "both") for _, own in rows.groupby("id")])
    se = np.sqrt(np.diag(fitted.beta_cov))
    assert fitted.beta[[1, 3]] == pytest.approx([-122.6408, 104.7656], abs=2e-3)
    assert se[[1, 3]] == pytest.approx([19.1927, 27.2479], abs=2e-3)
    assert fitted.beta[3] + np.array([-1.959964, 1.959964]) * se[3] == pytest.approx([51.3607, 158.1705], abs=5e-3)


def test_groups_of_a_table_are_told_apart(trial: pd.DataFrame) -> None:
    """The same trial by its dates: time starts with the first visit that has a value, and a year has 365.25 days."""
    found = mixed(in_table(trial), "fvc", by="arm")
    placebo, difference = found.groups["0"], found.differences["1 - 0"]
    assert [placebo.value, placebo.se] == pytest.approx([-122.6408, 19.1927], rel=0.005)
    assert [difference.value, difference.low, difference.high] == pytest.approx(
        [104.7656, 51.3607, 158.1705], rel=0.005
    )
    assert found.groups["1"].value == pytest.approx(placebo.value + difference.value)
    assert (found.patients, found.visits) == (60, 330)


def by_definition(fitted: reml.Fit, courses: list[reml.Course]) -> float:
    """-2 log restricted likelihood from the whole covariance matrix (Harville, JASA 1977;72:320-38)."""
    y, x = np.concatenate([one.values for one in courses]), np.vstack([one.fixed for one in courses])
    v, start = np.zeros((len(y), len(y))), 0
    for one in courses:
        end = start + len(one.times)
        v[start:end, start:end] = fitted.covariance(one.times, one.times) + fitted.residual * np.eye(len(one.times))
        start = end
    inverse = np.linalg.inv(v)
    middle = x.T @ inverse @ x
    rest = y - x @ np.linalg.solve(middle, x.T @ inverse @ y)
    log_dets = np.linalg.slogdet(v)[1] + np.linalg.slogdet(middle)[1]
    return float(log_dets + rest @ inverse @ rest + (len(y) - x.shape[1]) * np.log(2 * np.pi))


def simulated(shape: str = "step", patients: int = 30) -> list[reml.Course]:
    frame = cohort(shape, patients, seed=5)
    frame["years"] = frame.groupby("patient")["date"].transform(
        lambda days: [(day - days.iloc[0]).days / 365.25 for day in days]
    )
    frame["value"] = 1000 * frame["fvc_l"]
    return [course(rows, "years") for _, rows in frame.groupby("patient")]


@pytest.mark.parametrize("processes", [(), ("wander",), ("wander", "drift")])
def test_the_estimates_have_the_least_deviance_by_its_definition(processes: tuple[str, ...]) -> None:
    courses = simulated()
    fitted = reml.fit(courses, processes)
    assert fitted.deviance == pytest.approx(by_definition(fitted, courses), abs=1e-4)
    for other in (
        {"residual": fitted.residual * 1.1},
        {"random": fitted.random * 1.2},
        {"processes": {name: variance * 1.3 + 1 for name, variance in fitted.processes.items()}},
    ):
        changed = reml.Fit(**({name: getattr(fitted, name) for name in fitted.__slots__} | other))
        assert by_definition(changed, courses) >= fitted.deviance - 1e-6


def test_a_prediction_is_the_conditional_mean_of_the_whole_cohort() -> None:
    """Universal kriging with all patients in one system gives the same as one patient at a time."""
    courses = simulated(patients=12)
    fitted = reml.fit(courses, ("wander",))
    one, at = courses[3], np.array([one_year := courses[3].times[-1] + 1])
    found = reml.values_at(fitted, one, np.array([[1, one_year]]), at)
    beta_and_own = np.concatenate([fitted.beta, [0.0]])
    own = one.fixed @ fitted.beta
    v = fitted.covariance(one.times, one.times) + fitted.residual * np.eye(len(one.times))
    weights = np.linalg.solve(v, fitted.covariance(one.times, at))[:, 0]
    assert found.mean[0] == pytest.approx(beta_and_own[0] + beta_and_own[1] * one_year + weights @ (one.values - own))
    nobody = reml.Course(np.array([]), np.array([]), np.zeros((0, 2)))
    population = reml.values_at(fitted, nobody, np.array([[1, one_year]]), at)
    assert population.mean[0] == pytest.approx(fitted.beta @ [1, one_year])
    assert population.cov[0, 0] > found.cov[0, 0]


def test_a_simulated_cohort_gives_back_what_it_was_made_of() -> None:
    found = mixed(cohort("linear", 300, seed=1), "fvc")
    assert found.groups["all"].low < -120 < found.groups["all"].high
    assert [found.sd_start, found.sd_slope] == pytest.approx([700, 120], rel=0.12)
    assert found.sd_visit == pytest.approx(90, rel=0.05)


def test_slopes_are_drawn_to_the_cohort_the_more_the_less_is_known() -> None:
    many = cohort("linear", 40, seed=2)
    frame = pd.concat([many, table([0, 120], [3.0, 2.6], "steep and short")])
    own, found = {line.patient: line for line in slopes(frame, "fvc")}, mixed(frame, "fvc")
    centre = found.groups["all"].value
    shrunk = {line.patient: line for line in found.slopes}
    short = shrunk["steep and short"]
    assert own["steep and short"].per_year == pytest.approx(-1217.5, abs=0.1)
    assert short.per_year == pytest.approx(centre, abs=120)
    assert short.notes == ("2 of its own visits: mostly the cohort's slope",)
    nearer = [
        abs((shrunk[key].per_year or 0) - centre) < abs((own[key].per_year or 0) - centre)
        for key in many["patient"].unique()
    ]
    assert np.mean(nearer) > 0.8


def test_shrunk_intervals_hold_the_true_slope_as_often_as_they_say() -> None:
    rng = np.random.default_rng(3)
    true = dict(enumerate(rng.normal(-100, 100, 300)))
    days = np.array([0, 180, 360, 540])
    frame = pd.concat(
        table(days.tolist(), (rng.normal(3000, 500) + slope * days / 365.25 + rng.normal(0, 80, 4)) / 1000, patient)
        for patient, slope in true.items()
    )
    held = [
        line.low < true[int(str(line.patient))] < line.high
        for line in mixed(frame, "fvc").slopes
        if line.low and line.high
    ]
    assert np.mean(held) == pytest.approx(0.95, abs=0.025)


def test_who_cannot_be_fitted_is_listed_with_the_reason() -> None:
    frame = pd.concat([cohort("linear", 10, seed=1), table([0, 200], [3.0, 2.9], "poor", quality_fvc="E")])
    found = mixed(frame, "fvc")
    (poor,) = [line for line in found.slopes if line.patient == "poor"]
    assert (poor.per_year, poor.missing) == (None, "no usable visit")
    assert [one.reason for one in found.excluded["poor"]] == ["quality E", "quality E"]
    assert found.patients == 10
    assert json.loads(json.dumps(found.to_dict()))["excluded"]["poor"][0]["reason"] == "quality E"


def test_patients_without_a_group_are_left_out_and_one_in_two_groups_is_refused(trial: pd.DataFrame) -> None:
    frame = in_table(trial)
    frame["arm"] = frame["arm"].astype(object)
    frame.loc[frame["patient"] == 1, "arm"] = None
    found = mixed(frame, "fvc", by="arm")
    assert (found.patients, found.slopes[0].missing) == (59, "no arm is known")
    frame.loc[frame.index[frame["patient"] == 2][0], "arm"] = 1
    with pytest.raises(ValueError, match="arm: more than one value for patient 2"):
        mixed(frame, "fvc", by="arm")


def test_too_small_a_cohort_is_refused_in_words() -> None:
    with pytest.raises(
        reml.TooFew, match="6 visits of 2 patients, 2 of them seen twice or more: a mixed model needs 5"
    ):
        mixed(pd.concat([table([0, 200, 400], [3.0, 2.9, 2.8], name) for name in "ab"]), "fvc")
    with pytest.raises(reml.TooFew, match="0 visits of 0 patients"):
        mixed(table([], []), "fvc")


def test_patients_who_do_not_differ_are_said_not_to() -> None:
    rng = np.random.default_rng(8)
    everyone = [
        table([0, 60, 120], [(3000 + rng.normal(0, 80)) / 1000 for _ in range(3)], patient) for patient in range(12)
    ]
    found = mixed(pd.concat(everyone), "fvc")
    assert found.correlation is None
    assert found.notes == ("the visits cannot tell patients' slopes apart: each is close to the cohort's",)
