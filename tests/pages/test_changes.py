"""A change is named only between numbers made the same way."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from patients.models import Patient, Site
from tests.factories import make_measured_study, make_patient, make_quantification, make_run, make_series, make_study
from tests.pages.reading import line, lines_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(bern: Site) -> Patient:
    return make_patient("SSc-0147", site=bern)


def by_old_engine(patient: Patient, day: date, lesion: float) -> None:
    series = make_series(make_study(patient, day))
    make_quantification(series, run=make_run(series, engine_version="0.0.9"), lesion=lesion)


def latest(owner: Client) -> str:
    """The line of the CT of 2024-03-04."""
    return line(owner.get("/"), "2024-03-04")


def test_against_the_previous_ct(owner: Client, patient: Patient) -> None:
    for day, lesion in ((date(2024, 3, 4), 23.2), (date(2021, 3, 4), 11.5), (date(2023, 3, 4), 17.8)):
        make_measured_study(patient, day, lesion=lesion)
    assert " +5.4 " in latest(owner)
    assert " +6.3 " in line(owner.get("/"), "2023-03-04")
    assert "— [First measured CT of this patient]" in line(owner.get("/"), "2021-03-04")


def test_a_change_is_never_boxed_nor_judged(owner: Client, patient: Patient) -> None:
    make_measured_study(patient, date(2023, 3, 4), lesion=1.0)
    make_measured_study(patient, lesion=60.0)
    for path in ("/", "/patients/SSc-0147/"):
        page = owner.get(path).content.decode()
        assert "+59.0" in page
        assert "beyond" not in page
        assert "change--worse" not in page
        assert "no repeatability limit is known" in page


def test_across_engines_there_is_no_change_in_the_worklist(owner: Client, patient: Patient) -> None:
    by_old_engine(patient, date(2023, 3, 4), 17.8)
    make_measured_study(patient, lesion=23.2)
    assert "— [Earlier CTs were measured by another engine version or with other settings]" in latest(owner)


def test_other_settings_of_the_same_version_do_not_compare(owner: Client, patient: Patient) -> None:
    make_measured_study(patient, date(2023, 3, 4), lesion=17.8, settings={"threshold": 1})
    make_measured_study(patient, lesion=23.2)
    assert "— [Earlier CTs were measured by another engine version or with other settings]" in latest(owner)


def test_an_older_ct_of_the_same_engine_is_found_behind_one_of_another(owner: Client, patient: Patient) -> None:
    make_measured_study(patient, date(2022, 3, 4), lesion=10.0)
    by_old_engine(patient, date(2023, 3, 4), 17.8)
    make_measured_study(patient, lesion=23.2)
    assert " +13.2 " in latest(owner)


def test_from_a_doubtful_ct_the_change_is_marked(owner: Client, patient: Patient) -> None:
    make_measured_study(patient, date(2023, 3, 4), lesion=17.8, accepted=False)
    make_measured_study(patient, lesion=23.2)
    assert " +5.4‡ " in latest(owner)


def test_two_cts_of_one_day_are_no_course(owner: Client, patient: Patient) -> None:
    make_measured_study(patient, lesion=17.8)
    make_measured_study(patient, lesion=23.2)
    lines = lines_of(owner.get("/"))
    assert len(lines) == 2
    assert all("— [First measured CT of this patient]" in one for one in lines)


def test_numbers_that_were_replaced_count_no_more(owner: Client, patient: Patient) -> None:
    old = make_measured_study(patient, date(2023, 3, 4), lesion=5.0)
    old.current = False
    old.save()
    make_quantification(old.series, lesion=17.8)
    make_measured_study(patient, lesion=23.2)
    assert " +5.4 " in latest(owner)
