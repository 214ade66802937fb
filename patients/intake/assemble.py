"""From files in any order and under any name to studies, series and sorted instances. No Django here."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from patients.intake import archive, filekind, geometry
from patients.intake.archive import Source
from patients.intake.header import InstanceHeader, Refused, read_header

# Named and left aside; finding one is normal, not a fault of the delivery.
ASIDE = frozenset(("not_dicom", "dicomdir", "localizer", "secondary_capture", "dose_report", "not_ct", "duplicate"))


@dataclass(frozen=True, slots=True, order=True)
class Refusal:
    """A file that is not used: what to call it, a code of docs/intake.md, the reason in words."""

    path: str
    code: str
    detail: str

    @property
    def aside(self) -> bool:
        """Left aside as a matter of course (a report, a duplicate), not because something is wrong."""
        return self.code in ASIDE

    def __str__(self) -> str:
        return f"{self.path}: {self.detail} ({self.code})"


@dataclass(frozen=True, slots=True)
class SeriesGroup:
    """The instances of one series, feet first (by instance number where no position is given)."""

    series_uid: str
    headers: tuple[InstanceHeader, ...]

    @property
    def study_uid(self) -> str:
        """The study that every instance names."""
        return self.headers[0].study_uid

    @property
    def pixel_digest(self) -> str:
        """SHA-256 (hex) over the UIDs and pixel digests of all instances, whatever their order."""
        return pixel_digest((h.sop_uid, h.pixel_digest) for h in self.headers)


@dataclass(frozen=True, slots=True)
class StudyGroup:
    """The series of one study, by series number."""

    study_uid: str
    series: list[SeriesGroup]


@dataclass(frozen=True, slots=True)
class Assembly:
    """Every file of a delivery: in a study, or refused by name."""

    studies: list[StudyGroup]
    refused: list[Refusal]


def pixel_digest(instances: Iterable[tuple[str, str]]) -> str:
    """SHA-256 (hex) of a series from (SOP instance UID, digest of its pixels) pairs."""
    return hashlib.sha256("\n".join(f"{uid} {digest}" for uid, digest in sorted(instances)).encode()).hexdigest()


def gather(paths: Iterable[Path], workdir: Path) -> Assembly:
    """Read folders (recursively), files and zips; zips are unpacked below ``workdir``.

    Each file ends in a study or, with its reason, in ``refused``; no input raises.
    """
    refused: list[Refused] = []
    headers: list[InstanceHeader] = []
    for source in _sources(paths, workdir, refused):
        try:
            headers.append(read_header(source.path, source.name))
        except Refused as refusal:
            refused.append(refusal)
    kept = _without_repeats(headers, refused)
    return Assembly(_studies(kept), sorted(Refusal(str(r.path), r.code, r.detail) for r in refused))


def _sources(paths: Iterable[Path], workdir: Path, refused: list[Refused]) -> Iterator[Source]:
    seen: set[Path] = set()
    for path in paths:
        for file in _files(path, refused):
            real = file.resolve()
            if real in seen:
                continue
            seen.add(real)
            yield from _opened(Source(file, str(file)), workdir, refused)


def _files(path: Path, refused: list[Refused]) -> Iterator[Path]:
    """The path itself, or every file below it."""
    if not path.exists():
        refused.append(Refused(path, "absent", "no such file or folder"))
        return
    if not path.is_dir():
        yield path
        return

    def unlistable(error: OSError) -> None:
        refused.append(Refused(error.filename, "unreadable", f"cannot be listed: {error.strerror}"))

    for folder, _, names in sorted(os.walk(path, onerror=unlistable)):
        yield from (Path(folder) / name for name in sorted(names))


def _opened(source: Source, workdir: Path, refused: list[Refused]) -> Iterator[Source]:
    """The file, or what is in it when it is a zip."""
    try:
        if not source.path.is_file():
            raise Refused(source.name, "unreadable", "neither a file nor a folder")
        with source.path.open("rb") as stream:
            is_zip = filekind.is_zip(stream.read(4))
        entries, faults = archive.unpack(source, workdir) if is_zip else ([source], [])
    except Refused as refusal:
        refused.append(refusal)
    except OSError as error:
        refused.append(Refused(source.name, "unreadable", f"cannot be read: {error.strerror}"))
    else:
        refused.extend(faults)
        yield from entries


def _without_repeats(headers: list[InstanceHeader], refused: list[Refused]) -> list[InstanceHeader]:
    """One header an instance. Names and order mean nothing, so contradicting files are all refused."""
    by_uid: dict[str, list[InstanceHeader]] = defaultdict(list)
    for header in headers:
        by_uid[header.sop_uid].append(header)
    kept = []
    for same in by_uid.values():
        first, *others = sorted(same, key=lambda h: h.name)
        if len({identity(h) for h in same}) > 1:
            refused.extend(_conflict(h, same) for h in same)
            continue
        kept.append(first)
        refused.extend(Refused(h.name, "duplicate", f"the same image as {first.name}") for h in others)
    return kept


def identity(header: InstanceHeader) -> tuple[str, ...]:
    """What two files with one SOP instance UID must share to be the same image."""
    return (header.pixel_digest, header.series_uid, header.study_uid, header.patient_id, header.issuer)


def _conflict(header: InstanceHeader, same: list[InstanceHeader]) -> Refused:
    other = next(h for h in same if identity(h) != identity(header))
    what = "other pixels" if other.pixel_digest != header.pixel_digest else "another patient, study or series"
    return Refused(
        header.name,
        "conflict",
        f"its SOP instance UID is also that of {other.name} with {what}; give only the right one",
    )


def _studies(headers: list[InstanceHeader]) -> list[StudyGroup]:
    grouped: dict[str, dict[str, list[InstanceHeader]]] = defaultdict(lambda: defaultdict(list))
    for header in headers:
        grouped[header.study_uid][header.series_uid].append(header)
    return [_study(study_uid, grouped[study_uid]) for study_uid in sorted(grouped)]


def _study(study_uid: str, grouped: dict[str, list[InstanceHeader]]) -> StudyGroup:
    series = [SeriesGroup(uid, tuple(geometry.feet_first(found))) for uid, found in grouped.items()]
    return StudyGroup(study_uid, sorted(series, key=_series_order))


def _series_order(series: SeriesGroup) -> tuple[float, str]:
    number = series.headers[0].series_number
    return (float("inf") if number is None else number, series.series_uid)
