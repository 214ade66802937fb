"""Levels marked by readers: the given scans' own in a JSON, a hospital's in a CSV; every bad row is named."""

from __future__ import annotations

import csv
import itertools
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from quant.engine.volume import Volume
from quant.goh.levels import ABOVE_DOME_MM

BY_HAND = Path(__file__).with_name("levels_by_hand.json")
COLUMNS = ("series_uid", "level", "position_mm")
LEVELS = range(1, 6)
# A mark this far outside its scan is one of another scan.
FAR_MM = 30.0
Marks = Mapping[int, float]


class BadMarks(ValueError):
    """Rows that cannot be used, one a line: nothing is trained on what is left."""


@dataclass(frozen=True, slots=True)
class Row:
    """One mark: DICOM patient z of a level, and the row of the file it stands in (the header is row 1)."""

    number: int
    series_uid: str
    level: int
    position_mm: float


def by_hand(path: Path = BY_HAND) -> dict[str, dict[int, float]]:
    """DICOM z in mm of the levels of the given scans, by series UID."""
    scans = json.loads(path.read_text())["scans"]
    return {
        scan["series_uid"]: {mark["level"]: float(mark["position_mm"]) for mark in scan["levels"]} for scan in scans
    }


def places(path: Path = BY_HAND) -> dict[str, dict[int, tuple[float, float]]]:
    """Row and column of the landmarks of the given scans, by series UID and level."""
    scans = json.loads(path.read_text())["scans"]
    return {
        scan["series_uid"]: {m["level"]: (m["row"], m["column"]) for m in scan["levels"] if m["row"] is not None}
        for scan in scans
    }


def read(path: Path, known: Mapping[str, Volume]) -> dict[str, dict[int, float]]:
    """The marks of a CSV with the columns series_uid, level and position_mm, by series UID.

    Raises:
        BadMarks: a column that is missing, a row that cannot be read, of an unknown series, twice there, out of
            order or outside its scan; all of them, each with its number.
    """
    with path.open(newline="", encoding="utf-8-sig") as lines:
        table = csv.DictReader(lines)
        lacking = [name for name in COLUMNS if name not in (table.fieldnames or ())]
        if lacking:
            raise BadMarks(f"{path.name}: no column {', '.join(lacking)}")
        rows = list(enumerate(table, 2))
    found: dict[str, dict[int, float]] = defaultdict(dict)
    bad: list[str] = []
    for number, row in rows:
        try:
            mark = _row(number, row, known, found)
        except ValueError as error:
            bad.append(f"{path.name} row {number}: {error}")
        else:
            found[mark.series_uid][mark.level] = mark.position_mm
    bad.extend(f"{path.name}: series {uid}: {words}" for uid, marks in found.items() for words in _disorder(marks))
    if bad:
        raise BadMarks("\n".join(bad))
    if not found:
        raise BadMarks(f"{path.name}: no marks")
    return dict(found)


def _row(number: int, row: Mapping[str, str | None], known: Mapping[str, Volume], found: Mapping[str, Marks]) -> Row:
    uid, level, position = ((row[name] or "").strip() for name in COLUMNS)
    if uid not in known:
        raise ValueError(f"no series {uid or 'named'} in the data")
    if not level.isdigit() or int(level) not in LEVELS:
        raise ValueError(f"level {level or 'missing'}: one of 1 to 5")
    if int(level) in found.get(uid, {}):
        raise ValueError(f"level {level} of this series stands there twice")
    try:
        mm = float(position)
    except ValueError:
        raise ValueError(f"position_mm {position or 'missing'} is no number") from None
    ends = known[uid].positions_mm
    if not min(ends) - FAR_MM <= mm <= max(ends) + FAR_MM:
        raise ValueError(f"position_mm {mm:g}: the scan reaches from {min(ends):g} to {max(ends):g}")
    return Row(number, uid, int(level), mm)


def _disorder(marks: Marks) -> Iterator[str]:
    ordered = [marks[level] for level in sorted(marks)]
    if any(lower >= upper for upper, lower in itertools.pairwise(ordered)):
        yield "its levels do not follow each other from the head down"


def points(
    volume: Volume, marks: Marks, where: Mapping[int, tuple[float, float]] | None = None
) -> dict[int, tuple[float, ...]]:
    """Voxels (z, y, x) of the landmarks of levels 1, 2, 3 and 5, the dome itself for level 5.

    Where row and column are not known, the middle of the slice stands for them: a tilt then moves the mark a little
    too far.
    """
    z_mm = volume.voxel_mm[0]
    middle = ((volume.hu.shape[1] - 1) / 2, (volume.hu.shape[2] - 1) / 2)
    found = {}
    for level in (1, 2, 3, 5):
        if level in marks:
            height = marks[level] - volume.positions_mm[0] - (ABOVE_DOME_MM if level == 5 else 0.0)
            found[level] = (height / z_mm, *(where or {}).get(level, middle))
    return found
