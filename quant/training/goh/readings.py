"""Scores that readers gave and the slices that they scored: a CSV and DICOM, all checked before anything is trained."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
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
from quant.goh.readings import BadRows, Row, parse
from quant.training.goh.pool import Example, Pool, Say
from quant.training.goh.pool import pool as packed

UNDONE = "nothing was trained"


def pool(folder: Path, scores: Path, size: int, say: Say) -> Pool:
    """The slices that were scored, each with the mean of its readers.

    Raises:
        BadRows: rows that name no slice of the scans, or hold impossible scores.
        ValueError: no such file, a file without the columns, or without rows.
    """
    rows = parse(scores, UNDONE)
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
        raise BadRows(bad, UNDONE)
    return packed(examples)


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
