"""Pictures of stored measurements: drawn by the worker after each one, or afterwards from what it left."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from django.conf import settings

from quant import album, pictures
from quant.engine import device, lungs, volume
from quant.engine.arrays import Labels
from quant.engine.errors import UnusableInput
from quant.engine.result import Measured
from quant.engine.volume import Volume
from quant.models import Quantification

log = logging.getLogger(__name__)
# nibabel's functions carry no annotations.
LOAD: Any = nibabel.load


def draw_or_log(measured: Measured, folder: Path) -> None:
    """Numbers do not depend on pictures: a fault here costs the pictures only. The page says that there are none."""
    try:
        pictures.draw(measured, folder / album.FOLDER)
    except Exception:
        log.exception("no pictures in %s", folder)


def redraw(quantification: Quantification) -> None:
    """Draw the pictures of a stored measurement from its series and its label maps.

    Raises:
        UnusableInput: the series or a label map is no longer there, or not the one that was measured.
    """
    paths = quantification.series.instances.values_list("path", flat=True)
    scan = volume.load_dicom([settings.STORAGE / path for path in paths])
    folder = settings.STORAGE / quantification.label_path
    maps = [_labels(folder / f"{name}.nii.gz", scan) for name in ("lungs", "lobes", "patterns")]
    airway = lungs.airway(scan.hu, scan.voxel_mm, device.resolve(settings.DEVICE))
    pictures.draw(Measured({}, maps[0], maps[1], maps[2], scan, airway.carina), folder / album.FOLDER)


def _labels(path: Path, scan: Volume) -> Labels:
    try:
        stored = np.asarray(LOAD(path).dataobj, np.uint8)
    except Exception as error:
        # nibabel and its decompressors raise many types for missing and damaged files.
        raise UnusableInput("no_labels", f"{path.name} cannot be read: {error}") from error
    if stored.shape != scan.grid.shape:
        raise UnusableInput("no_labels", f"{path.name} is of another scan: {stored.shape}, not {scan.grid.shape}")
    return scan.from_source(stored)
