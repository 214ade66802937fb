"""From the records: which visits count, and the cohort that a command fits and keeps."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django import DjangoAssertNumQueries

from patients import services, trajectories
from patients.models import CohortFit, Patient, Site
from patients.trajectory.followed import Followed
from tests.factories import make_patient, make_pft

pytestmark = pytest.mark.django_db
TODAY = date(2024, 9, 1)
FIRST = date(2020, 1, 6)


def follow(patient: Patient, slope: float, visits: int = 5, **facts: object) -> Patient:
    """A visit every half year; FVC falls by `slope` L a year, with a little noise."""
    for visit in range(visits):
        noise = 0.03 * ((-1) ** visit) * (visit % 3)
        fvc = Decimal(f"{2.6 + slope * visit / 2 + noise:.3f}")
        make_pft(patient, FIRST + timedelta(days=182 * visit), fvc_l=fvc, fev1_l=fvc * Decimal("0.8"), **facts)
    services.derive_patient(patient)
    return patient


@pytest.fixture
def cohort(bern: Site) -> list[Patient]:
    return [follow(make_patient(f"SSc-{n:04d}", site=bern), slope=-0.03 * n) for n in range(7)]


def fvc(patient: Patient) -> Followed:
    return trajectories.trajectory(patient, TODAY).followed[0]


def test_values_nobody_has_decided_and_those_of_a_new_lung_are_left_out_by_name(bern: Site) -> None:
    patient = follow(make_patient("SSc-0147", site=bern), slope=-0.1)
    services.record_transplant(patient, date(2021, 6, 1))
    facts = {"date": date(2021, 1, 4), "fvc_l": Decimal("2.1"), "bronchodilator": "pre", "time": "15:00"}
    services.record_pft(patient, **facts)
    found = fvc(patient)
    assert found.own.n == 2
    assert [(str(one.date), one.reason) for one in found.excluded] == [
        ("2021-01-04", "two values of that date differ, and this one was not accepted"),
        ("2021-01-04", "two values of that date differ, and this one was not accepted"),
        ("2021-07-05", "after lung transplant"),
        ("2022-01-03", "after lung transplant"),
    ]


def test_poor_sessions_and_percentages_of_other_sets_are_in_no_line(bern: Site) -> None:
    patient = follow(make_patient("SSc-0147", site=bern), slope=-0.1)
    make_pft(patient, date(2023, 1, 4), quality_fvc="U")
    services.derive_patient(patient)
    found = trajectories.trajectory(patient, TODAY).followed
    assert [one.quantity for one in found] == ["fvc", "fvc_percent", "dlco_hb_percent"]
    assert [(one.own.n, one.own.equation_set) for one in found] == [
        (5, ""), (5, "GLI-Global-2022"), (6, "GLI-2017"),
    ]  # fmt: skip
    assert [one.reason for one in found[0].excluded] == ["quality U"]


def test_the_command_fits_and_a_patient_is_shrunk_to_it(cohort: list[Patient]) -> None:
    said = StringIO()
    call_command("fit_trajectories", stdout=said)
    assert "fvc: 7 patients, 35 visits" in said.getvalue()
    assert set(CohortFit.objects.values_list("quantity", "patients", "invented")) == {
        (name, 7, False) for name in ("fvc", "fvc_percent", "dlco_percent", "dlco_hb_percent")
    }
    found = fvc(cohort[-1])
    assert found.shrunk
    assert found.shrunk.per_year
    assert found.own.per_year
    assert found.own.per_year < found.shrunk.per_year < -60, "towards the mean of the others, who lose less"
    assert found.forecast
    assert (found.forecast.patients, str(found.forecast.made_on)) == (7, "2022-01-03")


def test_fitted_again_in_place_and_gone_when_too_small(cohort: list[Patient]) -> None:
    services.fit_trajectories()
    services.fit_trajectories()
    assert CohortFit.objects.count() == 4
    Patient.objects.exclude(pk__in=[one.pk for one in cohort[:2]]).delete()
    said = StringIO()
    call_command("fit_trajectories", "--json", stdout=said)
    assert all("a mixed model needs" in one["refused"] for one in json.loads(said.getvalue())["fitted"])
    assert not CohortFit.objects.exists()
    assert fvc(cohort[0]).shrunk is None


def test_invented_patients_and_real_ones_are_never_fitted_together(cohort: list[Patient], bern: Site) -> None:
    real = follow(make_patient("RA-1", site=bern), slope=-0.1)
    Patient.objects.exclude(pk=real.pk).update(source="demo")
    services.fit_trajectories()
    assert set(CohortFit.objects.values_list("invented", "patients")) == {(True, 7)}
    assert fvc(real).shrunk is None
    assert fvc(Patient.objects.select_related("site").get(code="SSc-0001")).shrunk


def test_what_another_release_has_kept_is_as_good_as_none(cohort: list[Patient]) -> None:
    services.fit_trajectories()
    CohortFit.objects.update(document={"schema": 0})
    assert fvc(cohort[0]).shrunk is None


def test_no_forecast_for_the_dead(cohort: list[Patient]) -> None:
    services.fit_trajectories()
    services.record_death(cohort[0], date(2023, 1, 1))
    found = trajectories.trajectory(cohort[0], TODAY)
    assert (found.no_forecast, found.followed[0].forecast) == ("the patient has died", None)


@pytest.mark.parametrize("visits", [1, 12])
def test_queries_do_not_grow_with_the_visits(
    bern: Site, visits: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    patient = follow(make_patient("SSc-0147", site=bern), slope=-0.1, visits=visits)
    with django_assert_num_queries(4):
        trajectories.trajectory(patient, TODAY)
