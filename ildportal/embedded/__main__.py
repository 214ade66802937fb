"""python -m ildportal.embedded [--home DIR] [COMMAND ...]: both servers, for as long as COMMAND runs."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from ildportal.embedded import Embedded, EmbeddedError

LOOK_SECONDS = 1.0


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    _on_signals(lambda number: sys.exit(128 + number))  # also in mid-start nothing may be left running
    try:
        with Embedded(options.home) as services:
            return _run(options.command, services) if options.command else _serve(services)
    except EmbeddedError as error:
        print(f"embedded: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ildportal.embedded", description=__doc__)
    parser.add_argument("--home", type=Path, help="folder of the data (default: ILDPORTAL_HOME, else var)")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="runs with both addresses in its environment")
    return parser


def _serve(services: Embedded) -> int:
    """Until Ctrl-C or SIGTERM."""
    ended = threading.Event()
    _on_signals(lambda _number: ended.set())
    print(f"DATABASE_URL={services.database_url}\nCELERY_BROKER_URL={services.broker_url}", flush=True)
    while not ended.wait(LOOK_SECONDS):
        services.revive()
    return 0


def _run(command: list[str], services: Embedded) -> int:
    """The command's exit status; 128 + signal when a signal ended it."""
    try:
        child = subprocess.Popen(command, env=_environment(services))  # noqa: S603
    except OSError as error:
        raise EmbeddedError(f"{command[0]} cannot be run ({error.strerror})") from None
    _on_signals(lambda number: _pass_on(child, number))
    while True:
        try:
            status = child.wait(LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            services.revive()
        else:
            return status if status >= 0 else 128 - status


def _environment(services: Embedded) -> Mapping[str, str]:
    return {
        **os.environ,
        "ILDPORTAL_HOME": str(services.home),
        "DATABASE_URL": services.database_url,
        "CELERY_BROKER_URL": services.broker_url,
    }


def _pass_on(child: subprocess.Popen[bytes], number: int) -> None:
    # On Ctrl-C the terminal has sent SIGINT to the child as well: twice would cut its shutdown short.
    if number != signal.SIGINT or not _in_foreground():
        child.send_signal(number)


def _in_foreground() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def _on_signals(act: Callable[[int], None]) -> None:
    def handler(number: int, _frame: FrameType | None) -> None:
        act(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
