"""The house keeps its shape: small files, short functions, a light web process."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workers import REPOSITORY

ROOMS = ("patients", "quant", "ildportal", "tests", "scripts")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
HEAVY = ("torch", "monai", "scipy", "cc3d", "edt", "nibabel", "lifelines", "matplotlib", "pyarrow", "pandas", "plotly")


def sources() -> list[Path]:
    found = [path for room in ROOMS for path in (REPOSITORY / room).rglob("*.py") if "migrations" not in path.parts]
    assert len(found) > 50
    return found


def test_no_file_is_longer_than_400_lines() -> None:
    long = {str(path): lines for path in sources() if (lines := len(path.read_text().splitlines())) > LONGEST_FILE}
    assert long == {}


def test_no_function_is_longer_than_60_lines() -> None:
    long = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    long.append(f"{path}:{node.lineno} {node.name} has {lines} lines")
    assert long == []


@pytest.mark.parametrize("module", ["ildportal.wsgi", "ildportal.urls"])
def test_the_web_process_is_light(module: str) -> None:
    script = (
        "import os, sys, django\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'ildportal.settings'\n"
        "django.setup()\n"
        f"import {module}\n"
        f"print(*[name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, env=dict(os.environ), capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
