"""What every chart is drawn with: fixed colours and symbols, the base layout, the divider between methods."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Figure = dict[str, Any]
Row = dict[str, Any]
COLUMNS = ("date", "name", "value", "method", "label", "flagged", "simulated", "note")
SIMULATED_OPACITY = 0.65
# Else plotly adds a second box with the name of the trace.
NO_BOX = "<extra></extra>"


@dataclass(frozen=True, slots=True)
class Look:
    """How a series is drawn everywhere: colour token, plotly symbol, width of its line and size of its marks in px."""

    colour: str
    symbol: str
    width: float = 1.25
    size: int = 8


LOOKS = {
    "FVC": Look("c-fvc", "circle", 1.5, 9),
    "DLCO": Look("c-dlco", "square", 1.5, 9),
    "Lesion % (TLV%)": Look("c-lesion", "diamond", 2.25, 10),
    "GGO": Look("c-ggo", "triangle-up", 1.5, 9),
    "Consolidation": Look("c-con", "square", size=7),
    "Reticulation": Look("c-ret", "x", 1.5),
    "Honeycombing": Look("c-hc", "hexagon"),
    "Severity": Look("ink", "circle", 1.5),
}


def var(token: str) -> str:
    return f"var(--{token})"


def font(token: str, size: int = 11) -> Figure:
    return {"color": var(token), "size": size}


def layout(y: Figure, **more: Any) -> Figure:
    """Margins at the sides, the range of time and the width are the page's: all panels share them."""
    axis: Figure = {
        "gridcolor": var("grid"),
        "linecolor": var("rule-strong"),
        "zeroline": False,
        "fixedrange": True,
        "ticks": "",
        "tickfont": font("ink-2"),
    }
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": var("font-sans"), **font("ink", 12)},
        "margin": {"t": 6, "b": 6, "pad": 0},
        "showlegend": False,
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": var("ink"), "bordercolor": var("ink"), "font": font("surface", 12)},
        "xaxis": {**axis, "type": "date", "showticklabels": False},
        "yaxis": {**axis, **y},
        **more,
    }


def records(frame: pd.DataFrame) -> list[Row]:
    """The rows in the order of time; plain dictionaries, ten times as quick as slices of a frame."""
    return [{str(name): value for name, value in row.items()} for row in frame.sort_values("date").to_dict("records")]


def by_method(rows: Iterable[Row]) -> list[list[Row]]:
    """Rows that may be compared, together; methods in the order in which they came up."""
    parts: dict[str, list[Row]] = {}
    for row in rows:
        parts.setdefault(row["method"], []).append(row)
    return list(parts.values())


def markers(part: Sequence[Row], look: Look) -> Figure:
    """Filled with a rim in the colour of the paper; open where flagged or simulated."""
    hollow = [row["flagged"] or row["simulated"] for row in part]
    return {
        "size": look.size,
        "symbol": [f"{look.symbol}-open" if one else look.symbol for one in hollow],
        "color": var(look.colour),
        "line": {
            "width": [1.75 if one else 1.0 for one in hollow],
            "color": [var(look.colour) if one else var("surface") for one in hollow],
        },
    }


def course(rows: Sequence[Row], name: str, template: str) -> list[Figure]:
    """One trace for each method: values that were made in different ways are never joined by a line.

    `template` prints y in the tooltip, with its unit.
    """
    look = LOOKS[name]
    return [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": name,
            "x": [row["date"] for row in part],
            "y": [row["value"] for row in part],
            "customdata": [row["note"] for row in part],
            "line": {"color": var(look.colour), "width": look.width},
            "opacity": SIMULATED_OPACITY if any(row["simulated"] for row in part) else 1,
            "marker": markers(part, look),
            "hovertemplate": f"{name} {template}<br>%{{x|%Y-%m-%d}}, {part[0]['label']}<br>%{{customdata}}{NO_BOX}",
        }
        for part in by_method(row for row in rows if row["name"] == name)
    ]


def dividers(rows: Sequence[Row], *, named: bool = True) -> Figure:
    """Dash-dot lines midway between neighbouring dates whose methods differ, with both names on request."""
    dates = list({row["date"]: row for row in rows}.values())
    changed = [(old, new, _midway(old, new)) for old, new in pairwise(dates) if old["method"] != new["method"]]
    return {
        "shapes": [_divider(day) for _, _, day in changed],
        "annotations": [_names(day, old["label"], new["label"]) for old, new, day in changed] if named else [],
    }


def _midway(old: Row, new: Row) -> str:
    before, after = date.fromisoformat(old["date"]), date.fromisoformat(new["date"])
    return (before + (after - before) / 2).isoformat()


def _divider(day: str) -> Figure:
    line = {"color": var("ink-2"), "width": 1.5, "dash": var("dash-engine")}
    return {"type": "line", "x0": day, "x1": day, "yref": "paper", "y0": 0, "y1": 1, "line": line, "layer": "below"}


def _names(day: str, before: str, after: str) -> Figure:
    text = f" {before} | {after}" if before != after else f" {before}, other settings"
    return {
        "name": "divider", "x": day, "y": 1, "yref": "paper", "xanchor": "left", "yanchor": "top", "text": text,
        "showarrow": False, "font": font("ink-2"),
    }  # fmt: skip
