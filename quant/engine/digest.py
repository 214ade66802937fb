"""Which file it is: weights are named by what they hold."""

from __future__ import annotations

import hashlib
from pathlib import Path

from quant.engine.errors import UnusableInput


def sha256(path: Path) -> str:
    """Hexadecimal digest of a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checked(path: Path, digest: str, whose: str) -> Path:
    """The path of weights, `whose` they are in words.

    Raises:
        UnusableInput: the file is not there, or has another digest.
    """
    if not path.is_file() or sha256(path) != digest:
        raise UnusableInput("weights", f"{path.name} is not the file that {whose}")
    return path
