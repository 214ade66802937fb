"""Reading and measuring a phantom CT of 512 x 512 x 300."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ildportal.bench.line import Line, best

SLICES = 300
LESION = 12.0
HEADER: dict[str, Any] = {
    "patient_id": "bench",
    "issuer": "bench",
    "sex": "F",
    "birth_date": dt.date(1960, 1, 1),
    "study_date": dt.date(2020, 1, 1),
}


def lines() -> Iterator[Line]:
    from quant.training.phantom import Disease, Scan, Subject, make, write_dicom

    subject = Subject(seed=5, sex="F", age_years=58, height_cm=165)
    made: list[Any] = []

    def draw() -> None:
        made.append(make(subject, Scan(slices=SLICES, matrix=512), Disease(ground_glass=LESION)))

    yield Line(f"draw a phantom, {SLICES} slices", best(draw, 1))
    with tempfile.TemporaryDirectory() as folder:
        paths = write_dicom(made[-1], Path(folder) / "ct", **HEADER)
        yield _reading(paths)
        yield _measuring(paths)


def _reading(paths: list[Path]) -> Line:
    from quant.engine.volume import load_dicom

    ours = best(lambda: load_dicom(paths), 3)
    return Line(f"read {len(paths)} slices into a volume", ours, "pydicom, slice by slice", best(lambda: _plain(paths)))


def _plain(paths: list[Path]) -> Any:
    """The volume as a few lines of pydicom give it: no checks, no geometry beyond the order."""
    import numpy as np
    import pydicom

    slices = sorted((pydicom.dcmread(path) for path in paths), key=lambda one: float(one.ImagePositionPatient[2]))
    return np.stack([one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept) for one in slices])


def _measuring(paths: list[Path]) -> Line:
    from quant.engine.run import quantify
    from quant.engine.volume import load_dicom

    volume = load_dicom(paths)
    found: list[Any] = []
    seconds = best(lambda: found.append(quantify(volume)), 2)
    lesion = found[-1].document["lesion_percent"]
    return Line(f"measure {len(paths)} slices", seconds, note=f"lesion {lesion:.1f} %, drawn {LESION:.1f} %")
