"""Which measurements are fitted, and what is said of those that are not."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from patients.trajectory.visits import Options, histories
from tests.trajectory.conftest import history, table


def reasons(frame: pd.DataFrame, followed: str = "fvc", options: Options | None = None) -> list[str]:
    return [one.reason for one in history(frame, followed, options).excluded]


def test_visits_are_put_in_order_and_counted_in_years_and_ml() -> None:
    found = history(table([365, 0, 731], [2.9, 3.0, 2.8]))
    assert found.values.tolist() == pytest.approx([3000, 2900, 2800])
    assert found.years.tolist() == pytest.approx([0, 365 / 365.25, 731 / 365.25])
    assert found.dates[0] == dt.date(2020, 1, 1)


def test_poor_manoeuvres_and_sessions_after_a_bronchodilator_are_left_out_and_named() -> None:
    frame = table(
        [0, 100, 200, 300, 400],
        [3.0, 2.9, 2.8, 2.7, 2.6],
        quality_fvc=["A", "D", "", None, "U"],
        bronchodilator=["pre", "pre", "post", "", None],
    )
    assert history(frame).values.tolist() == pytest.approx([3000, 2700])
    assert reasons(frame) == ["quality D", "post bronchodilator", "quality U"]


def test_poor_manoeuvres_are_fitted_when_asked() -> None:
    frame = table([0, 100], [3.0, 2.9], quality_fvc=["A", "D"])
    assert len(history(frame, options=Options(grades=("A", "D"))).values) == 2


def test_equation_sets_are_never_fitted_together() -> None:
    sets = ["GLI-2012", "GLI-Global-2022", "GLI-Global-2022", "GLI-Global-2022"]
    frame = table([0, 100, 200, 300], [80.0, 88, 87, 86], column="fvc_percent", fvc_equation_set=sets)
    found = history(frame, "fvc_percent")
    assert (found.equation_set, found.values.tolist()) == ("GLI-Global-2022", [88, 87, 86])
    assert reasons(frame, "fvc_percent") == ["equation set GLI-2012, fitted with GLI-Global-2022"]


def test_a_chosen_set_is_kept_to_even_where_it_is_rare() -> None:
    sets = ["GLI-2012", "GLI-Global-2022", "GLI-Global-2022"]
    frame = table([0, 100, 200], [80.0, 88, 87], column="fvc_percent", fvc_equation_set=sets)
    assert history(frame, "fvc_percent", Options(equation_set="GLI-2012")).values.tolist() == [80]


def test_one_set_for_all_patients_that_are_fitted_together() -> None:
    few = table([0, 100], [80.0, 79], "a", "fvc_percent", fvc_equation_set="GLI-2012")
    many = table([0, 100, 200], [80.0, 79, 78], "b", "fvc_percent", fvc_equation_set="GLI-Global-2022")
    frame = pd.concat([few, many])
    apart, together = histories(frame, "fvc_percent"), histories(frame, "fvc_percent", as_one=True)
    assert [one.equation_set for one in apart] == ["GLI-2012", "GLI-Global-2022"]
    assert [len(one.dates) for one in together] == [0, 3]


def test_a_percentage_of_an_unknown_population_is_not_fitted() -> None:
    frame = table([0, 100], [80.0, 79], column="fvc_percent", fvc_equation_set=["GLI-2012", None])
    assert reasons(frame, "fvc_percent") == ["equation set not known"]


def test_two_different_values_on_one_day_are_both_left_out_and_the_same_twice_counts_once() -> None:
    frame = table([0, 100, 100, 200, 200], [3.0, 2.9, 2.8, 2.7, 2.7])
    assert history(frame).values.tolist() == pytest.approx([3000, 2700])
    assert reasons(frame) == ["two different values on one day"] * 2 + [
        "the same value twice on this day, counted once"
    ]


@pytest.mark.parametrize(
    ("value", "reason"), [(-1.0, "-1000 is not a positive number"), (0.0, "0 is not a positive number")]
)
def test_impossible_values_are_named(value: float, reason: str) -> None:
    assert reasons(table([0, 100], [3.0, value])) == [reason]


def test_a_session_without_the_measure_is_no_visit_of_it_and_one_without_a_date_is_named() -> None:
    frame = table([0, 100, 200], [3.0, float("nan"), 2.9])
    frame["date"] = pd.to_datetime(frame["date"])
    frame.loc[2, "date"] = pd.NaT
    assert reasons(frame) == ["no date"]


def test_what_the_table_lacks_is_said() -> None:
    with pytest.raises(ValueError, match=r"no column fvc_percent, fvc_equation_set; fvc_percent needs patient, date"):
        histories(table([0], [3.0]), "fvc_percent")
    with pytest.raises(ValueError, match="'FVC' is not followed; these are: fvc, fvc_percent"):
        histories(table([0], [3.0]), "FVC")


def test_a_table_without_rows_has_no_courses() -> None:
    assert histories(table([], []), "fvc") == []
