"""Files of received slices: whole under their final name, or not there.

Below ``settings.STORAGE``: ct/<study UID>/<series UID>/<SOP UID>.dcm, all names checked to be UIDs.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from patients.intake.header import InstanceHeader, Refused

PART = ".part"
CHUNK = 2**20


def series_folder(study_uid: str, series_uid: str) -> str:
    """The folder of a series, relative to the storage root."""
    return f"ct/{study_uid}/{series_uid}"


def file_name(header: InstanceHeader) -> str:
    """The file of an instance, relative to the storage root."""
    return f"{series_folder(header.study_uid, header.series_uid)}/{header.sop_uid}.dcm"


def absolute(name: str) -> Path:
    """Where a stored file or folder lies."""
    return Path(settings.STORAGE) / name


@contextmanager
def stored(headers: Iterable[InstanceHeader]) -> Iterator[None]:
    """Write the files, and take them away again when the block fails.

    What a killed process leaves is never counted as stored: only database rows count, and the next
    import of the same slice writes over it. The caller holds the lock of the study.

    Raises:
        Refused: a file changed after it was read.
        OSError: the storage cannot be written.
    """
    written: list[Path] = []
    try:
        folders = set()
        for header in headers:
            target = absolute(file_name(header))
            if target.parent not in folders:
                _prepare(target.parent)
                folders.add(target.parent)
            _write(header, target, written)
        for folder in folders:
            _sync_folder(folder)
        yield
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(f"*{PART}"):
        leftover.unlink()


def _write(header: InstanceHeader, target: Path, written: list[Path]) -> None:
    part = target.with_name(f"{target.name}{PART}")
    written.append(part)
    checksum = hashlib.sha256()
    with header.path.open("rb") as source, part.open("wb") as copy:
        while block := source.read(CHUNK):
            checksum.update(block)
            copy.write(block)
        copy.flush()
        os.fsync(copy.fileno())
    if checksum.hexdigest() != header.checksum:
        raise Refused(header.name, "changed", "changed while it was being imported: import it again")
    part.replace(target)
    written[-1] = target


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
