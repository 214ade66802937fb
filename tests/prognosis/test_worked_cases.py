"""Worked cases of stages and scores that were made elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from patients.prognosis import dubois, gap, goh, sadl
from patients.prognosis.gap import Subtype
from patients.prognosis.goh import QuickRead
from patients.prognosis.score import NoDlco, Score
from quant.engine.measures import severity


def dlco(value: float | str | None) -> float | NoDlco | None:
    return NoDlco(value) if isinstance(value, str) else value


def goh_stage(extent: float | None, read: str | None, fvc: float | None) -> str | None:
    found = goh.stage(extent, QuickRead(read) if read else None, fvc)
    return None if found is goh.Stage.NOT_CLASSIFIABLE else str(found)


def pair(score: Score) -> list[object]:
    return [score.points, score.stage]


ASKED: dict[str, Callable[..., object]] = {
    "goh_extent": goh_stage,
    "gap": lambda male, age, fvc, d: pair(gap.gap(bool(male), age, fvc, dlco(d))),
    "ildgap": lambda kind, male, age, fvc, d: pair(gap.ild_gap(Subtype(kind), bool(male), age, fvc, dlco(d))),
    "sadl": lambda ever, age, d: pair(sadl.sadl(bool(ever), age, d)),
    "dubois": lambda age, hospital, fvc, change: pair(dubois.du_bois(age, bool(hospital), fvc, change)),
    "lobe": lambda percent: severity(round(percent * 1000), 100_000),
}


@pytest.mark.parametrize("score", ASKED)
def test_the_worked_answer(reference: Path, score: str) -> None:
    document: dict[str, Any] = json.loads((reference / "rule_cases.json").read_text())
    (given,) = (value for key, value in document.items() if key.startswith(f"{score}("))
    assert [ASKED[score](*case["args"]) for case in given] == [case["expected"] for case in given]
