"""DICOM objects of stored measurements: written by the worker after the numbers, or afterwards from what it left."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from quant import stored
from quant.dicom_out.write import write
from quant.engine.result import Measured
from quant.models import Quantification

log = logging.getLogger(__name__)


def write_or_log(measured: Measured, files: Sequence[Path], folder: Path) -> None:
    """Numbers do not depend on DICOM objects: a fault here costs the objects only."""
    try:
        write(measured, files, folder)
    except Exception:
        log.exception("no DICOM objects in %s", folder)


def rewrite(quantification: Quantification) -> None:
    """Write the DICOM objects of a stored measurement from its series, its document and its label maps.

    Raises:
        UnusableInput: one of them is no longer there, or not the one that was measured.
    """
    write(stored.measured(quantification), stored.files_of(quantification), stored.folder_of(quantification))
