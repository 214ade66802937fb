"""python -m ildportal.demo.start: the demonstration inside running services; `ildportal.demo` is the way in.

Tables, cohort, web server, worker and sweep; then the phantom scans, while the pages can be used already. Ends
everything with Ctrl-C. `--check` waits for all measurements, compares them with the truth and ends with 0 or 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ildportal.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import CommandError, call_command  # noqa: E402

from ildportal.demo import check, courses, load, progress, users, volumes  # noqa: E402
from ildportal.demo.processes import Ended, Processes, die_with_parent  # noqa: E402
from ildportal.demo.progress import say  # noqa: E402
from quant import repeatability  # noqa: E402

WEB = ("--workers", "2", "--threads", "4", "--no-control-socket")


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    die_with_parent()
    began = time.monotonic()
    with Processes(settings.HOME / "logs") as processes:
        try:
            found = _prepare(processes, options.port)
            _fill(processes, found, options.ct)
            if options.check:
                return check.main(found.until, settings.HOME, _address(options.port), began)
            say("everything is measured; Ctrl-C stops the demo")
            processes.watch()
        except Ended as error:
            say(f"{error.name} has ended by itself: its last words are in {error.log}")
            return 1
        except KeyboardInterrupt:
            say("stopping")
            return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ildportal.demo.start", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ct", type=Path, action="append", default=[], help="scans of yours to import as well")
    parser.add_argument("--check", action="store_true")
    return parser


def _prepare(processes: Processes, port: int) -> load.Loaded:
    """From empty tables to pages that answer."""
    say("tables")
    call_command("migrate", interactive=False, verbosity=0)
    repeatability.register_shipped()
    found = load.load_cohort(say=say)
    courses.fit(say)
    logins = users.ensure(published=True)
    counts = ", ".join(f"{number} {name}" for name, number in found.counts.items())
    say(f"{'loaded' if found.fresh else 'already there'}: {counts}")
    progress.skip_earlier()
    processes.start("web", "gunicorn", "-b", f"127.0.0.1:{port}", *WEB, "ildportal.wsgi")
    processes.start("worker", "celery", "-A", "ildportal", "worker", "-Q", "quantify", "-P", "prefork", "-c", "1")
    if settings.HEAT_MAPS:
        processes.start("heat", "celery", "-A", "ildportal", "worker", "-Q", "heat", "-P", "prefork", "-c", "1")
    processes.start("sweep", "django", "sweep", "--every", "15")
    progress.wait_for_pages(_address(port), processes)
    _invite(port, logins)
    return found


def _fill(processes: Processes, found: load.Loaded, scans: Sequence[Path]) -> None:
    """Your own scans first, then the phantoms; returns when nothing waits for the worker any more."""
    for path in scans:
        _import(path)
    for plan in volumes.missing(found.until):
        volumes.bring(plan, settings.HOME, say)
        processes.look()
        progress.report()
    progress.until_measured(processes)


def _import(path: Path) -> None:
    say(f"importing {path}")
    try:
        call_command("import_dicom", str(path))
    except CommandError as error:
        say(f"import_dicom: {error}")


def _invite(port: int, logins: Sequence[users.Login]) -> None:
    lines = ["", f"    ILD Portal: {_address(port)}", ""]
    for login in logins:
        lines.append(f"    {login.name:<15}{login.password or '(changed)':<22}{login.role}")
    lines += ["", "    Invented patients, research use only. The phantom scans are measured while you look.", ""]
    print("\n".join(lines), flush=True)


def _address(port: int) -> str:
    return f"http://127.0.0.1:{port}/"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
