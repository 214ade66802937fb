"""FVC and DLCO over time, in % predicted or as z-scores, with their lower limits of normal.

Besides the common columns the frame has `lln`, the lower limit in the unit of `value`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ildportal.charts.ink import LOOKS, Figure, course, dividers, font, layout, var

if TYPE_CHECKING:
    import pandas as pd

MEASURES = ("FVC", "DLCO")
LLN_Z = -1.645
# The limit moves by a fraction of a point a year, so it is drawn on beyond the first and the last session.
BEYOND_DAYS = 400


def percent(frame: pd.DataFrame) -> Figure:
    """`value` and `lln` in % predicted."""
    low, high = _range(frame, 10)
    limits = [trace for name in MEASURES for trace in _limits(frame[frame["name"] == name], name)]
    y = {"ticksuffix": " %", "dtick": 20 if high - low > 40 else 10, "range": [low, high]}
    return _figure(frame, "%{y:.1f} % predicted", y, limits, _limit_names(limits))


def z_score(frame: pd.DataFrame) -> Figure:
    """`value` as z; the limit is \u22121.645 for every measure."""
    name = _name(LLN_Z, f"LLN, z {LLN_Z}".replace("-", "\u2212"), "ink-2", "bottom")
    figure = _figure(frame, "z %{y:.2f}", {"dtick": 1, "range": _range(frame, 1)}, [], [name])
    limit = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": LLN_Z, "y1": LLN_Z, "layer": "below"}
    figure["layout"]["shapes"].append({**limit, "line": _dotted("ink-2")})
    return figure


def _figure(frame: pd.DataFrame, template: str, y: Figure, limits: list[Figure], names: list[Figure]) -> Figure:
    parts = [dividers(frame[frame["name"] == name]) for name in MEASURES]
    shapes = [shape for part in parts for shape in part["shapes"]]
    notes = [note for part in parts for note in part["annotations"]]
    courses = [trace for name in MEASURES for trace in course(frame, name, template)]
    return {"data": limits + courses, "layout": layout(y, shapes=shapes, annotations=names + notes)}


def _limits(rows: pd.DataFrame, name: str) -> list[Figure]:
    """The dotted lower limit of each equation set."""
    import pandas as pd

    found = []
    for _, part in rows.sort_values("date").groupby("method", sort=False):
        days, values = pd.to_datetime(part["date"]), part["lln"].tolist()
        beyond = pd.Timedelta(days=BEYOND_DAYS)
        x = [days.iloc[0] - beyond, *days, days.iloc[-1] + beyond]
        found.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": f"{name} LLN",
                "x": [day.date().isoformat() for day in x],
                "y": [values[0], *values, values[-1]],
                "line": _dotted(LOOKS[name].colour),
                "hoverinfo": "skip",
            }
        )
    return found


def _limit_names(limits: list[Figure]) -> list[Figure]:
    """At the right edge; the upper one above its line, the lower one below, so that they never meet."""
    first = {trace["name"]: trace for trace in reversed(limits)}
    upward = sorted(first.values(), key=lambda trace: float(trace["y"][0]))
    return [
        _name(trace["y"][0], trace["name"], LOOKS[trace["name"].removesuffix(" LLN")].colour, side)
        for trace, side in zip(upward, ("top", "bottom") if len(upward) > 1 else ("bottom",), strict=True)
    ]


def _name(y: float, text: str, colour: str, side: str) -> Figure:
    return {
        "xref": "paper", "x": 1, "xanchor": "right", "y": y, "yanchor": side, "text": text,
        "showarrow": False, "font": font(colour),
    }  # fmt: skip


def _dotted(colour: str) -> Figure:
    return {"color": var(colour), "width": 1, "dash": var("dash-limit")}


def _range(frame: pd.DataFrame, step: float) -> list[float]:
    """Everything drawn, to whole steps outwards."""
    drawn = [*frame["value"], *frame["lln"]]
    return [step * math.floor(min(drawn) / step - 0.2), step * math.ceil(max(drawn) / step + 0.2)]
