"""Lesion % and the patterns over time, in % of the lung volume."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ildportal.charts.ink import Figure, course, dividers, layout, records

if TYPE_CHECKING:
    import pandas as pd

NAMES = ("Honeycombing", "Consolidation", "Reticulation", "GGO", "Lesion % (TLV%)")
STEPS = ((10, 2), (25, 5), (60, 10), (100, 20))


def percent(frame: pd.DataFrame) -> Figure:
    """Lesion % last, so that it lies on top."""
    high = float(frame["value"].max())
    step = next(step for top, step in STEPS if high <= top)
    y = {"range": [0, step * math.ceil(high / step + 0.4)], "dtick": step, "ticksuffix": " %"}
    rows = records(frame)
    return {
        "data": [trace for name in NAMES for trace in course(rows, name, "%{y:.1f} %")],
        "layout": layout(y, **dividers(rows)),
    }
