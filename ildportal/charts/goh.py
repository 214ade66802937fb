"""Goh extent over time: five levels stacked, each a fifth of its own extent, so that the height is their mean.

`name` is the level, "1" to "5"; `value` its TOT in % of the lung area of that slice, `gg` and `ret` the parts in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from ildportal.charts.ink import SIMULATED_OPACITY, Figure, Row, dividers, font, layout, records, var

if TYPE_CHECKING:
    import pandas as pd

LEVELS = ("1", "2", "3", "4", "5")
LIMITED, EXTENSIVE = 10, 30
ROOM = 6


def stack(frame: pd.DataFrame) -> Figure:
    """Base of the lungs at the bottom, with the zone in which FVC decides between limited and extensive."""
    rows = records(frame)
    extents = {day: fmean(row["value"] for row in part) for day, part in _by_day(rows).items()}
    high = max(EXTENSIVE + ROOM, max(extents.values()) * 1.2)
    parts = dividers(rows, named=False)
    zone = {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": LIMITED, "y1": EXTENSIVE, "layer": "below"}
    zone |= {"fillcolor": var("indet-soft"), "line": {"width": 0}}
    y = {"range": [0, high], "dtick": 10 if high <= 60 else 20, "ticksuffix": " %"}
    return {
        "data": [_level([row for row in rows if row["name"] == level], level) for level in reversed(LEVELS)],
        "layout": layout(
            y,
            barmode="stack",
            shapes=[zone, _edge(LIMITED), _edge(EXTENSIVE), *parts["shapes"]],
            annotations=[_mean(day, extent) for day, extent in extents.items()] + _zone_names(),
        ),
    }


def _by_day(rows: Sequence[Row]) -> dict[str, list[Row]]:
    days: dict[str, list[Row]] = {}
    for row in rows:
        days.setdefault(row["date"], []).append(row)
    return days


def _level(rows: Sequence[Row], level: str) -> Figure:
    return {
        "type": "bar",
        "name": f"Level {level}",
        "x": [row["date"] for row in rows],
        "y": [row["value"] / len(LEVELS) for row in rows],
        "customdata": [[row["value"], row["gg"], row["ret"]] for row in rows],
        "marker": {
            "color": var(f"goh-{level}"),
            "opacity": [SIMULATED_OPACITY if row["simulated"] else 1 for row in rows],
            "line": {"width": 0.75, "color": var("surface")},
        },
        "hovertemplate": f"Level {level}: %{{customdata[0]:.0f}} % of the slice<br>"
        "GG %{customdata[1]}, RET %{customdata[2]}<br>%{x|%Y-%m-%d}<extra></extra>",
    }


def _edge(at: float) -> Figure:
    line = {"color": var("indet"), "width": 1, "dash": var("dash-limit")}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": at, "y1": at, "line": line, "layer": "below"}


def _mean(day: str, extent: float) -> Figure:
    return {
        "x": day, "y": extent, "yanchor": "bottom", "text": f"<b>{extent:.1f}</b>", "showarrow": False,
        "font": font("ink"),
    }  # fmt: skip


def _zone_names() -> list[Figure]:
    between = f"{LIMITED}\u2013{EXTENSIVE} %: FVC < 70 % decides"
    places = ((0, EXTENSIVE, "bottom", "Extensive"), (0, EXTENSIVE, "top", between), (1, LIMITED, "top", "Limited"))
    return [
        {
            "name": "wide", "xref": "paper", "x": x, "xanchor": "right" if x else "left", "y": y, "yanchor": side,
            "text": text, "showarrow": False, "font": font("indet"),
        }
        for x, y, side, text in places
    ]  # fmt: skip
