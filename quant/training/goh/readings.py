"""Scores that readers gave: a CSV and the DICOM of the scans, checked row by row before anything is trained.

Columns: series_uid, level (1..5) or slice (from 0 at the feet), tot, gg, ret (percent of the slice's lung), reader.
One bad row refuses all: what would be left out silently could be what the network needs.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from patients.intake.assemble import SeriesGroup, gather
from quant.engine import lungs, shipped, volume
from quant.engine.arrays import Labels
from quant.engine.errors import UnusableInput
from quant.engine.volume import Volume
from quant.goh import levels, slices
from quant.goh.names import NAMES
from quant.training.goh.pool import Example, Pool, Say
from quant.training.goh.pool import pool as packed

COLUMNS = ("series_uid", "tot", "gg", "ret", "reader")
MOST_TOLD = 50
ROUNDING = 0.01


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its `number` in the file (the header is 1), the series, where in it, and the scores in percent."""

    number: int
    series_uid: str
    level: int | None
    slice: int | None
    tot: float
    gg: float
    ret: float
    reader: str

    @property
    def place(self) -> str:
        return f"level {self.level}" if self.level is not None else f"slice {self.slice}"


class BadRows(ValueError):
    """Every row that cannot be used, by number and reason."""

    def __init__(self, bad: Sequence[tuple[int, str]]) -> None:
        self.bad = sorted(bad)
        told = [f"row {number}: {why}" for number, why in self.bad[:MOST_TOLD]]
        more = [f"and {len(bad) - MOST_TOLD} more rows"] if len(bad) > MOST_TOLD else []
        super().__init__(f"{len(bad)} unusable rows, nothing was trained; " + "; ".join(told + more))


def pool(folder: Path, scores: Path, size: int, say: Say) -> Pool:
    """The slices that were scored, each with the mean of its readers.

    Raises:
        BadRows: rows that name no slice of the scans, or hold impossible scores.
        ValueError: no such file, a file without the columns, or without rows.
    """
    rows = parse(scores)
    wanted: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        wanted[row.series_uid].append(row)
    bad: list[tuple[int, str]] = []
    examples: list[Example] = []
    with TemporaryDirectory(prefix="readings-") as work:
        found = {one.series_uid: one for study in gather([folder], Path(work)).studies for one in study.series}
        for uid, own in wanted.items():
            if uid not in found:
                bad += [(row.number, f"series {uid} is not in {folder}") for row in own]
                continue
            say(f"readings: series {uid}, {len(own)} rows")
            examples += _examples(found[uid], own, size, bad)
    if bad:
        raise BadRows(bad)
    return packed(examples)


def parse(path: Path) -> list[Row]:
    """The rows of a CSV, each checked by itself.

    Raises:
        BadRows: see there.
        ValueError: columns are missing, or there are no rows.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        columns = tuple(reader.fieldnames or ())
        missing = [name for name in COLUMNS if name not in columns]
        if missing or not {"level", "slice"} & set(columns):
            raise ValueError(f"{path.name}: no column {', '.join(missing or ['level or slice'])}")
        lines = [(reader.line_num, line) for line in reader]
    if not lines:
        raise ValueError(f"{path.name}: no rows")
    rows, bad = [], []
    for number, line in lines:
        try:
            rows.append(_row(number, line))
        except ValueError as error:
            bad.append((number, str(error)))
    bad += _twice(rows)
    if bad:
        raise BadRows(bad)
    return rows


def _row(number: int, line: dict[str, str | None]) -> Row:
    """Raises ValueError with the reason."""
    text = {name: (value or "").strip() for name, value in line.items() if name is not None}
    if not text["series_uid"] or not text["reader"]:
        raise ValueError("series_uid or reader is empty")
    level, place = (_whole(text.get(name, ""), name) for name in ("level", "slice"))
    if (level is None) == (place is None):
        raise ValueError("needs either level or slice")
    if level is not None and level not in NAMES:
        raise ValueError(f"level {level} is not one of 1 to 5")
    tot, gg, ret = (_percent(text[name], name) for name in ("tot", "gg", "ret"))
    if tot < max(gg, ret) - ROUNDING:
        raise ValueError(f"TOT {tot:g} is less than the larger of GG {gg:g} and RET {ret:g}")
    if tot > gg + ret + ROUNDING:
        raise ValueError(f"TOT {tot:g} is more than GG {gg:g} and RET {ret:g} together")
    return Row(number, text["series_uid"], level, place, tot, gg, ret, text["reader"])


def _whole(text: str, name: str) -> int | None:
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{name} {text!r} is no whole number") from None


def _percent(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name} {text!r} is no number") from None
    # Not a number is in no interval either.
    if not 0.0 <= value <= 100.0:
        raise ValueError(f"{name} {text} lies outside 0 to 100")
    return value


def _twice(rows: Sequence[Row]) -> Iterator[tuple[int, str]]:
    seen: dict[tuple[str, str, str], int] = {}
    for row in rows:
        key = (row.series_uid, row.place, row.reader)
        if key in seen:
            yield row.number, f"{row.reader} scored {row.place} of this series in row {seen[key]} already"
        seen.setdefault(key, row.number)


def _examples(series: SeriesGroup, rows: Sequence[Row], size: int, bad: list[tuple[int, str]]) -> list[Example]:
    """The slices of one series; rows without a slice go to `bad`."""
    try:
        scan = volume.load_dicom([header.path for header in series.headers])
        found = lungs.segment(scan.hu, scan.voxel_mm, torch.device("cpu"), shipped.weights("lungs"))
    except UnusableInput as error:
        bad += [(row.number, f"the series cannot be measured: {error.detail}") for row in rows]
        return []
    located = levels.locate(scan.hu, found.labels, found.airway.carina, scan.positions_mm, scan.voxel_mm)
    where = {one.level: one.slice for one in located}
    placed: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        index = row.slice if row.level is None else where[row.level]
        if index is None:
            bad.append((row.number, f"level {row.level} is not in the scan"))
        else:
            placed[index].append(row)
    patient = series.headers[0].patient_id or series.series_uid
    whole = (scan, found.labels, size, patient)
    return [one for index, own in placed.items() for one in _example(whole, index, own, bad)]


def _example(
    whole: tuple[Volume, Labels, int, str], index: int, rows: Sequence[Row], bad: list[tuple[int, str]]
) -> Iterator[Example]:
    scan, labels, size, patient = whole
    try:
        found = slices.of_scan(scan.hu, labels, index, scan.voxel_mm, size)
    except UnusableInput as error:
        bad += [(row.number, error.detail) for row in rows]
        return
    tot, gg, ret = np.mean([(row.tot, row.gg, row.ret) for row in rows], axis=0) / 100.0
    yield Example(found, (float(tot), float(gg), float(ret)), None, patient)
