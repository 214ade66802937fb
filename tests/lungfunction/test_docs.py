"""docs/lungfunction.md names every code, measure and set that a user can meet, and its example is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import patients.lungfunction
from patients.lungfunction.equations import DEFAULT_SETS, SETS, UNITS, Measure
from patients.lungfunction.reference import PROBLEMS, UNREADABLE, reference
from patients.lungfunction.session import NO_HAEMOGLOBIN
from tests.workers import REPOSITORY

TEXT = (REPOSITORY / "docs" / "lungfunction.md").read_text()
SOURCE = "\n".join(path.read_text() for path in Path(patients.lungfunction.__path__[0]).glob("*.py"))
FINDINGS = {name for pair in re.findall(r'code="(\w+)"|_impossible\(\s*"(\w+)"', SOURCE) for name in pair if name}


@pytest.mark.parametrize(
    ("names", "at_least"),
    [
        (FINDINGS, 13),
        ({*PROBLEMS[1:], *UNREADABLE.values(), NO_HAEMOGLOBIN[0], "held"}, 15),
        ({one.value for one in Measure}, 13),
        ({one.value for one in SETS}, 4),
    ],
    ids=["findings", "reasons", "measures", "equation sets"],
)
def test_every_name_is_documented(names: set[str], at_least: int) -> None:
    assert len(names) >= at_least
    assert {name for name in names if f"`{name}`" not in TEXT} == set()


def test_every_measure_stands_with_its_set_and_ages() -> None:
    lines = [line for line in TEXT.splitlines() if line.startswith("|")]
    for measure, equation_set in DEFAULT_SETS.items():
        low, high = SETS[equation_set].covers[measure].ages
        row = next(line for line in lines if f"`{measure}`" in line)
        assert f"`{equation_set}`" in row
        assert f"{low}-{high}" in row
        assert UNITS[measure] in row
    for one in SETS.values():
        assert one.citation.split(",")[0] in TEXT


def test_the_example_is_true() -> None:
    found = reference("FVC", 2.4, sex="F", age_years=59.998, height_cm=160)
    assert f"{found.percent_predicted:.2f}..." in TEXT
