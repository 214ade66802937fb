"""Networks that a hospital trained itself: a register.json beside their files, with the digest that each must have."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from quant.engine.digest import checked
from quant.engine.errors import UnusableInput

FILE = "register.json"


@dataclass(frozen=True, slots=True)
class Trained:
    """One version of a network; `file` lies beside the register."""

    name: str
    version: str
    file: str
    sha256: str


def read(folder: Path) -> tuple[Trained, ...]:
    """All versions, oldest first; none where there is no register."""
    path = folder / FILE
    return tuple(Trained(**one) for one in json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else ()


def add(folder: Path, new: Trained) -> None:
    """Put a version into the register; no number may ever change what it was made by.

    Raises:
        ValueError: this version is registered with another digest.
    """
    known = read(folder)
    for one in known:
        if (one.name, one.version) == (new.name, new.version):
            if one != new:
                raise ValueError(f"{new.name} {new.version} is registered with another file: choose another version")
            return
    partial = folder / f".{FILE}.partial"
    partial.write_text(json.dumps([asdict(one) for one in (*known, new)], indent=1) + "\n", encoding="utf-8")
    partial.replace(folder / FILE)


def free(out: Path, name: str, version: str) -> None:
    """Before hours of training: neither the version nor the file is taken.

    Raises:
        ValueError: it would overwrite the file of a registered version, or make a version that is there.
    """
    for one in read(out.parent):
        if (one.name, one.version) == (name, version):
            raise ValueError(f"{name} {version} is registered in {out.parent / FILE}: choose another --model-version")
        if one.file == out.name:
            raise ValueError(f"{out} is the file of {one.name} {one.version}: choose another --out")


def weights(folder: Path, name: str, version: str) -> Path:
    """The file of a version.

    Raises:
        UnusableInput: it is not registered, not there, or not the file that was registered.
    """
    for one in read(folder):
        if (one.name, one.version) == (name, version):
            return checked(folder / one.file, one.sha256, f"{name} {version} was registered with")
    raise UnusableInput("weights", f"no {name} {version} in {folder / FILE}")
