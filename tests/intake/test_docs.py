"""docs/intake.md names every code and column that a user can meet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import patients.intake
from patients.intake.pft_columns import COLUMNS
from patients.models import HoldCode
from tests.workers import REPOSITORY

DOCUMENTED = set(re.findall(r"`([a-z0-9_]+)`", (REPOSITORY / "docs" / "intake.md").read_text()))
SOURCE = "\n".join(path.read_text() for path in Path(patients.intake.__path__[0]).glob("*.py"))


REFUSED = re.compile(r'(?:Refused|Refusal|PixelError|_all_refused)\(\s*(?:[\w.()]+,\s*)?"(\w+)",|return "(\w+)", f?"')


@pytest.mark.parametrize(
    ("names", "at_least"),
    [
        (set(re.findall(r'Finding\("(\w+)"', SOURCE)), 21),
        ({first or second for first, second in REFUSED.findall(SOURCE)}, 28),
        ({name for column in COLUMNS for name in (column.name, *column.aliases)}, len(COLUMNS)),
        (set(HoldCode.values), 4),
    ],
    ids=["quality codes", "refusal codes", "columns", "hold codes"],
)
def test_every_name_is_documented(names: set[str], at_least: int) -> None:
    assert len(names) >= at_least
    assert names - DOCUMENTED == set()
