"""What the demonstration tells on the screen, in plain lines."""

from __future__ import annotations

import time
import urllib.error
import urllib.request

from django.db.models import QuerySet

from ildportal.demo.processes import Processes
from quant.engine.identity import SIMULATED_ENGINE
from quant.models import Quantification, Run, State

START_SECONDS = 90.0
LOOK_SECONDS = 0.5
_began = time.monotonic()
_told: set[tuple[int, str]] = set()


def say(line: str) -> None:
    print(f"demo: {time.monotonic() - _began:5.0f} s  {line}", flush=True)


def wait_for_pages(address: str, processes: Processes) -> None:
    """Returns when the pages answer; raises Ended when a process gives up before."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        processes.look()
        try:
            urllib.request.urlopen(f"{address}health/live", timeout=5).close()  # noqa: S310
        except (urllib.error.URLError, TimeoutError):
            if time.monotonic() > deadline:
                raise SystemExit(f"demo: the web server does not answer at {address}") from None
            time.sleep(LOOK_SECONDS)
        else:
            return


def skip_earlier() -> None:
    """What ended in an earlier session is no news."""
    _told.update((pk, state) for pk, state in _ended().values_list("pk", "state"))


def until_measured(processes: Processes) -> None:
    """Tells of every measurement that ends; returns when none waits any more."""
    while True:
        report()
        if not Run.objects.filter(state__in=[State.QUEUED, State.RUNNING]).exists():
            return
        processes.look()
        time.sleep(LOOK_SECONDS)


def report() -> None:
    """One line for each measurement that ended since the last call."""
    for run in _ended().select_related("series__study__patient").order_by("finished_at"):
        if (run.pk, run.state) not in _told:
            _told.add((run.pk, run.state))
            study = run.series.study
            say(f"{study.patient or 'held study'} {study.date}: {_outcome(run)}")


def _ended() -> QuerySet[Run]:
    return Run.objects.exclude(engine=SIMULATED_ENGINE).filter(state__in=[State.DONE, State.FAILED])


def _outcome(run: Run) -> str:
    if run.state == State.FAILED:
        return f"not measured. {run.reason}"
    found = Quantification.objects.get(run=run)
    lesion = "not given" if found.lesion_percent is None else f"{found.lesion_percent:.1f} %"
    return f"lungs {found.volume_ml or 0:.0f} mL, lesion {lesion}"
