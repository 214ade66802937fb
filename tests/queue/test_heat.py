"""Heat maps come after the numbers, by a worker of their own, and never in their way."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from pytest_django import Settings

from quant import heat, heat_stage, process, stored
from quant.goh import heatmap
from quant.models import LevelScore, Quantification, Run, State, Worker
from tests.factories import make_patient, make_run, make_series, make_study
from tests.phantom import write_series
from tests.workers import StartWorker

LEVEL = 3


def folder() -> Path:
    return stored.folder_of(Quantification.objects.get())


@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
def test_drawn_by_a_worker_of_their_own(
    tmp_path: Path, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "STORAGE", tmp_path / "storage")
    monkeypatch.setenv("ILDPORTAL_STORAGE", str(tmp_path / "storage"))
    measuring = start_worker(ILDPORTAL_HEAT_MAPS="yes")
    write_series(tmp_path / "ct")
    call_command("import_dicom", str(tmp_path / "ct"), verbosity=0)
    waited(lambda: Run.objects.get().state in {State.DONE, State.FAILED}, measuring.log)
    numbers = Quantification.objects.values().get()
    measuring.stop()
    assert heat.read(folder()) is None, "nothing but numbers from the worker that measures"
    # One level is enough to wait for.
    LevelScore.objects.exclude(level=LEVEL).delete()
    drawing = start_worker(queue="heat", ILDPORTAL_HEAT_MAPS="yes")
    waited(lambda: heat.read(folder()) is not None, drawing.log)
    found = heat.read(folder())
    assert found is not None
    assert found.reason == ""
    (level,) = found.levels
    assert level.level == LEVEL
    assert sorted(file.name for file in (folder() / heat.FOLDER).glob("*.png")) == [
        f"level-{LEVEL}-{score}.png" for score in sorted(heat.SCORES)
    ]
    assert {f"level-{LEVEL}-{score}.png" for score in heat.SCORES} <= heat.FILES
    assert Quantification.objects.values().get() == numbers
    assert Worker.objects.filter(stopped_at=None).count() == 0, "a worker of maps is no sign that the queue moves"


def waited(what: object, log: object, seconds: float = 240) -> None:
    assert callable(what)
    assert callable(log)
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, log()
        time.sleep(0.05)


@pytest.mark.django_db
def test_a_fault_leaves_a_reason_and_the_numbers(run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert process.process(run.pk, "here/1").status == "done"
    numbers = Quantification.objects.values().get()

    def broken(*_: object) -> None:
        raise RuntimeError("no map")

    monkeypatch.setattr(heatmap, "maps", broken)
    other = make_run(make_series(make_study(make_patient())), State.QUEUED)
    assert heat_stage.process(run.pk) == "later", "a scan that waits comes first"
    assert heat.read(folder()) is None
    Run.objects.filter(pk=other.pk).update(state=State.SUPERSEDED)
    assert heat_stage.process(run.pk) == "failed"
    found = heat.read(folder())
    assert found is not None
    assert found.reason == "The heat maps could not be drawn (RuntimeError)."
    (folder() / "lungs.nii.gz").write_bytes(b"damaged")
    assert heat_stage.process(run.pk) == "failed"
    assert "lungs.nii.gz cannot be read" in json.loads((folder() / heat.FOLDER / heat.INDEX).read_text())["reason"]
    assert Quantification.objects.values().get() == numbers
    assert Run.objects.get(pk=run.pk).state == State.DONE
    assert heat_stage.process(other.pk) == "skipped"


def test_not_asked_for_unless_wanted() -> None:
    assert not settings.HEAT_MAPS
    assert not heat_stage.ask(1)
