"""One table of codes: all that is raised is in it, and the page prints it."""

from __future__ import annotations

import re
from pathlib import Path

import quant
from quant.engine.codes import CODES
from tests.workers import REPOSITORY

SOURCES = "\n".join(path.read_text() for path in Path(quant.__path__[0]).rglob("*.py"))
RAISED = set(re.findall(r'(?:UnusableInput|Flag)\(\s*"(\w+)"', SOURCES))


def test_every_code_raised_is_in_the_table() -> None:
    assert {"not_hu", "half_lungs", "streaks", "contrast"} <= RAISED
    assert RAISED - set(CODES) == set()


def test_the_page_prints_the_table() -> None:
    page = (REPOSITORY / "docs" / "engine.md").read_text()
    rows = [f"| `{c}` | {one.severity} | {one.sentence} | {', '.join(one.touches)} |" for c, one in CODES.items()]
    assert [row for row in rows if row not in page] == []
