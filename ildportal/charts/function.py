"""FVC and DLCO over time, in % predicted or as z-scores, with their lower limits of normal.

Besides the common columns the frame has `lln`, the lower limit in the unit of `value`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ildportal.charts.fits import fitted, forecast
from ildportal.charts.ink import LOOKS, Figure, Row, by_method, course, dividers, font, layout, records, var

if TYPE_CHECKING:
    import pandas as pd

MEASURES = ("FVC", "DLCO")
LLN_Z = -1.645
# The limit moves by a fraction of a point a year, so it is drawn on beyond the first and the last session.
BEYOND = timedelta(days=400)


def percent(frame: pd.DataFrame, lines: pd.DataFrame | None = None, ahead: pd.DataFrame | None = None) -> Figure:
    """`value` and `lln` in % predicted.

    Args:
        lines: fitted lines: date, name, value and the limits of their interval, low and high (NaN without one).
        ahead: the forecast: date, name, value, low_80, high_80, low_95, high_95.
    """
    rows = records(frame)
    drawn, coming = ([] if one is None else records(one) for one in (lines, ahead))
    low, high = _range(rows, 10, [row[name] for row in coming for name in ("low_95", "high_95")])
    limits = [trace for name in MEASURES for trace in _limits(rows, name)]
    fits = [trace for name in MEASURES for trace in (*fitted(drawn, name), *forecast(coming, name))]
    y = {"ticksuffix": " %", "dtick": 20 if high - low > 40 else 10, "range": [low, high]}
    return _figure(rows, "%{y:.1f} % predicted", y, [*limits, *fits], _limit_names(limits))


def z_score(frame: pd.DataFrame) -> Figure:
    """`value` as z; the limit is \u22121.645 for every measure."""
    rows = records(frame)
    name = _name(LLN_Z, f"LLN, z {LLN_Z}".replace("-", "\u2212"), "ink-2", "bottom")
    figure = _figure(rows, "z %{y:.2f}", {"dtick": 1, "range": _range(rows, 1)}, [], [name])
    limit = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": LLN_Z, "y1": LLN_Z, "layer": "below"}
    figure["layout"]["shapes"].append({**limit, "line": _dotted("ink-2")})
    return figure


def _figure(rows: Sequence[Row], template: str, y: Figure, limits: list[Figure], names: list[Figure]) -> Figure:
    parts = [dividers([row for row in rows if row["name"] == name]) for name in MEASURES]
    shapes = [shape for part in parts for shape in part["shapes"]]
    notes = [note for part in parts for note in part["annotations"]]
    courses = [trace for name in MEASURES for trace in course(rows, name, template)]
    return {"data": limits + courses, "layout": layout(y, shapes=shapes, annotations=names + notes)}


def _limits(rows: Sequence[Row], name: str) -> list[Figure]:
    """The dotted lower limit of each equation set."""
    return [_limit(part, name) for part in by_method(row for row in rows if row["name"] == name)]


def _limit(part: Sequence[Row], name: str) -> Figure:
    days, values = [row["date"] for row in part], [row["lln"] for row in part]
    before, after = (date.fromisoformat(days[at]) + sign * BEYOND for at, sign in ((0, -1), (-1, 1)))
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"{name} LLN",
        "x": [before.isoformat(), *days, after.isoformat()],
        "y": [values[0], *values, values[-1]],
        "line": _dotted(LOOKS[name].colour),
        "hoverinfo": "skip",
    }


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


def _range(rows: Sequence[Row], step: float, more: Sequence[float] = ()) -> list[float]:
    """Everything drawn, to whole steps outwards."""
    drawn = [*(value for row in rows for value in (row["value"], row["lln"])), *more]
    return [step * math.floor(min(drawn) / step - 0.2), step * math.ceil(max(drawn) / step + 0.2)]
