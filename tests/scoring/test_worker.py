"""The whole way with a real worker process: DICOM in, numbers, and the network's scores after them."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from quant.goh import models, shelf
from quant.models import LevelScore, Quantification, Run, Scoring, State
from quant.scoring import ask
from tests.phantom import write_series
from tests.queue.test_worker import wait_for
from tests.workers import StartWorker

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]
SHIPPED = models.MODELS[shelf.NAME].version
REALLY_SEND = ask.send


def test_numbers_first_then_the_network_and_another_version_on_demand(
    tmp_path: Path, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch, shelf_folder: Path
) -> None:
    monkeypatch.setattr(settings, "STORAGE", tmp_path / "storage")
    monkeypatch.setattr(ask, "send", REALLY_SEND)
    worker = start_worker(ILDPORTAL_STORAGE=str(tmp_path / "storage"), ILDPORTAL_SCORE_AFTER=f"goh_scores:{SHIPPED}")
    write_series(tmp_path / "ct")
    call_command("import_dicom", str(tmp_path / "ct"), verbosity=0)

    def ended(version: str) -> bool:
        return Scoring.objects.filter(model_version=version, state__in=[State.DONE, State.FAILED]).exists()

    wait_for(lambda: ended(SHIPPED), show=worker.log)
    numbers = Quantification.objects.get()
    assert (numbers.run.state, numbers.goh_default) == (State.DONE, "measured")
    call_command("score_again", str(Run.objects.get().pk), "--version=ours-1", f"--folder={shelf_folder}", verbosity=0)
    wait_for(lambda: ended("ours-1"), show=worker.log)
    assert {(job.model_version, job.state) for job in Scoring.objects.all()} == {
        (SHIPPED, State.DONE), ("ours-1", State.DONE),
    }, worker.log()  # fmt: skip
    rows = LevelScore.objects.filter(quantification=numbers, level=2)
    found = {(row.source, row.model_version): row.current for row in rows}
    assert found == {("measured", ""): True, ("network", SHIPPED): False, ("network", "ours-1"): True}
    assert worker.log().index("quant.tasks run") < worker.log().index("quant.tasks scoring")
