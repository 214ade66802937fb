"""Slopes, losses and the forecast on the patient page, in words."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from patients import services
from patients.models import CohortFit, Patient, Site
from tests import courses
from tests.factories import make_patient, make_pft
from tests.pages.reading import chart, lines_of, words

pytestmark = pytest.mark.django_db
PATH = "/patients/SSc-0147/"


@pytest.fixture
def patient(bern: Site) -> Patient:
    return make_patient("SSc-0147", site=bern)


@pytest.fixture
def followed(patient: Patient) -> Patient:
    courses.record_sessions(patient, courses.SESSIONS)
    return patient


@pytest.fixture
def cohort(followed: Patient, bern: Site) -> None:
    """Six more, who lose less, and all fitted."""
    for number in range(6):
        patient = make_patient(f"RA-{number}", site=bern)
        for year in range(4):
            fvc = Decimal(f"{2.8 + 0.1 * number - 0.02 * number * year + 0.03 * (-1) ** year:.3f}")
            make_pft(patient, date(2018 + year, 1 + number, 3), fvc_l=fvc, fev1_l=fvc * Decimal("0.8"))
        services.derive_patient(patient)
    services.fit_trajectories()


def own_lines(client: Client) -> list[str]:
    return [line for line in lines_of(client.get(PATH)) if "/year" in line]


def test_the_own_line_is_said_with_its_interval_and_its_visits(owner: Client, followed: Patient) -> None:
    said = chart(owner.get(PATH), "function")
    assert "Fitted lines (least squares): FVC \u2212111 mL/year (95 % CI \u2212126 to \u221296), \u2212" in said
    assert "points of % predicted/year" in said
    assert "n = 11 visits, 2019-03-09 to 2024-08-13; DLCO" in said, "the session of grade D does not count"
    assert "Left out of every line: FVC of 2024-03-04: quality D." in words(owner.get(PATH))


def test_without_a_fitted_cohort_the_page_says_how_to_get_one(owner: Client, followed: Patient) -> None:
    page = words(owner.get(PATH))
    assert "\u2014 [No cohort has been fitted yet (manage.py fit_trajectories)]" in page
    assert "No forecast: no cohort has been fitted yet" in page


def test_shrunk_slope_windows_losses_and_forecast(owner: Client, followed: Patient, cohort: None) -> None:
    lines = own_lines(owner)
    assert [line.split(" \u2212")[0] for line in lines] == [
        "FVC, mL", "FVC, % predicted", "DLCO, % predicted, corrected for haemoglobin",
    ]  # fmt: skip
    assert "to 7 patients" in lines[0]
    assert re.search(r"20\d\d-\d\d-\d\d to 20\d\d-\d\d-\d\d, of \d+ stretches", lines[0])
    assert "seen on 2020-10-11, confirmed on the line after 1." in lines[0], "5 % of 2.63 L is lost at 2.43 L"
    page = words(owner.get(PATH))
    assert re.search(
        r"FVC 1\u202f\d{3} mL expected on 2025-08-13, 12 months after the last usable visit \(80 % interval", page
    )
    assert "That day has passed without a later visit." in page
    assert "Only 7 patients have past forecasts: the intervals are the model's alone." in page
    assert "Research use, not clinically validated" in page
    assert (
        "Shrunk slopes: linear mixed model with random intercept and slope (REML) of 7 patients of this portal" in page
    )
    assert "Invented cohort" not in page


def test_invented_cohorts_are_badged(owner: Client, followed: Patient, cohort: None) -> None:
    Patient.objects.update(source="demo")
    services.fit_trajectories()
    page = words(owner.get(PATH))
    assert "Trajectory Invented cohort" in page
    assert "7 invented patients, for demonstration" in page


def test_the_fan_reaches_the_day_that_is_forecast(owner: Client, followed: Patient, cohort: None) -> None:
    found = re.search(r'<script id="timeline-data"[^>]*>(.*?)</script>', owner.get(PATH).content.decode(), re.S)
    assert found
    data = json.loads(found[1])
    drawn = {trace["name"]: trace for trace in data["figures"]["function"]["percent"]["data"]}
    assert drawn["FVC forecast"]["x"][-1] == "2025-08-13"
    assert len(drawn["FVC fitted, 95 % CI"]["y"]) == 2 * len(drawn["FVC fitted"]["y"])
    assert "fitted" not in " ".join(trace["name"] for trace in data["figures"]["function"]["z"]["data"])
    assert all(last > "2025-08-13" for _, last in data["ranges"].values())


def test_two_visits_have_a_slope_without_interval_and_one_has_no_panel(owner: Client, patient: Patient) -> None:
    courses.record_sessions(patient, courses.SESSIONS[:1])
    assert "trajectory-title" not in owner.get(PATH).content.decode()
    courses.record_sessions(patient, courses.SESSIONS[2:3])
    assert "2 visits: no interval can be given" in own_lines(owner)[0]


def test_no_forecast_for_the_dead(owner: Client, followed: Patient, cohort: None) -> None:
    services.record_death(followed, date(2024, 10, 1))
    page = words(owner.get(PATH))
    assert "No forecast: the patient has died." in page
    assert "expected on" not in page


def test_what_is_below_normal_is_said_in_words(owner: Client, followed: Patient) -> None:
    lines = [line for line in lines_of(owner.get(PATH)) if line.startswith(("2024-08-13", "2019-03-09"))]
    assert "1.98 63.9 %, z \u22122.21 below LLN" in lines[0]
    assert "2.63 81.3 %, z \u22121." in lines[1]
    assert not re.match(r"2019-03-09 2.63 81.3 %, z \u22121.\d\d below", lines[1])


def test_a_kept_cohort_is_named_by_its_day(owner: Client, followed: Patient, cohort: None) -> None:
    day = CohortFit.objects.get(quantity="fvc").fitted_at.date().isoformat()
    assert f"fitted on {day}." in words(owner.get(PATH))
