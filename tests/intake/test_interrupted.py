"""An import that fails, is killed, or runs beside another one leaves nothing half stored."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.db import OperationalError, connection

from patients.intake import rows
from patients.intake.assemble import Assembly, gather
from patients.intake.receive import receive_paths
from patients.models import CTInstance, CTSeries, CTStudy, Patient
from tests.intake.conftest import Ask
from tests.phantom import write_series
from tests.workers import REPOSITORY, address_of_test_database

SLICES = 20
KILLED_BETWEEN_FILES_AND_COMMIT = """
import os, signal, sys, django
django.setup()
from django.core.management import call_command
from patients.models import CTInstance
CTInstance.objects.bulk_create = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
call_command("import_dicom", sys.argv[1])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_series(tmp_path / "in", slices=SLICES, size=8, thickness_mm=10)
    return tmp_path / "in"


def files(storage: Path) -> list[Path]:
    return [path for path in storage.rglob("*") if path.is_file()]


def counts() -> list[int]:
    return [model.objects.count() for model in (Patient, CTStudy, CTSeries, CTInstance)]


@pytest.mark.django_db(transaction=True)
def test_a_kill_between_files_and_commit_stores_nothing_and_the_next_import_all(
    ask: Ask, folder: Path, storage: Path
) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_BETWEEN_FILES_AND_COMMIT, str(folder)],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "DATABASE_URL": address_of_test_database(),
            "ILDPORTAL_STORAGE": str(storage),
            "DJANGO_SETTINGS_MODULE": "ildportal.settings",
        },
        check=False,
        timeout=60,
    )
    assert killed.returncode == -signal.SIGKILL
    assert len(files(storage)) == SLICES
    assert counts() == [0, 0, 0, 0]
    half = next(iter(files(storage)))
    half.rename(half.with_name(f"{half.name}.part"))
    assert ask("import_dicom", folder, "--json").document["summary"]["new"] == SLICES
    assert counts() == [1, 1, 1, SLICES]
    assert sorted(str(path.relative_to(storage)) for path in files(storage)) == sorted(
        CTInstance.objects.values_list("path", flat=True)
    )


@pytest.mark.django_db
def test_a_failure_before_the_commit_takes_the_files_away_again(
    folder: Path, storage: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(rows, "add_slices", fail)
    with pytest.raises(RuntimeError, match="power cut"):
        ask("import_dicom", folder)
    assert files(storage) == []
    assert counts() == [0, 0, 0, 0]


@pytest.mark.django_db
def test_a_full_disk_is_said_in_one_line(
    folder: Path, storage: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []

    def full(handle: int) -> None:
        written.append(handle)
        if len(written) > 7:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    answer = ask("import_dicom", folder)
    assert answer.code == 2
    assert "cannot be stored: [Errno 28] No space left on device" in answer.error
    assert files(storage) == []
    assert counts() == [0, 0, 0, 0]


@pytest.mark.django_db
def test_a_file_that_changes_while_it_is_imported_stops_its_study(
    folder: Path, storage: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def then_changed(paths: list[Path], workdir: Path) -> Assembly:
        assembly = gather(paths, workdir)
        with (folder / "IM0009.dcm").open("ab") as file:
            file.write(b"more")
        return assembly

    monkeypatch.setattr("patients.intake.receive.gather", then_changed)
    answer = ask("import_dicom", folder)
    assert answer.code == 2
    assert "changed while it was being imported" in answer.out
    assert (files(storage), counts()) == ([], [0, 0, 0, 0])


@pytest.mark.django_db
def test_what_the_database_refuses_is_said_in_one_line(
    folder: Path, storage: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patients.intake.describe._positive", lambda _: -1.0)
    answer = ask("import_dicom", folder)
    assert answer.code == 2
    assert "the database refused it: new row for relation" in answer.out
    assert (files(storage), counts()) == ([], [0, 0, 0, 0])


@pytest.mark.django_db
def test_a_stored_file_that_was_lost_is_written_again(folder: Path, storage: Path, ask: Ask) -> None:
    ask("import_dicom", folder)
    lost = files(storage)[3]
    content = lost.read_bytes()
    lost.unlink()
    assert ask("import_dicom", folder, "--json").document["summary"]["new"] == 0
    assert lost.read_bytes() == content


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_the_same_patient_at_once_store_everything_once(
    folder: Path, storage: Path, tmp_path: Path
) -> None:
    write_series(tmp_path / "second", slices=SLICES, size=8, thickness_mm=10, study_date="20240601")
    deliveries = [folder, folder, tmp_path / "second", folder]
    together = threading.Barrier(len(deliveries))
    faults: list[Exception] = []

    def bring(path: Path) -> None:
        try:
            together.wait()
            receive_paths([path])
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=bring, args=[path]) for path in deliveries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert faults == []
    assert counts() == [1, 2, 2, 2 * SLICES]
    assert len(files(storage)) == 2 * SLICES


@pytest.mark.django_db
def test_a_source_folder_may_go_away_after_the_import(folder: Path, storage: Path, ask: Ask) -> None:
    ask("import_dicom", folder)
    shutil.rmtree(folder)
    assert len(files(storage)) == SLICES
    assert ask("import_dicom", storage).code == 0
    assert counts() == [1, 1, 1, SLICES]


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["import_dicom", "import_pft"])
def test_a_database_that_is_away_is_said_in_one_line(
    folder: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("connection refused\n\tIs the server running?")

    for used in ("import_dicom.receive_paths", "import_pft.import_file"):
        monkeypatch.setattr(f"patients.management.commands.{used}", away)
    answer = ask(command, folder, "--json")
    assert (answer.code, answer.error) == (2, "the database cannot be used: connection refused")
    assert answer.document["error"]["code"] == "database"
