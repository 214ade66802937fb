"""A stored measurement as the engine gave it: the scan again from its files, the label maps from the run's folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from django.conf import settings

from quant.engine import device, volume
from quant.engine import lungs as lung_finder
from quant.engine.arrays import Labels
from quant.engine.errors import UnusableInput
from quant.engine.result import DOCUMENT, MAPS, TUBES, Measured
from quant.engine.volume import Volume
from quant.models import Quantification

# nibabel's functions carry no annotations.
LOAD: Any = nibabel.load


def files_of(quantification: Quantification) -> list[Path]:
    return [settings.STORAGE / path for path in quantification.series.instances.values_list("path", flat=True)]


def folder_of(quantification: Quantification) -> Path:
    found: Path = settings.STORAGE / quantification.label_path
    return found


def lungs(quantification: Quantification, scan: Volume) -> Labels:
    """The lungs as they were measured, on the grid of their scan.

    Raises:
        UnusableInput: the label map is no longer there, or not of this scan.
    """
    return _labels(folder_of(quantification) / f"{MAPS[0]}.nii.gz", scan)


def measured(quantification: Quantification) -> Measured:
    """What was measured, with the carina found anew.

    Raises:
        UnusableInput: the series, the document or a label map is no longer there, or not of this scan.
    """
    scan, folder = volume.load_dicom(files_of(quantification)), folder_of(quantification)
    lung, lobe, pattern = (_labels(folder / f"{name}.nii.gz", scan) for name in MAPS)
    tubes = (folder / f"{name}.nii.gz" for name in TUBES)
    tree, vessels = (_labels(path, scan) if path.is_file() else None for path in tubes)
    airway = lung_finder.airway(scan.hu, scan.voxel_mm, device.resolve(settings.DEVICE))
    return Measured(_document(folder / DOCUMENT), lung, lobe, pattern, scan, airway.carina, tree, vessels)


def scan_and_lungs(quantification: Quantification) -> tuple[Volume, Labels]:
    """The scan and the labels of its lungs alone.

    Raises:
        UnusableInput: the series or the label map is no longer there, or not of this scan.
    """
    scan = volume.load_dicom(files_of(quantification))
    return scan, _labels(folder_of(quantification) / "lungs.nii.gz", scan)


def _document(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnusableInput("no_labels", f"{path.name} cannot be read: {error}") from error
    return found


def _labels(path: Path, scan: Volume) -> Labels:
    try:
        stored = np.asarray(LOAD(path).dataobj, np.uint8)
    except Exception as error:
        # nibabel and its decompressors raise many types for missing and damaged files.
        raise UnusableInput("no_labels", f"{path.name} cannot be read: {error}") from error
    if stored.shape != scan.grid.shape:
        raise UnusableInput("no_labels", f"{path.name} is of another scan: {stored.shape}, not {scan.grid.shape}")
    return scan.from_source(stored)
