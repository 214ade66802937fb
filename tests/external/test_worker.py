"""A scan of the portal measured again by an engine of others, by a real worker: its numbers stand apart from ours."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from ildportal.pages import changes
from quant import services
from quant.models import Quantification, Run, State
from tests.external.programs import NNUNET, model_folder, stand_in
from tests.workers import StartWorker

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


def wait_for(what: Callable[[], bool], show: Callable[[], str]) -> None:
    deadline = time.monotonic() + 90
    while not what():
        assert time.monotonic() < deadline, show()
        time.sleep(0.05)


def ended(run: Run) -> Callable[[], bool]:
    return lambda: Run.objects.filter(pk=run.pk, state__in=[State.DONE, State.FAILED]).exists()


@pytest.fixture(autouse=True)
def _storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker process and this one share a storage of their own."""
    monkeypatch.setattr(settings, "STORAGE", tmp_path / "storage")
    monkeypatch.setenv("ILDPORTAL_STORAGE", str(tmp_path / "storage"))


def test_measured_again_by_another_engine(scan: Path, tmp_path: Path, start_worker: StartWorker) -> None:
    program = stand_in(tmp_path / "nn", NNUNET)
    engine = f"nnunet:{model_folder(tmp_path)}"
    worker = start_worker(ILDPORTAL_NNUNET=str(program), ILDPORTAL_DICOM_OBJECTS="yes")
    call_command("import_dicom", str(scan), verbosity=0)
    ours = Run.objects.get()
    wait_for(ended(ours), worker.log)

    call_command("measure_again", str(ours.pk), engine=engine, verbosity=0)
    theirs = Run.objects.latest("pk")
    assert theirs.engine == f"density+{engine}"
    wait_for(ended(theirs), worker.log)
    theirs.refresh_from_db()
    assert (theirs.state, theirs.reason) == (State.DONE, "")
    old, new = Quantification.objects.order_by("pk")
    assert (old.engine, old.current, old.superseded_by_id) == ("density", False, new.pk)
    assert (new.engine, new.current, new.recovered_ml) == ("density+nnunet-Dataset501_Lungs", True, None)
    assert new.volume_ml == pytest.approx(old.volume_ml, rel=0.1)
    assert changes.method(old) != changes.method(new), "no line joins them"
    files = {file.name for file in (settings.STORAGE / new.label_path).rglob("*")}
    assert {"quantification.json", "lungs.nii.gz", "coronal.png"} <= files

    call_command("measure_again", all=True, engine=engine, verbosity=0)
    assert Run.objects.count() == 2, "all is by this engine"
    program.unlink()
    again = services.measure_again(ours.series, engine)
    wait_for(ended(again), worker.log)
    again.refresh_from_db()
    assert (again.state, again.error_code) == (State.FAILED, "engine")
    assert again.reason.endswith("is not installed here: set ILDPORTAL_NNUNET to the program's path")
    assert Quantification.objects.get(current=True) == new, "what was measured stays"


def test_a_name_that_is_none_asks_for_nothing() -> None:
    with pytest.raises(CommandError, match="no engine 'calipers' here; there are bundle, density"):
        call_command("measure_again", all=True, engine="calipers")
    with pytest.raises(CommandError, match="no run of a scan: 7"):
        call_command("measure_again", "7")
    with pytest.raises(CommandError, match="name runs, or --all"):
        call_command("measure_again")
