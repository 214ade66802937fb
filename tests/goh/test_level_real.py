"""The levels of the given scans against those marked by hand; the network shipped has seen these scans."""

from __future__ import annotations

from pathlib import Path

import pytest

from quant.goh import levels
from quant.training.goh import level_marks, level_scans

MOST_MM = {1: 12.0, 2: 5.0, 3: 12.0, 4: 12.0, 5: 5.0}


@pytest.mark.realct
@pytest.mark.parametrize("name", ["LIDC-IDRI-0001", "LIDC-IDRI-0003"])
def test_levels_lie_where_they_were_marked(real_ct: Path, name: str) -> None:
    (chest,) = level_scans.chests(real_ct / f"{name}.zip", level_marks.by_hand())
    volume = chest.volume
    found = levels.locate(volume.hu, chest.lungs, chest.carina, volume.positions_mm, volume.voxel_mm)
    for one in found:
        assert one.position_mm is not None
        assert abs(one.position_mm - chest.marks[one.level]) <= MOST_MM[one.level], one
    assert levels.disagreement(found) is None


@pytest.mark.realct
def test_a_mark_lies_in_the_slice_that_it_names(real_ct: Path) -> None:
    import json

    scans = {scan["series_uid"]: scan for scan in json.loads(level_marks.BY_HAND.read_text())["scans"]}
    found = level_scans.read(real_ct / "LIDC-IDRI-0001.zip")
    for uid, (volume, person) in found.items():
        assert person == "LIDC-IDRI-0001"
        for mark in scans[uid]["levels"]:
            assert volume.positions_mm[mark["slice"]] == mark["position_mm"]
