"""DICOM objects of a CT: offered where there are any, handed to those who may see the patient, and to nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from patients.models import Site
from quant.dicom_out import files
from quant.models import Quantification
from tests.factories import make_measured_study, make_patient
from tests.pages.reading import words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _storage(settings: Settings, tmp_path: Path) -> None:
    settings.STORAGE = tmp_path


@pytest.fixture
def measured(bern: Site) -> Quantification:
    return make_measured_study(make_patient("DM/12", site=bern))


@pytest.fixture
def written(measured: Quantification, tmp_path: Path) -> Quantification:
    folder = tmp_path / measured.label_path / files.FOLDER
    folder.mkdir(parents=True)
    for name in ("seg-lungs.dcm", "sr.dcm"):
        (folder / name).write_bytes(b"DICM" + name.encode())
    return measured


def address(one: Quantification, name: str) -> str:
    return reverse("dicom-object", args=[one.pk, name])


def test_the_page_offers_those_that_there_are(owner: Client, written: Quantification) -> None:
    page = owner.get("/patients/DM/12/")
    assert "For a PACS, with the identity that the scan holds lungs (SEG) , all numbers (SR)" in words(page)
    source = page.content.decode()
    assert address(written, "sr.dcm") in source
    assert address(written, "seg-lobes.dcm") not in source


def test_without_a_report_none_is_whole(owner: Client, written: Quantification, tmp_path: Path) -> None:
    (tmp_path / written.label_path / files.FOLDER / files.REPORT).unlink()
    assert "For a PACS" not in words(owner.get("/patients/DM/12/"))
    assert owner.get(address(written, "seg-lungs.dcm")).status_code == 404


def test_a_file_is_handed_over_under_the_patient_s_code(owner: Client, written: Quantification) -> None:
    answer = owner.get(address(written, "sr.dcm"))
    assert answer.getvalue() == b"DICMsr.dcm"
    assert answer.headers["Content-Type"] == "application/dicom"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="DM-12_2024-03-04_sr.dcm"'
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_members_get_them_and_strangers_do_not(teammate: Client, stranger: Client, written: Quantification) -> None:
    assert teammate.get(address(written, "sr.dcm")).status_code == 200
    assert stranger.get(address(written, "sr.dcm")).status_code == 404
    assert Client().get(address(written, "sr.dcm")).status_code == 302


@pytest.mark.parametrize("name", ["seg-lobes.dcm", "quantification.json", "..%2fsr.dcm", "sr"])
def test_nothing_else_can_be_asked_for(owner: Client, written: Quantification, name: str) -> None:
    assert owner.get(f"/ct/{written.pk}/dicom/{name}").status_code == 404


def test_by_api_also_where_only_dicom_is_taken(owner: Client, written: Quantification) -> None:
    told = owner.get(f"/api/v1/quantifications/{written.pk}/").json()
    assert told["dicom_objects"] == ["seg-lungs.dcm", "sr.dcm"]
    path = f"/api/v1/quantifications/{written.pk}/dicom/sr.dcm/"
    for accepted in ("application/dicom", "*/*"):
        answer = owner.get(path, headers={"Accept": accepted})
        assert (answer.status_code, answer.getvalue()) == (200, b"DICMsr.dcm")
    assert owner.get(path.replace("sr", "seg-lobes")).json()["status"] == 404
