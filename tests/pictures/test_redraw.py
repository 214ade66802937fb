"""Pictures follow a measurement and never spoil it; old measurements get theirs by a command."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from quant import album, pictures, process
from quant.models import Quantification, Run, State
from tests.factories import make_quantification, make_series, make_study

pytestmark = pytest.mark.django_db


def folder_of(one: Quantification, settings: Settings) -> Path:
    return Path(settings.STORAGE) / one.label_path


def test_drawn_with_the_measurement_and_the_same_when_drawn_again(run: Run, settings: Settings) -> None:
    assert process.process(run.pk, "here/1").status == "done"
    folder = folder_of(Quantification.objects.get(), settings)
    first = album.read(folder)
    assert first is not None
    assert first.pictures[1].basis == "seen", "the phantom's airway divides"
    shutil.rmtree(folder / album.FOLDER)
    out = StringIO()
    call_command("pictures", stdout=out)
    assert f"run {run.pk}: drawn" in out.getvalue()
    assert album.read(folder) == first, "stored labels and the scan give the same pictures"
    out = StringIO()
    call_command("pictures", stdout=out)
    assert out.getvalue() == "", "what has pictures is left alone"
    assert first.pictures[-1].name == album.TREE, "the phantom's tree"
    for name in ("airways", "vessels"):
        (folder / f"{name}.nii.gz").rename(folder / f"{name}.away")
    call_command("pictures", str(run.pk), stdout=StringIO())
    older = album.read(folder)
    assert older is not None
    assert [one.name for one in older.pictures] == [one.name for one in first.pictures[:-1]]
    assert {one.tubes for one in older.pictures} == {()}
    (folder / "lobes.nii.gz").write_bytes(b"damaged")
    with pytest.raises(CommandError, match="1 could not be drawn"):
        call_command("pictures", str(run.pk), stderr=StringIO())
    assert album.read(folder) == older


def test_a_fault_in_drawing_costs_no_number(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no palette")

    monkeypatch.setattr(pictures, "_paint", broken)
    assert process.process(run.pk, "here/1").status == "done"
    found = Quantification.objects.get()
    assert found.volume_ml is not None
    assert Run.objects.get().state == State.DONE
    assert album.read(folder_of(found, settings)) is None
    assert "no pictures in" in caplog.text


def test_runs_without_a_scan_are_refused_by_number(settings: Settings, tmp_path: Path) -> None:
    settings.STORAGE = tmp_path
    simulated = make_quantification(make_series(make_study(None)), engine="simulated")
    with pytest.raises(CommandError, match=rf"run {simulated.run_id}, 999999"):
        call_command("pictures", str(simulated.run_id), "999999")
    call_command("pictures")
