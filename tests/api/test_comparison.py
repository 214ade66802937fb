"""Zones, fissures and what changed, over the API."""

from __future__ import annotations

from datetime import date

import pytest
from rest_framework.test import APIClient

from patients.models import Patient, Site
from tests.factories import make_measured_study, make_patient
from tests.repeatability.limits import known

pytestmark = pytest.mark.django_db
FIRST, SECOND, LAST = date(2022, 3, 1), date(2023, 3, 4), date(2024, 3, 1)


@pytest.fixture
def patient(bern: Site) -> Patient:
    return make_patient("SSc-0147", site=bern)


def test_zones_and_fissures_beside_the_lobes(owner: APIClient, patient: Patient) -> None:
    made = make_measured_study(patient, volume=1000.0, lesion=20.0, methods={"ground_glass": "rules"})
    found = owner.get(f"/api/v1/quantifications/{made.pk}/").json()
    assert list(found["zones"]) == [
        "right_upper", "right_middle", "right_lower", "left_upper", "left_middle", "left_lower", "rind", "core",
    ]  # fmt: skip
    zone = found["zones"]["right_lower"]
    assert set(zone) == {"ml", "lesion_ml", "lesion_percent", "patterns"}
    assert zone["patterns"]["ground_glass"] == pytest.approx({"ml": 61.2, "percent": 32.21}, abs=0.01)
    assert zone["patterns"]["reticulation"] == {"ml": None, "percent": None}
    assert found["fissures"] == {"right_oblique": 0.42, "horizontal": 0.06, "left_oblique": 0.38}
    assert found["lobe_confidence"] == 0.2
    assert found["engine"]["methods"] == {"ground_glass": "rules"}
    invented = make_measured_study(patient, LAST, engine="simulated")
    assert owner.get(f"/api/v1/quantifications/{invented.pk}/").json()["zones"] == {}


def test_every_earlier_ct_newest_first(owner: APIClient, patient: Patient) -> None:
    known(lesion_percent=6.0, mean_density_hu=2.0)
    first = make_measured_study(patient, FIRST, lesion=11.5)
    second = make_measured_study(patient, SECOND, lesion=17.8, accepted=False)
    make_measured_study(patient, SECOND, engine_version="0.0.9")
    last = make_measured_study(patient, LAST, lesion=23.2, volume=3000.0)
    found = owner.get(f"/api/v1/quantifications/{last.pk}/comparison/").json()
    assert (found["quantification"], found["date"], found["missing"]) == (last.pk, "2024-03-01", "")
    assert [(one["earlier"], one["since"], one["doubtful"]) for one in found["comparisons"]] == [
        (second.pk, "2023-03-04", True), (first.pk, "2022-03-01", False),
    ]  # fmt: skip
    doubtful, sure = found["comparisons"]
    assert sure["changes"]["lesion_percent"] == {"change": pytest.approx(11.7), "limit": 6.0, "beyond": True}
    assert doubtful["changes"]["lesion_percent"]["beyond"] is None
    assert sure["changes"]["mean_density_hu"]["limit"] is None, "the breath is in it"
    assert sure["changes"]["mean_density_hu_at_one_volume"]["limit"] == 11.0
    assert sure["density"]["volume_ratio"] == pytest.approx(3000.0 / 3412.4)
    assert sure["density"]["why_not"] == ""


def test_why_there_is_none(owner: APIClient, stranger: APIClient, patient: Patient) -> None:
    only = make_measured_study(patient)
    path = f"/api/v1/quantifications/{only.pk}/comparison/"
    answer = owner.get(path).json()
    assert answer["comparisons"] == []
    assert answer["missing"].startswith("No earlier CT of this patient was measured by the same engine")
    invented = make_measured_study(patient, engine="simulated")
    answer = owner.get(f"/api/v1/quantifications/{invented.pk}/comparison/").json()
    assert answer["missing"] == "Invented numbers are not compared."
    assert stranger.get(path).status_code == 404
    assert owner.get(path, {"earlier": "3"}).status_code == 400
