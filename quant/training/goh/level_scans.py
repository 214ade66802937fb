"""Scans to learn levels from: read by intake, their lungs as the engine finds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import torch

from patients.intake.assemble import gather
from patients.intake.quality import choose
from quant.engine import lungs, shipped
from quant.engine.arrays import Labels
from quant.engine.volume import Volume, load_dicom
from quant.training.goh import level_cases, level_marks
from quant.training.goh.level_cases import Case


@dataclass(frozen=True, slots=True, eq=False)
class Chest:
    """A scan, its lungs 1 right 2 left, the slice of its carina, and what readers marked: DICOM z by level.

    person: whose it is, so that no one is learned from and judged by at once.
    """

    name: str
    person: str
    volume: Volume
    lungs: Labels
    carina: int | None
    marks: dict[int, float]

    def case(self) -> Case:
        """For training."""
        uid = str(self.volume.source["series_uid"])
        where = level_marks.places().get(uid) if level_marks.by_hand().get(uid) == self.marks else None
        points = level_marks.points(self.volume, self.marks, where)
        return level_cases.of_scan(self.name, self.volume.hu, self.lungs, self.volume.voxel_mm, points)


class Found(NamedTuple):
    """A series and the patient ID in its headers, or its own UID where there is none."""

    volume: Volume
    person: str


def read(path: Path) -> dict[str, Found]:
    """The best series of each study in a folder or zip, by series UID."""
    found = {}
    with TemporaryDirectory(prefix="levels-") as folder:
        for study in gather([path], Path(folder)).studies:
            series = choose(study.series).series
            if series is not None:
                person = series.headers[0].patient_id or series.series_uid
                found[series.series_uid] = Found(load_dicom([header.path for header in series.headers]), person)
    return found


def chests(path: Path, marks: Mapping[str, Mapping[int, float]]) -> list[Chest]:
    """The marked scans of a folder or zip. Raises ValueError where there is none."""
    return marked(path.stem, read(path), marks)


def marked(name: str, scans: Mapping[str, Found], marks: Mapping[str, Mapping[int, float]]) -> list[Chest]:
    """Those of the scans that have marks. Raises ValueError where none has."""
    known = [uid for uid in scans if uid in marks]
    if not known:
        raise ValueError(f"{name}: no series with marked levels")
    return [_chest(name if len(known) == 1 else uid, scans[uid], dict(marks[uid])) for uid in known]


def _chest(name: str, scan: Found, marks: dict[int, float]) -> Chest:
    volume = scan.volume
    found = lungs.segment(volume.hu, volume.voxel_mm, torch.device("cpu"), shipped.weights("lungs"))
    return Chest(name, scan.person, volume, found.labels, found.airway.carina, marks)
