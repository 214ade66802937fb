"""`manage.py evaluate` as its user meets it."""

from __future__ import annotations

import ast
import io
import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from quant.evaluation.independent import Reading
from quant.evaluation.known import CARINA_MM
from quant.evaluation.report import document
from quant.evaluation.scans import load
from quant.evaluation.targets import Seen, rows
from tests.workers import REPOSITORY

SMALL = ("--matrix", "112", "--thickness", "6")


def evaluate(*flags: str) -> str:
    out = io.StringIO()
    call_command("evaluate", *flags, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_a_phantom_through_the_engine(tmp_path: Path) -> None:
    flags = ("--phantoms", "1", *SMALL, "--seed", "2", "--only", "lungs", "--cases", "small")
    told = json.loads(evaluate(*flags, "--pictures", str(tmp_path), "--json"))
    assert told["schema"] == "ildportal.evaluation/1"
    assert told["seed"] == 2
    assert told["engine"]["name"] == "density"
    reached = {row["key"]: row for row in told["rows"]}
    assert reached["lung_dice_diseased"]["value"] > 0.9
    assert reached["small_inside"]["count"] == 1
    assert "false_ild" not in reached
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".png"]


def test_parts_measured_apart_make_one_table(tmp_path: Path) -> None:
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    engine = {"name": "density", "version": "0.2.0", "weights": {}}
    for path, value in zip(files, (0.99, 0.97), strict=True):
        seen = [Seen("lung_dice_median", path.name, "clean", value)]
        path.write_text(json.dumps(document(rows(seen), seen, {"engine": engine, "seed": 50, "seconds": 1.0})))
    table = evaluate("--read", *map(str, files))
    assert "density 0.2.0, seed 50" in table
    assert "0.980 (median)" in table
    files[1].write_text(files[1].read_text().replace('"seed": 50', '"seed": 51'))
    with pytest.raises(CommandError, match="different"):
        evaluate("--read", *map(str, files))


@pytest.mark.parametrize(
    ("flags", "words"),
    [((), "name a SCAN"), (("nowhere.zip",), "no such file"), (("--phantoms", "1", "--matrix", "5"), "matrix")],
)
def test_what_cannot_be_used_is_said_in_one_line(flags: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words) as refused:
        evaluate(*flags)
    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)


def test_the_checker_shares_nothing_with_the_training_of_networks() -> None:
    known = []
    for path in (REPOSITORY / "quant" / "evaluation").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            known += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            known += [name.name for name in node.names] if isinstance(node, ast.Import) else []
    trained = {name for name in known if name.startswith("quant.training")}
    assert "quant.engine.morphology" in known
    assert trained == {"quant.training.phantom"}


@pytest.mark.realct
def test_nodules_of_readers_and_a_carina_by_eye(real_ct: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The slow reading of the lungs is not what is asked here.
    monkeypatch.setattr(
        "quant.evaluation.independent.read",
        lambda hu, _: Reading(hu < -500, hu < -2000),
    )
    base = load(real_ct / "LIDC-IDRI-0001.zip")
    assert base.volume.source["series_uid"] in CARINA_MM
    assert base.carina == 90.0
    assert len(base.nodules) >= 3
    for nodule in base.nodules:
        assert np.median(base.volume.hu[nodule]) > -400
