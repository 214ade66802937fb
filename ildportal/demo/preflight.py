"""What must hold before anything is started; each refusal is one sentence with the way out. No Django."""

from __future__ import annotations

import errno
import os
import shutil
import socket
from pathlib import Path

LEAST_FREE_MB = 1500
HIGHEST_PORT = 65_535


class Refused(Exception):
    """The demonstration cannot start; the message says why and what to do."""


def port(wanted: str) -> int:
    """A port of this machine that nobody listens on."""
    if not wanted.isascii() or not wanted.isdecimal() or not 1 <= int(wanted) <= HIGHEST_PORT:
        raise Refused(f"PORT={wanted} is no port: choose a number from 1024 to {HIGHEST_PORT}, make demo PORT=8001")
    number = int(wanted)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            reason = "is taken by another program" if taken else f"cannot be used ({error.strerror})"
            other = number + 1 if 1024 <= number < HIGHEST_PORT else 8000
            raise Refused(f"port {number} {reason}: choose another, make demo PORT={other}") from None
    return number


def space(home: Path) -> None:
    """Room for database, scans and label maps where `home` is or will be."""
    there = next(path for path in (home, *home.parents) if path.exists())
    free = shutil.disk_usage(there).free // 1024**2
    if free < LEAST_FREE_MB:
        raise Refused(
            f"{there} has {free} MB free, the demo needs {LEAST_FREE_MB} MB: free space, "
            "or choose another folder with ILDPORTAL_HOME"
        )


def scans(path: Path) -> Path:
    """A folder, zip or file that can be read."""
    if not path.exists():
        raise Refused(f"CT={path}: no such file or folder, name the folder or zip that holds your scans")
    if not os.access(path, os.R_OK):
        raise Refused(f"CT={path} cannot be read: change its permissions, or copy it to where you may read it")
    return path.absolute()
