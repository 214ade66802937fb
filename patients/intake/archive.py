"""Zip archives from outside, unpacked without trusting them.

No Django here. Entry names never become paths: entries are written as numbered files below the work
folder, so that no name can lead out of it.
"""

import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from patients.intake import filekind
from patients.intake.header import Refused

MAX_ENTRIES = 50_000
MAX_TOTAL_BYTES = 16 * 2**30
MAX_RATIO = 100
# Small archives of empty air compress far better than 100:1 and harm nobody.
RATIO_COUNTS_ABOVE = 256 * 2**20


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read, and what messages call it."""

    path: Path
    name: str


def unpack(archive: Source, workdir: Path) -> tuple[list[Source], list[Refused]]:
    """Unpack into a new folder below ``workdir``: the entries, and those refused by name.

    Raises:
        Refused: not readable as a zip, or larger than the limits (nothing is unpacked then).
    """
    try:
        with zipfile.ZipFile(archive.path) as opened:
            entries = [entry for entry in opened.infolist() if not entry.is_dir()]
            _check_limits(archive, entries, workdir)
            return _unpack_all(archive, opened, entries, workdir)
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise Refused(archive.name, "bad_zip", f"the zip cannot be opened: {error}") from error


def _check_limits(archive: Source, entries: list[zipfile.ZipInfo], workdir: Path) -> None:
    # zipfile never reads more than the size an entry declares, so the declared sizes are a safe bound.
    total = sum(entry.file_size for entry in entries)
    packed = max(1, archive.path.stat().st_size)
    if len(entries) > MAX_ENTRIES:
        raise Refused(archive.name, "zip_bomb", f"{len(entries)} entries; at most {MAX_ENTRIES} are taken")
    if total > MAX_TOTAL_BYTES:
        raise Refused(archive.name, "zip_bomb", f"unpacks to {total / 2**30:.0f} GiB; at most 16 are taken")
    if total > RATIO_COUNTS_ABOVE and total / packed > MAX_RATIO:
        raise Refused(archive.name, "zip_bomb", f"unpacks to {total // packed} times its size")
    if total > shutil.disk_usage(workdir).free:
        raise Refused(archive.name, "no_space", f"unpacks to {total / 2**30:.1f} GiB, more than is free")


def _unpack_all(
    archive: Source, opened: zipfile.ZipFile, entries: list[zipfile.ZipInfo], workdir: Path
) -> tuple[list[Source], list[Refused]]:
    folder = _new_folder(workdir)
    taken: list[Source] = []
    refused: list[Refused] = []
    for number, entry in enumerate(entries):
        source = Source(folder / f"{number:06d}", f"{archive.name}!{entry.filename}")
        try:
            _unpack_one(opened, entry, source)
        except Refused as refusal:
            refused.append(refusal)
        else:
            taken.append(source)
    return taken, refused


def _new_folder(workdir: Path) -> Path:
    number = 0
    while True:
        folder = workdir / f"zip{number:04d}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
        else:
            return folder


def _unpack_one(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, source: Source) -> None:
    parts = entry.filename.replace("\\", "/").split("/")
    if ".." in parts or entry.filename.startswith(("/", "\\")) or parts[0].endswith(":"):
        raise Refused(source.name, "unsafe_path", "the entry's name leads out of the archive")
    if entry.flag_bits & 1:
        raise Refused(source.name, "encrypted", "protected by a password: unpack it first")
    try:
        with opened.open(entry) as packed, source.path.open("xb") as target:
            shutil.copyfileobj(packed, target, 2**20)
    except Exception as error:
        # Damaged entries fail as BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError.
        source.path.unlink(missing_ok=True)
        raise Refused(source.name, "bad_zip", f"the entry cannot be unpacked: {error}") from error
    with source.path.open("rb") as unpacked:
        if filekind.is_zip(unpacked.read(4)):
            source.path.unlink()
            raise Refused(source.name, "nested_zip", "a zip inside a zip: unpack it first")
