"""Charts are tables in, plotly figures out: no database."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ildportal.charts.ink import COLUMNS, Figure

TOKENS = Path(__file__).resolve().parents[2] / "static" / "tokens.css"


def row(day: str, name: str, value: float, **facts: Any) -> dict[str, Any]:
    """One value measured by engine A without doubt; `facts` overrides."""
    given = {"date": day, "name": name, "value": value, "method": "a", "label": "engine A"}
    return {**given, "flagged": False, "simulated": False, "note": "", **facts}


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=[*COLUMNS, *(name for name in ("lln", "gg", "ret") if name in rows[0])])


@pytest.fixture(scope="session")
def tokens() -> dict[str, str]:
    """The design tokens of the light theme."""
    text = TOKENS.read_text()
    light = text[: text.index('[data-theme="dark"] {')]
    return dict(re.findall(r"(--[\w-]+):\s*([^;]+);", light))


def inked(part: Any, tokens: dict[str, str]) -> Any:
    """A figure with the values of its tokens, as the browser puts them in."""
    if isinstance(part, str) and (found := re.fullmatch(r"var\((--[\w-]+)\)", part)):
        return tokens[found[1]]
    if isinstance(part, list):
        return [inked(one, tokens) for one in part]
    if isinstance(part, dict):
        return {key: inked(one, tokens) for key, one in part.items()}
    return part


def valid(figure: Figure, tokens: dict[str, str]) -> Figure:
    """The figure, once plotly itself has accepted every property of it."""
    from plotly.graph_objects import Figure as Plotly

    Plotly(inked(figure, tokens))
    return figure


def traces(figure: Figure, name: str) -> list[Figure]:
    return [trace for trace in figure["data"] if trace["name"] == name]
