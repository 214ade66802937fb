"""Phantom scans on their way into a record: the real generator, the real import."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytest_django import Settings

from ildportal.demo import load, volumes
from ildportal.demo.volumes import Plan
from patients import services
from patients.models import CTStudy, Source
from tests.demo.conftest import LAST_DAY
from tests.factories import make_patient


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volumes, "MATRIX", 64)
    monkeypatch.setattr(volumes, "THICKNESS_MM", 3.0)


@pytest.fixture
def plan() -> Plan:
    return volumes.plans(LAST_DAY)[0]


def test_the_plan_holds_serial_scans_of_one_anatomy() -> None:
    plans = volumes.plans(LAST_DAY)
    for code in ("SSc-0147", "SSc-0133", "IPF-0012"):
        mine = [one for one in plans if one.person.code == code]
        assert len(mine) >= 3
        assert len({one.recipe()[0] for one in mine}) == 1
        assert len({one.volume.day for one in mine}) == len(mine)


@pytest.mark.django_db
def test_a_scan_is_made_once_and_stands_in_its_patients_record(plan: Plan, tmp_path: Path, settings: Settings) -> None:
    settings.STORAGE = tmp_path / "storage"
    person = plan.person
    patient = make_patient(person.code, birth_date=person.birth_date, sex=person.sex)
    services.add_identifier(patient, load.ISSUER, person.code)
    half_made = volumes.place(plan, tmp_path).with_name(f".{plan.name}.partial")
    (half_made / volumes.SLICES).mkdir(parents=True)
    (half_made / volumes.SLICES / "IM0001.dcm").write_bytes(b"cut short")
    said: list[str] = []

    volumes.bring(plan, tmp_path, said.append)

    study = CTStudy.objects.get(patient=patient)
    assert study.date == plan.volume.day
    told = volumes.truth(plan, tmp_path)
    assert told is not None
    assert study.series.get().series_uid == told["series_uid"]
    assert told["truth"]["lesion_percent"] == pytest.approx(plan.volume.disease.lesion, abs=0.5)
    assert not half_made.exists()
    word = study.assessments.get()
    assert (word.source, word.assessor, word.fibrosis_present) == (Source.DEMO, "Dr Reader (invented)", "yes")

    volumes.bring(plan, tmp_path, said.append)
    assert len([line for line in said if "making" in line]) == 1
    assert study.assessments.count() == 1


def test_a_scan_of_another_recipe_is_not_taken_for_ours(plan: Plan, tmp_path: Path) -> None:
    folder = volumes.place(plan, tmp_path)
    folder.mkdir(parents=True)
    recipe = [vars(part) for part in plan.recipe()]
    told = dict(zip(("subject", "scan", "disease"), recipe, strict=True))
    (folder / volumes.TRUTH).write_text(json.dumps(told))
    assert volumes.truth(plan, tmp_path) == json.loads(json.dumps(told))
    (folder / volumes.TRUTH).write_text(json.dumps({**told, "disease": {**recipe[2], "ground_glass": 99.0}}))
    assert volumes.truth(plan, tmp_path) is None
