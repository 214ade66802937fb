"""python -m ildportal.demo: the demonstration from the ground up, in a home of its own.

Looks whether it can run at all, then becomes `ildportal.embedded`, which runs PostgreSQL, Valkey and
`ildportal.demo.start` inside the home `demo` below the usual one.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from ildportal.demo import preflight
from ildportal.embedded import default_home

# They belong to installations with servers of their own; the demonstration brings its own.
NOT_OURS = ("DATABASE_URL", "CELERY_BROKER_URL", "ILDPORTAL_PRODUCTION", "ILDPORTAL_STORAGE")


def main(arguments: Sequence[str]) -> NoReturn:
    options = _parser().parse_args(arguments)
    home = options.home or default_home() / "demo"
    try:
        port = preflight.port(options.port)
        paths = [preflight.scans(path) for path in options.ct]
        preflight.space(home)
    except preflight.Refused as error:
        print(f"demo: {error}", file=sys.stderr)
        sys.exit(2)
    for name in NOT_OURS:
        if os.environ.pop(name, ""):
            print(f"demo: {name} is left aside, the demo runs its own services", file=sys.stderr)
    print(f"demo: database, scans and logs lie in {home}", flush=True)
    start = [sys.executable, "-m", "ildportal.demo.start", "--port", str(port)]
    start += [word for path in paths for word in ("--ct", str(path))] + (["--check"] if options.check else [])
    os.execv(sys.executable, [sys.executable, "-m", "ildportal.embedded", "--home", str(home), *start])  # noqa: S606


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ildportal.demo", description=__doc__)
    parser.add_argument("--port", default="8000", help="of the web server on 127.0.0.1")
    parser.add_argument("--home", type=Path, help="folder of all data (default: demo below ILDPORTAL_HOME)")
    parser.add_argument("--ct", type=Path, action="append", default=[], metavar="PATH", help="your own scans as well")
    parser.add_argument("--check", action="store_true", help="compare what was measured with the truth, then end")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
