"""The worker leaves DICOM objects beside the numbers; a fault in them costs no number; a command makes them up."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pydicom import dcmread
from pytest_django import Settings

from quant import objects, process
from quant.dicom_out import files
from quant.models import Quantification, Run, State

pytestmark = pytest.mark.django_db


def folder(settings: Settings) -> Path:
    return Path(settings.STORAGE) / Quantification.objects.get().label_path


def test_written_with_the_measurement_and_the_same_when_written_again(run: Run, settings: Settings) -> None:
    assert process.process(run.pk, "here/1").status == "done"
    held = files.held(folder(settings))
    assert {"seg-lungs.dcm", "seg-lobes.dcm", "seg-airways.dcm", "seg-vessels.dcm", files.REPORT} <= set(held)
    first = dcmread(folder(settings) / files.FOLDER / "seg-lobes.dcm")
    shutil.rmtree(folder(settings) / files.FOLDER)
    out = StringIO()
    call_command("dicom_objects", stdout=out)
    assert f"run {run.pk}: written" in out.getvalue()
    assert files.held(folder(settings)) == held
    again = dcmread(folder(settings) / files.FOLDER / "seg-lobes.dcm")
    assert again.PixelData == first.PixelData
    out = StringIO()
    call_command("dicom_objects", stdout=out)
    assert out.getvalue() == "", "what has objects is left alone"
    for name in ("airways", "vessels"):  # as in results of before they were kept
        (folder(settings) / f"{name}.nii.gz").unlink()
    call_command("dicom_objects", str(run.pk), stdout=StringIO())
    assert set(held) - set(files.held(folder(settings))) == {"seg-airways.dcm", "seg-vessels.dcm"}
    (folder(settings) / "quantification.json").write_text("{")
    with pytest.raises(CommandError, match="1 could not be written"):
        call_command("dicom_objects", str(run.pk), stderr=StringIO())


def test_a_fault_costs_no_number(run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(objects, "write", broken)
    assert process.process(run.pk, "here/1").status == "done"
    run.refresh_from_db()
    assert run.state == State.DONE
    assert Quantification.objects.get().current
    assert "no DICOM objects" in caplog.text


def test_a_site_may_do_without(run: Run, settings: Settings) -> None:
    settings.DICOM_OBJECTS = False
    assert process.process(run.pk, "here/1").status == "done"
    assert files.held(folder(settings)) == ()
