"""Reading a CT, and measuring the given scans stage by stage, beside the network of a peer on the same slices."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ildportal.bench import peer
from ildportal.bench.line import Line, best

if TYPE_CHECKING:
    from quant.engine.arrays import Hu, Spacing
    from quant.engine.volume import Volume
    from quant.evaluation.cost import Cost

SLICES, AT = 300, (75, 150, 300)
LESION = 12.0
# Zips or folders of chest CTs to measure; without it a phantom is measured.
GIVEN = "ILDPORTAL_REAL_CT"
HEADER: dict[str, Any] = {
    "patient_id": "bench",
    "issuer": "bench",
    "sex": "F",
    "birth_date": dt.date(1960, 1, 1),
    "study_date": dt.date(2020, 1, 1),
}


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """HU (z, y, x) and the size of a voxel in mm."""

    name: str
    hu: Hu
    voxel_mm: Spacing


def lines() -> Iterator[Line]:
    from quant.training.phantom import Disease, Subject, make, write_dicom
    from quant.training.phantom import Scan as Asked

    subject = Subject(seed=5, sex="F", age_years=58, height_cm=165)
    made: list[Any] = []

    def draw() -> None:
        made.append(make(subject, Asked(slices=SLICES, matrix=512), Disease(ground_glass=LESION)))

    yield Line(f"draw a phantom, {SLICES} slices", best(draw, 1))
    with tempfile.TemporaryDirectory() as folder:
        paths = write_dicom(made.pop(), Path(folder) / "ct", **HEADER)
        yield _reading(paths)
        yield from _measuring([*given()] or [_scan("phantom", _volume(paths))])


def given() -> Iterator[Scan]:
    """The scans of the folder that ILDPORTAL_REAL_CT names, one a zip or folder in it."""
    from patients.intake.assemble import gather
    from patients.intake.quality import choose

    named = os.environ.get(GIVEN)
    for path in sorted(Path(named).iterdir()) if named and Path(named).is_dir() else ():
        if path.suffix == ".zip" or path.is_dir():
            with tempfile.TemporaryDirectory(prefix="bench-") as workdir:
                found = gather([path], Path(workdir))
                series = choose([one for study in found.studies for one in study.series]).series
                if series is not None:
                    yield _scan(path.stem, _volume([header.path for header in series.headers]))


def _scan(name: str, volume: Volume) -> Scan:
    return Scan(name, volume.hu, volume.voxel_mm)


def _volume(paths: list[Path]) -> Volume:
    from quant.engine.volume import load_dicom

    return load_dicom(paths)


def _reading(paths: list[Path]) -> Line:
    ours = best(lambda: _volume(paths), 3)
    return Line(f"read {len(paths)} slices into a volume", ours, "pydicom, slice by slice", best(lambda: _plain(paths)))


def _plain(paths: list[Path]) -> Any:
    """The volume as a few lines of pydicom give it: no checks, no geometry beyond the order."""
    import numpy as np
    import pydicom

    slices = sorted((pydicom.dcmread(path) for path in paths), key=lambda one: float(one.ImagePositionPatient[2]))
    return np.stack([one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept) for one in slices])


def _measuring(scans: list[Scan]) -> Iterator[Line]:
    """Each scan with its stages, then copies of the first with ever more slices."""
    peers = [peer.seconds(scan.hu) for scan in scans]
    for scan, theirs in zip(scans, peers, strict=True):
        cost = _alone(scan)
        yield _beside_peer(f"{scan.name}: measure {len(scan.hu)} slices", cost, theirs)
        for stage, taken in cost.stages.items():
            if stage != "total":
                yield Line(f"  of which {stage}", taken)
    for slices in AT:
        copy = _resampled(scans[0], slices)
        theirs = peers[0].scaled(slices / len(scans[0].hu))
        yield _beside_peer(f"{copy.name}: {slices} slices, resampled", _alone(copy), theirs)


def _resampled(scan: Scan, slices: int) -> Scan:
    from quant.evaluation.cost import resampled

    z, y, x = scan.voxel_mm
    return Scan(scan.name, resampled(scan.hu, slices), (z * (len(scan.hu) - 1) / (slices - 1), y, x))


def _alone(scan: Scan) -> Cost:
    """In a process that does nothing else, so that its memory is the engine's own."""
    from quant.engine.identity import ENGINE_NAME
    from quant.evaluation.cost import alone

    return alone(scan.hu, scan.voxel_mm, ENGINE_NAME, "auto")


def _beside_peer(job: str, cost: Cost, theirs: peer.Seconds) -> Line:
    note = f"{cost.peak_gib:.1f} GiB at most; of processor {cost.processor_s:.1f} s, the peer {theirs.processor:.1f} s"
    return Line(job, cost.wall_s, peer.NAME, theirs.wall, note)
