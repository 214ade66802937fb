"""The table of targets as text, markdown and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from quant.evaluation.targets import Row, Seen

SCHEMA = "ildportal.evaluation/1"
HEAD = ("measure", "must", "aim", "reached", "", "worst", "where", "n")


def text(rows: Sequence[Row]) -> str:
    """Aligned columns."""
    lines = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def markdown(rows: Sequence[Row]) -> str:
    """A table for a page."""
    lines = [HEAD, ("---",) * len(HEAD), *(_cells(row) for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def document(rows: Sequence[Row], seen: Sequence[Seen], about: dict[str, Any]) -> dict[str, Any]:
    """Everything, for a program."""
    table = [
        {
            **asdict(row.target),
            "value": row.value,
            "worst": row.worst,
            "worst_at": row.worst_at,
            "count": row.count,
            "verdict": row.verdict,
        }
        for row in rows
    ]
    return {"schema": SCHEMA, **about, "rows": table, "seen": [asdict(one) for one in seen]}


def _cells(row: Row) -> tuple[str, ...]:
    target = row.target
    sign = ">=" if target.more_is_better else "<="
    unit = f" {target.unit}" if target.unit else ""
    asked = [f"{sign} {limit:g}{unit}" if limit is not None else "" for limit in (target.must, target.aim)]
    return (
        target.words,
        *asked,
        f"{_number(row.value)}{unit} ({target.take})",
        row.verdict,
        _number(row.worst),
        row.worst_at,
        str(row.count),
    )


def _number(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 1.5 else f"{value:.2f}"
