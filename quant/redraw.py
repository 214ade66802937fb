"""Pictures of stored measurements: drawn by the worker after each one, or afterwards from what it left."""

from __future__ import annotations

import logging
from pathlib import Path

from quant import album, pictures, stored
from quant.engine.result import Measured
from quant.models import Quantification

log = logging.getLogger(__name__)


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
    pictures.draw(stored.measured(quantification), stored.folder_of(quantification) / album.FOLDER)
