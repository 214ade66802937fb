"""What a load refuses, and what a broken one leaves: on an empty database."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from ildportal.demo import load, users
from ildportal.models import User
from patients import services
from patients.models import Observation, Patient
from quant.services import record_simulated
from quant.simulated import SimulatedScan
from tests.demo.conftest import LAST_DAY
from tests.factories import make_patient

pytestmark = pytest.mark.django_db


def test_on_a_real_server_passwords_are_random() -> None:
    logins = users.ensure(published=False)
    assert len({login.password for login in logins}) == 4
    for login in logins:
        assert login.password != users.published_password(login.name)
        assert User.objects.get(username=login.name).check_password(login.password or "")


def test_patients_of_others_are_left_alone() -> None:
    make_patient("ILD-0001")
    with pytest.raises(load.ForeignPatients, match="holds patients already"):
        load.load_cohort(LAST_DAY)
    assert Patient.objects.count() == 1


def test_a_load_that_is_cut_short_leaves_nothing() -> None:
    def stop(line: str) -> None:
        if "pfts" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load.load_cohort(LAST_DAY, say=stop)
    assert not Patient.objects.exists()
    assert load.last_day() is None


def test_invented_numbers_cannot_pass_for_measured_ones() -> None:
    scan = SimulatedScan(patient=make_patient(), day=LAST_DAY, series={}, document={"engine": {"name": "density"}})
    with pytest.raises(ValueError, match="density"):
        record_simulated([scan])


def test_many_rows_are_cleaned_before_any_is_written() -> None:
    patient = make_patient()
    rows = [Observation(patient=patient, date=LAST_DAY, code="mrss", value=value) for value in (12.0, "many")]
    with pytest.raises(ValidationError, match="float"):
        services.record_many(rows)
    assert not Observation.objects.exists()
