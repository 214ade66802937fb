"""Fitted lines with their ribbon, and the fan of a forecast."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ildportal.charts.ink import LOOKS, NO_BOX, Figure, Row, var

RIBBON_OPACITY = 0.16
FAN_OPACITY = {"95": 0.10, "80": 0.16}


def fitted(rows: Sequence[Row], name: str) -> list[Figure]:
    """The line of one measure, 2 px, over the ribbon of its interval; nothing where there is none."""
    own = [row for row in rows if row["name"] == name]
    if not own:
        return []
    line = _line(own, f"{name} fitted", LOOKS[name].colour, {"width": 2}, "skip")
    if any(math.isnan(row["low"]) for row in own):
        return [line]
    return [_ribbon(own, f"{name} fitted, 95 % CI", LOOKS[name].colour, "low", "high", RIBBON_OPACITY), line]


def forecast(rows: Sequence[Row], name: str) -> list[Figure]:
    """The expected course dashed, inside its intervals."""
    own = [row for row in rows if row["name"] == name]
    if not own:
        return []
    colour = LOOKS[name].colour
    fans = [
        _ribbon(own, f"{name} forecast, {level} %", colour, f"low_{level}", f"high_{level}", opacity)
        for level, opacity in FAN_OPACITY.items()
    ]
    expected = _line(own, f"{name} forecast", colour, {"width": 1.5, "dash": var("dash-projected")})
    last = own[-1]
    told = (
        f"{name} forecast %{{y:.1f}} % predicted<br>%{{x|%Y-%m-%d}}"
        f"<br>on {last['date']}: 80 % {last['low_80']:.0f} to {last['high_80']:.0f}, "
        f"95 % {last['low_95']:.0f} to {last['high_95']:.0f}{NO_BOX}"
    )
    return [*fans, {**expected, "hovertemplate": told}]


def _line(rows: Sequence[Row], name: str, colour: str, line: Figure, hover: str = "") -> Figure:
    drawn = {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [row["date"] for row in rows],
        "y": [row["value"] for row in rows],
        "line": {"color": var(colour), **line},
    }
    return {**drawn, "hoverinfo": hover} if hover else drawn


def _ribbon(rows: Sequence[Row], name: str, colour: str, low: str, high: str, opacity: float) -> Figure:
    """There and back again."""
    back = rows[::-1]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [row["date"] for row in (*rows, *back)],
        "y": [*(row[high] for row in rows), *(row[low] for row in back)],
        "fill": "toself",
        "fillcolor": var(colour),
        "opacity": opacity,
        "line": {"width": 0},
        "hoverinfo": "skip",
    }
