"""What the intervals are worth, measured as docs/trajectory.md reports it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from patients.trajectory.cohort import Method
from patients.trajectory.coverage import coverage, wilson
from patients.trajectory.shapes import SHAPES, cohort
from patients.trajectory.visits import Options
from scripts import forecast_coverage
from tests.trajectory.conftest import table

COHORTS, PATIENTS = 3, 100
# The targets 0.75 to 0.85 and 0.92 to 0.98, wider by the sampling error (1.3 SE) of 300 forecasts.
NARROW, WIDE = (0.72, 0.88), (0.90, 0.99)


def covered(shape: str, method: Method) -> tuple[float, float]:
    """Both levels over several cohorts, each patient's last year hidden."""
    found = [coverage(cohort(shape, PATIENTS, seed), "fvc", method=method) for seed in range(COHORTS)]
    counts = [one.n for one in found]
    assert sum(counts) == COHORTS * PATIENTS
    narrow, wide = (np.average([one.at(level).covered for one in found], weights=counts) for level in (0.80, 0.95))
    return float(narrow), float(wide)


@pytest.mark.parametrize("shape", SHAPES)
def test_intervals_hold_the_next_year_as_often_as_they_say(shape: str) -> None:
    narrow, wide = covered(shape, Method.CORRECTED)
    assert NARROW[0] <= narrow <= NARROW[1]
    assert WIDE[0] <= wide <= WIDE[1]


def test_the_measure_sees_a_model_that_is_wrong() -> None:
    narrow, wide = covered("accelerating", Method.LINE)
    assert narrow < 0.70
    assert wide < 0.88


def test_the_trial_is_covered(trial_csv: Path) -> None:
    frame = forecast_coverage.trial(trial_csv)
    found = coverage(frame, "fvc", months=4)
    assert 0.75 <= found.at(0.80).covered <= 0.85
    assert 0.92 <= found.at(0.95).covered <= 0.98
    assert found.n + sum(found.left_out.values()) == 60
    year = coverage(frame, "fvc", Options(least_visits=2), months=12, method=Method.LINE, design="apart")
    assert year.n == 57


def test_who_cannot_be_judged_is_counted_by_reason(trial_csv: Path) -> None:
    found = coverage(forecast_coverage.trial(trial_csv), "fvc", months=4, method=Method.LINE)
    assert found.left_out == {"no visit about that long before the last": 10}
    assert json.loads(json.dumps(found.to_dict()))["shares"][0]["level"] == 0.8


def test_a_cohort_without_a_second_year_cannot_be_judged() -> None:
    with pytest.raises(ValueError, match="no patient of 1 has 3 visits and one 12 months later"):
        coverage(table([0, 50, 100], [3.0, 2.9, 2.8]), "fvc")


def test_the_hidden_end_does_not_reach_the_forecast() -> None:
    """Another last value changes the judgement and nothing else."""
    frame = cohort("linear", 25, seed=9)
    other = frame.copy()
    last = other["patient"] == "sim-0003"
    at = other.index[last][-1]
    other.loc[at, "fvc_l"] = 9.0
    first, second = (coverage(one, "fvc", method=Method.COURSE) for one in (frame, other))
    assert first.at(0.95).mean_width == pytest.approx(second.at(0.95).mean_width)
    assert first.mean_error != second.mean_error


def test_wilsons_interval() -> None:
    assert list(wilson(8, 10)) == pytest.approx([0.4902, 0.9433], abs=1e-4)


def test_the_command_prints_one_row_a_method(trial_csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--cohorts", "1", "--patients", "12", "--shape", "linear", "--method", "line", "course"]
    assert forecast_coverage.main(arguments) == 0
    heading, rule, *rows = capsys.readouterr().out.splitlines()
    assert heading.startswith("| courses | method |")
    assert rule.startswith("|---")
    assert [row.split(" | ")[1] for row in rows] == ["line", "course"]
    assert forecast_coverage.main(["--csv", str(trial_csv), "--months", "4", "--method", "line", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n"] == 50


def test_the_demo_cohort_can_be_judged(capsys: pytest.CaptureFixture[str]) -> None:
    assert forecast_coverage.main(["--demo", "--method", "corrected", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["n"] > 80
    assert 0.70 <= row["80%"] <= 0.90
    assert row["95%"] >= 0.90


def test_the_page_names_every_shape_method_and_quantity() -> None:
    from patients.trajectory.visits import QUANTITIES

    page = (Path(__file__).parents[2] / "docs" / "trajectory.md").read_text()
    assert [name for name in (*SHAPES, *Method, *QUANTITIES) if f"`{name}`" not in page] == []
