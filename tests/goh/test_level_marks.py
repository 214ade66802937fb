"""Marks of readers: every row that cannot be used is named, and nothing is trained on the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from quant.engine.volume import Volume
from quant.training.goh import level_marks
from quant.training.goh.level_marks import BadMarks

HEADER = "series_uid,level,position_mm"


class Scan:
    """A volume as far as marks look at one."""

    positions_mm = tuple(-300.0 + 2.5 * z for z in range(100))
    voxel_mm = (2.5, 0.7, 0.7)
    hu = np.zeros((100, 4, 6), np.int16)


KNOWN = cast("dict[str, Volume]", {"1.2.3": Scan()})


def marks(tmp_path: Path, *rows: str, header: str = HEADER) -> dict[str, dict[int, float]]:
    path = tmp_path / "levels.csv"
    path.write_text("\n".join((header, *rows)) + "\n")
    return level_marks.read(path, KNOWN)


def test_good_rows_are_read(tmp_path: Path) -> None:
    found = marks(tmp_path, "1.2.3,1,-100", "1.2.3,2,-130.5", "1.2.3,5,-220")
    assert found == {"1.2.3": {1: -100.0, 2: -130.5, 5: -220.0}}


def test_every_bad_row_is_named_at_once(tmp_path: Path) -> None:
    rows = ("9.9,1,-100", "1.2.3,6,-100", "1.2.3,1,high", "1.2.3,2,-900", "1.2.3,3,-150", "1.2.3,3,-151", "1.2.3,x,")
    with pytest.raises(BadMarks) as refused:
        marks(tmp_path, *rows)
    words = str(refused.value).splitlines()
    assert [line.split(":")[0] for line in words] == [f"levels.csv row {row}" for row in (2, 3, 4, 5, 7, 8)]
    for part, line in zip(("9.9", "level 6", "no number", "reaches from", "twice", "level x"), words, strict=True):
        assert part in line


def test_levels_out_of_order_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadMarks, match=r"1\.2\.3.*do not follow"):
        marks(tmp_path, "1.2.3,1,-200", "1.2.3,2,-130")


@pytest.mark.parametrize(
    ("header", "rows"), [("series_uid,level", ("1.2.3,1",)), (HEADER, ()), ("uid,level,position_mm", ("1.2.3,1,-9",))]
)
def test_a_table_without_its_columns_or_rows_is_refused(tmp_path: Path, header: str, rows: tuple[str, ...]) -> None:
    with pytest.raises(BadMarks):
        marks(tmp_path, *rows, header=header)


def test_marks_become_voxels_and_the_fifth_the_dome_itself() -> None:
    volume = KNOWN["1.2.3"]
    found = level_marks.points(volume, {2: -100.0, 5: -200.0}, {2: (1.0, 2.0)})
    assert found[2] == (80.0, 1.0, 2.0)
    assert found[5] == (36.0, 1.5, 2.5)


def test_the_marks_that_come_with_the_project_agree_with_themselves() -> None:
    by_hand = level_marks.by_hand()
    assert len(by_hand) == 2
    for uid, found in by_hand.items():
        assert sorted(found) == [1, 2, 3, 4, 5]
        assert not list(level_marks._disorder(found))
        assert abs(found[4] - (found[3] + found[5]) / 2) <= 1.25
        assert sorted(level_marks.places()[uid]) == [1, 2, 3, 5]


def test_the_command_refuses_marks_without_scans(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="belong together") as refused:
        call_command("train_levels", out=tmp_path / "net.safetensors", levels=tmp_path / "levels.csv")
    assert refused.value.returncode == 2
    arguments: dict[str, Any] = {"out": tmp_path / "net.safetensors", "phantoms": 0, "checks": 0, "device": "cpu"}
    with pytest.raises(CommandError, match="nothing to train on"):
        call_command("train_levels", **arguments)
