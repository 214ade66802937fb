"""The severity score, 0 to 25, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ildportal.charts.ink import Figure, course, dividers, font, layout, records

if TYPE_CHECKING:
    import pandas as pd

TOP = 25


def steps(frame: pd.DataFrame) -> Figure:
    """A score holds until the next CT says otherwise: steps, with the score at each mark."""
    rows = records(frame)
    traces = course(rows, "Severity", "%{y} of 25")
    for trace in traces:
        trace |= {
            "mode": "lines+markers+text",
            "text": [str(score) for score in trace["y"]],
            "textposition": "top center",
            "textfont": font("ink", 12),
            "cliponaxis": False,
        }
        trace["line"]["shape"] = "hv"
    return {
        "data": traces,
        "layout": layout({"range": [0, TOP + 5], "tickvals": [0, 10, 20]}, **dividers(rows, named=False)),
    }
