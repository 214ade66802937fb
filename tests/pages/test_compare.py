"""Two CTs side by side: which two, what changed, what may mislead, the lung function of either."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from patients.models import Patient, Site
from quant.models import Quantification
from tests import heats
from tests.factories import make_measured_study, make_patient, make_pft
from tests.pages.reading import words
from tests.repeatability.limits import known

pytestmark = pytest.mark.django_db
PATH = "/compare/patients/SSc-0147/"
FIRST, SECOND, LAST = date(2022, 3, 1), date(2023, 3, 4), date(2024, 3, 1)


@pytest.fixture
def patient(bern: Site) -> Patient:
    return make_patient("SSc-0147", site=bern)


def said(client: Client, **asked: Any) -> str:
    response = client.get(PATH, asked)
    assert response.status_code == 200
    return words(response)


def study(one: Quantification) -> int:
    return one.series.study.pk


def test_the_latest_against_the_first_alike(owner: Client, patient: Patient) -> None:
    known(lesion_percent=5.4)
    make_measured_study(patient, date(2021, 1, 1), lesion=3.0, engine_version="0.0.1")
    for day, lesion in ((FIRST, 11.5), (SECOND, 17.8), (LAST, 23.2)):
        make_measured_study(patient, day, lesion=lesion)
    found = said(owner)
    assert "731 days apart" in found
    assert "Lesion % (TLV%) 11.5% 23.2% +11.7points beyond the limit (5.4)" in found
    assert "Engine The two were measured" not in found


def test_any_two_in_either_order(owner: Client, patient: Patient) -> None:
    ones = [make_measured_study(patient, day, lesion=x) for day, x in ((FIRST, 11.5), (SECOND, 17.8), (LAST, 23.2))]
    for asked in ({"a": study(ones[0]), "b": study(ones[1])}, {"a": study(ones[1]), "b": study(ones[0])}):
        found = said(owner, **asked)
        assert "368 days apart" in found
        assert "Lesion % (TLV%) 11.5% 17.8% +6.3points" in found


@pytest.mark.parametrize("second", ["999999", "", "1e3", "'"])
def test_a_ct_that_is_not_there_is_said(owner: Client, patient: Patient, second: str) -> None:
    one = make_measured_study(patient, FIRST)
    make_measured_study(patient, LAST)
    found = said(owner, a=study(one), b=second)
    assert "No measured, dated CT of this patient has that number" in found
    assert "731 days apart" in found
    assert "The same CT stands on both sides" in said(owner, a=study(one), b=study(one))


def test_two_are_needed(owner: Client, patient: Patient) -> None:
    assert "No CT of this patient is measured and has a date." in said(owner)
    make_measured_study(patient, None)
    assert "No CT of this patient is measured and has a date." in said(owner)
    make_measured_study(patient, FIRST)
    assert "Only the CT of 2022-03-01 is measured" in said(owner)


def test_a_ct_of_another_patient_is_not_shown(owner: Client, patient: Patient, bern: Site) -> None:
    one = make_measured_study(patient, FIRST)
    make_measured_study(patient, LAST)
    other = make_measured_study(make_patient("SSc-0201", site=bern), SECOND, lesion=77.7)
    assert "77.7" not in said(owner, a=study(one), b=study(other))


def test_another_site_sees_nothing(client: Client, stranger: Client, patient: Patient) -> None:
    make_measured_study(patient, FIRST)
    assert stranger.get(PATH).status_code == 404
    assert client.get(PATH).status_code == 302


def test_what_may_look_like_change(owner: Client, patient: Patient) -> None:
    known(lesion_percent=5.4)
    before = make_measured_study(patient, FIRST, volume=4000.0, engine_version="0.0.1", lesion=10.0)
    now = make_measured_study(patient, LAST, volume=3400.0, lesion=20.0, accepted=False)
    for one, facts in (
        (before, {"kernel": "Br59", "kernel_class": "sharp", "slice_thickness_mm": 1.0, "contrast": "no"}),
        (now, {"kernel": "Br36", "kernel_class": "soft", "slice_thickness_mm": 2.5, "contrast": "yes"}),
    ):
        type(one.series).objects.filter(pk=one.series.pk).update(**facts)
    found = said(owner, a=study(before), b=study(now))
    assert "† EngineThe two were measured by" in found
    assert "VolumeTotal lung volume differs by \u221215.0 % (4\u202f000 to 3\u202f400 mL): a rise of density" in found
    assert "KernelBr59 (sharp) and Br36 (soft)" in found
    assert "Slices1 and 2.5 mm thick" in found
    assert "Contrastwithout and with contrast medium" in found
    assert "‡ Quality2024-03-01: doubtful" in found
    assert "Lesion % (TLV%) 10.0% 20.0% +10.0points †‡" in found, "told, marked and never judged"
    assert "beyond the limit (" not in found


def test_levels_stand_side_by_side(owner: Client, patient: Patient, settings: LazySettings, tmp_path: Path) -> None:
    settings.STORAGE = tmp_path
    before = heats.measured(patient, tmp_path, day=FIRST)
    now = heats.measured(patient, tmp_path, day=LAST)
    now.levels.filter(level=5, source="measured").update(tot=71.0)
    response = owner.get(PATH)
    content, found = response.content.decode(), words(response)
    for one in (before, now):
        assert content.count(f"/ct/{one.pk}/pictures/level-5.png") == 1
        assert content.count(f"/ct/{one.pk}/pictures/level-5-mask.png") == 1
    level = found.split("5: 1 cm above the right hemidiaphragm")[1]
    assert "TOT 50% 71% +21points GG 30% 30% ±0points RET 20% 20% ±0points" in level
    assert "not clinically validated" in level


def test_lung_function_of_either(owner: Client, patient: Patient) -> None:
    make_measured_study(patient, FIRST)
    make_measured_study(patient, LAST)
    make_pft(patient, date(2022, 2, 20), fvc_l="2.400")
    make_pft(patient, date(2022, 3, 25), fvc_l="9.000")
    make_pft(patient, date(2024, 3, 11), fvc_l="2.100", dlco_mmol_min_kpa=None, quality_dlco="")
    found = said(owner).split("Lung function nearest to each CT")[1]
    assert "2.40 L2022-02-20, \u22129 days" in found
    assert "2.10 L2024-03-11, +10 days" in found
    assert "9.00" not in found
    assert "missing: No session with it within 180 days of this CT" in owner.get(PATH).content.decode()


def test_the_patient_page_leads_there(owner: Client, patient: Patient) -> None:
    make_measured_study(patient, FIRST)
    make_measured_study(patient, LAST)
    assert f'href="{PATH}"' in owner.get("/patients/SSc-0147/").content.decode()
