"""Nothing that a user can set or run is missing from the documents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.workers import REPOSITORY


def words_of(*documents: str) -> str:
    return "\n".join((REPOSITORY / name).read_text() for name in documents)


def read_settings() -> set[str]:
    """Every name that is read from the environment."""
    readers = r'(?:env\.(?:text|flag|integer|words|secret)|os\.environ\.get|_generated)\(\s*"([A-Z_]+)"'
    sources = [*(REPOSITORY / "ildportal").rglob("*.py")]
    found = {name for source in sources for name in re.findall(readers, source.read_text())}
    assert "DATABASE_URL" in found
    return found


def test_every_setting_is_documented() -> None:
    text = words_of("docs/install.md")
    assert {name for name in read_settings() if f"`{name}`" not in text} == set()


def test_every_make_target_is_documented() -> None:
    targets = re.findall(r"^([a-z]+):.*##", (REPOSITORY / "Makefile").read_text(), flags=re.MULTILINE)
    text = words_of("README.md", "CONTRIBUTING.md")
    assert targets
    assert [name for name in targets if f"make {name}" not in text] == []


def test_every_command_is_documented() -> None:
    files = REPOSITORY.glob("*/management/commands/*.py")
    commands = [path.stem for path in files if not path.stem.startswith("_")]
    text = words_of("README.md", "docs/install.md")
    assert "import_dicom" in commands
    assert [name for name in commands if f"manage.py {name}" not in text] == []


@pytest.mark.parametrize("document", [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")], ids=str)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", document.read_text())
    assert [target for target in targets if not (document.parent / target).exists()] == []
