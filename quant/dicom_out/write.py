"""A measurement as DICOM files beside its other results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from highdicom.seg import Segmentation
from pydicom import Dataset

from quant.dicom_out import source as sources
from quant.dicom_out.codes import Map
from quant.dicom_out.files import FILES, FOLDER, REPORT, name_of
from quant.dicom_out.seg import Maker, long_string, segmentation
from quant.dicom_out.sr import report
from quant.engine.arrays import Labels
from quant.engine.result import Measured


def write(measured: Measured, files: Sequence[Path], out_dir: Path) -> list[Path]:
    """Write a segmentation for each label map that holds anything, then the report, into `out_dir`/dicom.

    An older set there is replaced as a whole, its report gone first.

    Args:
        measured: of a DICOM series.
        files: that series, in any order.
        out_dir: the folder of the results.

    Raises:
        UnusableInput: the scan was no DICOM, or instances of its series are missing among `files`.
    """
    engine = measured.document["engine"]
    maker = Maker(long_string(engine["name"]), long_string(engine["version"]))
    source = sources.read(files, measured.volume)
    drawn: dict[Map, Segmentation] = {}
    for name, labels in _maps(measured).items():
        if made := segmentation(source, labels, name, maker):
            drawn[name] = made
    objects: dict[str, Dataset] = {name_of(name): one for name, one in drawn.items()}
    objects[REPORT] = report(source, drawn, measured.document, maker)
    for old in reversed(FILES):
        (out_dir / FOLDER / old).unlink(missing_ok=True)
    return [_save(one, out_dir / FOLDER / name) for name, one in objects.items()]


def _maps(measured: Measured) -> dict[Map, Labels]:
    """The label maps that there are; the airway tree whole, since no standard counts its generations."""
    maps: dict[Map, Labels] = {"lungs": measured.lungs, "lobes": measured.lobes, "patterns": measured.patterns}
    if measured.airways is not None:
        maps["airways"] = np.minimum(measured.airways, 1)
    if measured.vessels is not None:
        maps["vessels"] = measured.vessels
    return maps


def _save(made: Dataset, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    made.save_as(partial)
    partial.replace(path)
    return path
