"""Imports the two given CTs, lets a real worker measure them, and checks the numbers that the database then holds.

Run by scripts/main_job.sh inside embedded services of its own. Ends with 1 when a number is out of its range.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ildportal.settings")
django.setup()

from quant.models import Quantification, Run, State  # noqa: E402

MOST_LESION_PERCENT = 8.0
PATIENCE_SECONDS = 600
WORKER_FLAGS = ["-Q", "quantify", "-P", "prefork", "-c", "1", "-l", "INFO"]
REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Scan:
    """A given scan and the lung volume it must show, mL, vessels included."""

    name: str
    least_ml: float
    most_ml: float


SCANS = (Scan("LIDC-IDRI-0001", 3700.0, 3950.0), Scan("LIDC-IDRI-0003", 5750.0, 6150.0))


def main(folder: Path) -> int:
    manage("migrate", "--noinput", "--verbosity", "0")
    worker = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "celery", "--quiet", "-A", "ildportal", "worker", *WORKER_FLAGS],
        cwd=REPOSITORY,
    )
    try:
        runs = {scan: imported(folder / f"{scan.name}.zip") for scan in SCANS}
        ended = {scan: wait_for(run) for scan, run in runs.items()}
    finally:
        worker.terminate()
        worker.wait()
    print(f"{'scan':<16}{'state':<9}{'slices':>7}{'volume mL':>11}{'lesion %':>10}{'severity':>9}{'seconds':>9}")
    verdicts = [report(scan, run) for scan, run in ended.items()]
    return 0 if all(verdicts) else 1


def manage(*arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=REPOSITORY, check=True)  # noqa: S603


def imported(archive: Path) -> int:
    """Imports one archive; the primary key of the one run it asked for."""
    before = set(Run.objects.values_list("pk", flat=True))
    manage("import_dicom", str(archive))
    new = Run.objects.exclude(pk__in=before).values_list("pk", flat=True)
    if len(new) != 1:
        raise SystemExit(f"main job: {archive} asked for {len(new)} runs instead of 1")
    return new[0]


def wait_for(run_id: int) -> Run:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        run = Run.objects.get(pk=run_id)
        if run.state in {State.DONE, State.FAILED}:
            return run
        time.sleep(0.5)
    raise SystemExit(f"main job: run {run_id} has not ended after {PATIENCE_SECONDS} s")


def report(scan: Scan, run: Run) -> bool:
    """Prints one line of the table; True when every number is where it must be."""
    if run.state != State.DONE or run.started_at is None or run.finished_at is None:
        print(f"{scan.name:<16}{run.state:<9}{run.reason}")
        return False
    found = Quantification.objects.get(run=run)
    volume, lesion = found.volume_ml, found.lesion_percent
    if volume is None or lesion is None:
        print(f"{scan.name:<16}{run.state:<9}volume {volume}, lesion {lesion}: not measured")
        return False
    seconds = (run.finished_at - run.started_at).total_seconds()
    right = scan.least_ml <= volume <= scan.most_ml and lesion < MOST_LESION_PERCENT
    severity = "-" if found.severity_total is None else str(found.severity_total)
    numbers = f"{run.series.slices:>7}{volume:>11.1f}{lesion:>10.2f}{severity:>9}{seconds:>9.1f}"
    wanted = f"wanted {scan.least_ml:.0f}-{scan.most_ml:.0f} mL, lesion < {MOST_LESION_PERCENT:.0f} %"
    print(f"{scan.name:<16}{run.state:<9}{numbers}  {'ok' if right else wanted}")
    return right


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
