"""What every chart is drawn with: fixed colours and symbols, the base layout, the divider between methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Figure = dict[str, Any]
COLUMNS = ("date", "name", "value", "method", "label", "flagged", "simulated", "note")
SIMULATED_OPACITY = 0.65


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


def markers(part: pd.DataFrame, look: Look) -> Figure:
    """Filled with a rim in the colour of the paper; open where flagged or simulated."""
    hollow = (part["flagged"] | part["simulated"]).tolist()
    return {
        "size": look.size,
        "symbol": [f"{look.symbol}-open" if one else look.symbol for one in hollow],
        "color": var(look.colour),
        "line": {
            "width": [1.75 if one else 1.0 for one in hollow],
            "color": [var(look.colour) if one else var("surface") for one in hollow],
        },
    }


def course(frame: pd.DataFrame, name: str, template: str, **more: Any) -> list[Figure]:
    """One trace for each method: values that were made in different ways are never joined by a line.

    `template` prints y in the tooltip, with its unit.
    """
    look, rows = LOOKS[name], frame[frame["name"] == name]
    return [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": name,
            "x": part["date"].tolist(),
            "y": part["value"].tolist(),
            "customdata": part["note"].tolist(),
            "line": {"color": var(look.colour), "width": look.width},
            "opacity": SIMULATED_OPACITY if part["simulated"].any() else 1,
            "marker": markers(part, look),
            "hovertemplate": f"{name} {template}<br>%{{x|%Y-%m-%d}}, {method}<br>%{{customdata}}<extra></extra>",
            **more,
        }
        for method, part in _by_method(rows)
    ]


def dividers(frame: pd.DataFrame, *, named: bool = True) -> Figure:
    """Dash-dot lines midway between neighbouring dates whose methods differ, with both names on request."""
    import pandas as pd

    dates = frame.drop_duplicates("date").sort_values("date")
    days, methods, labels = pd.to_datetime(dates["date"]).tolist(), dates["method"].tolist(), dates["label"].tolist()
    changed = [at for at in range(1, len(days)) if methods[at] != methods[at - 1]]
    where = {at: (days[at - 1] + (days[at] - days[at - 1]) / 2).date().isoformat() for at in changed}
    return {
        "shapes": [_divider(where[at]) for at in changed],
        "annotations": [_names(where[at], labels[at - 1], labels[at]) for at in changed] if named else [],
    }


def _by_method(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    ordered = rows.sort_values("date")
    return [(part["label"].iloc[0], part) for _, part in ordered.groupby("method", sort=False)]


def _divider(day: str) -> Figure:
    line = {"color": var("ink-2"), "width": 1.5, "dash": var("dash-engine")}
    return {"type": "line", "x0": day, "x1": day, "yref": "paper", "y0": 0, "y1": 1, "line": line, "layer": "below"}


def _names(day: str, before: str, after: str) -> Figure:
    text = f" {before} | {after}" if before != after else f" {before}, other settings"
    return {
        "name": "divider", "x": day, "y": 1, "yref": "paper", "xanchor": "left", "yanchor": "top", "text": text,
        "showarrow": False, "font": font("ink-2"),
    }  # fmt: skip
