"""What lies under the diaphragm: liver, spleen, stomach with its gas, in reference coordinates (mm)."""

from __future__ import annotations

import numpy as np

from quant.training.phantom.shapes import Coords, Field, ellipsoid, smooth_max, smooth_min
from quant.training.phantom.thorax import Thorax

MUSCLE_MM = 3.0


def build(at: Coords, thorax: Thorax) -> dict[str, Field]:
    """Distances of `under` (all below the diaphragm), `liver`, `spleen`, `stomach` and its `gas`."""
    under = smooth_max(MUSCLE_MM - thorax.diaphragm, thorax.cage + 0.5, 3.0)
    return {
        "under": under,
        "liver": smooth_max(under, _liver(at), 4.0),
        "spleen": smooth_max(under, ellipsoid(at, (96, 48, -176), (30, 46, 48)), 3.0),
        "stomach": smooth_max(under + 3.0, _stomach(at), 5.0),
        "gas": smooth_max(smooth_max(under + 7.0, _stomach(at) + 4.0, 3.0), at.y + 14.0, 1.0),
    }


def _liver(at: Coords) -> Field:
    """The right lobe fills its side; the left one is a wedge over the stomach."""
    edge = 6.0 + 0.55 * np.clip(-at.y - 10.0, -60.0, 70.0) + 0.25 * (at.z + 150.0)
    right = at.x - edge
    hilum = ellipsoid(at, (4, 18, -205), (34, 26, 40))
    return smooth_max(right.astype(np.float32), -hilum, 10.0)


def _stomach(at: Coords) -> Field:
    fundus = ellipsoid(at, (62, 2, -158), (44, 50, 40))
    return smooth_min(fundus, ellipsoid(at, (40, -34, -200), (46, 36, 40)), 14.0)
