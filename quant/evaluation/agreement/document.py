"""The comparison as a document for programs, schema ildportal.agreement/1."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from quant.agreement import compare
from quant.evaluation.agreement.pairs import NAMES, Column, Pairs
from quant.evaluation.agreement.published import JIA_2024
from quant.evaluation.agreement.sides import Side
from quant.goh.names import NAMES as LEVELS
from quant.goh.scores import RESEARCH_USE

SCHEMA = "ildportal.agreement/1"
UNVALIDATED = "research use, not clinically validated"
CLUSTERED = (
    "Limits and p values take the slices as independent. Up to five slices come from one scan, so those of all levels "
    "together are too narrow; those of a single level are not, where each person has one scan."
)
AVERAGED = "Where several readers scored a slice, their mean stands for them: it errs less than one reader does."
MIXED = "What is judged was made by more than one version: the figures describe the mixture, not one of them."


def document(first: Side, second: Side, pairs: Pairs, read_from: dict[str, Any], today: date) -> dict[str, Any]:
    """Everything but the pairs themselves.

    Args:
        first: the readings; second: what is held against them. Errors are second less first.
        pairs: the slices that both scored.
        read_from: where the readings are from: `name`, and `sha256` of a file.
        today: the date of the report.
    """
    made_by = _made_by(second, pairs)
    return {
        "schema": SCHEMA,
        "date": today.isoformat(),
        "use": RESEARCH_USE if second.kind == "network" else UNVALIDATED,
        "readings": {"from": read_from, "readers": list(first.readers)},
        "against": {"kind": second.kind, "name": second.name, "readers": list(second.readers), "made_by": made_by},
        "unit": "% of the lung area of the slice",
        "error": f"{second.name} less {first.name}",
        "scans": len(pairs.series),
        "slices": len(pairs.places),
        "excluded": [{"reason": why, "slices": n} for why, n in sorted(pairs.excluded.items())],
        "warnings": list(_warnings(first, second, made_by)),
        "scores": {name: _of(pairs.columns[name]) for name in NAMES},
        "published": JIA_2024,
    }


def written(told: dict[str, Any]) -> str:
    """As JSON, in which nothing is NaN."""
    return json.dumps(told, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def _of(column: Column) -> dict[str, Any]:
    return {
        "pooled": compare(column.first, column.second).to_dict(),
        "levels": {
            str(level): compare(one.first, one.second).to_dict() for level in LEVELS for one in [column.at(level)]
        },
    }


def _made_by(side: Side, pairs: Pairs) -> list[dict[str, Any]]:
    """Engines or networks with how many slices each scored, of the pairs alone."""
    counted = Counter(json.dumps(side.made_by[uid], sort_keys=True) for uid, _ in pairs.places if uid in side.made_by)
    return [{**json.loads(made), "slices": n} for made, n in sorted(counted.items())]


def _warnings(first: Side, second: Side, made_by: list[dict[str, Any]]) -> Iterator[str]:
    yield CLUSTERED
    if max(len(first.readers), len(second.readers)) > 1:
        yield AVERAGED
    if len(made_by) > 1:
        yield MIXED
