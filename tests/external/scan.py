"""A chest whose left lung is denser than the right one, as the stand-ins for engines of others tell them apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.phantom import LUNG_CENTRE_X, LUNG_RADIUS_X, LUNG_RADIUS_Y, MARGIN_Z, Lesion, write_series

SLICES, THICKNESS_MM = 22, 7.5
RADII = (SLICES * THICKNESS_MM / 2 - MARGIN_Z, LUNG_RADIUS_Y, LUNG_RADIUS_X)
LEFT_LUNG = Lesion((0.0, 0.0, LUNG_CENTRE_X), RADII, -700.0)
ELLIPSOIDS_ML = 2 * 4 / 3 * np.pi * np.prod(RADII) / 1000


def write(folder: Path, **tags: str) -> Path:
    write_series(folder, slices=SLICES, thickness_mm=THICKNESS_MM, lesions=[LEFT_LUNG], **tags)  # type: ignore[arg-type]
    return folder
