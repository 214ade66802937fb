"""The network that comes with the project: a person it never saw, whole and cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from quant.engine.errors import UnusableInput
from quant.goh import levels, models
from quant.goh.levels import Level
from quant.goh.models import GohModel
from quant.training.phantom import Phantom

CARINA_MM, DOME_MM, OTHERS_MM = 5.0, 5.0, 12.0


def located(phantom: Phantom, start: int = 0, stop: int | None = None, seen: bool = True) -> dict[int, Level]:
    """By level, in the part of the scan from slice `start` to before `stop`."""
    x, y, z = phantom.spacing_mm
    positions = [phantom.origin_mm[2] + index * z for index in range(len(phantom.hu))][start:stop]
    carina = phantom.truth["carina"]["slice"] - start
    inside = seen and 0 <= carina < len(positions)
    found = levels.locate(
        phantom.hu[start:stop], phantom.lungs[start:stop], carina if inside else None, positions, (z, y, x)
    )
    return {one.level: one for one in found}


def truth(phantom: Phantom) -> dict[int, float]:
    return {one["level"]: one["position_mm"] for one in phantom.truth["goh_levels"]}


def test_a_whole_scan_has_five_levels_where_they_are(phantom: Phantom) -> None:
    found, true = located(phantom), truth(phantom)
    slack = phantom.spacing_mm[2] / 2
    for level, most in ((1, OTHERS_MM), (2, CARINA_MM), (3, OTHERS_MM), (4, OTHERS_MM), (5, DOME_MM)):
        position = found[level].position_mm
        assert position is not None
        assert abs(position - true[level]) <= most + slack, level


def test_the_network_sees_the_carina_where_the_airway_does_not_show_it(phantom: Phantom) -> None:
    found = located(phantom, seen=False)[2]
    assert found.basis == "network"
    assert found.position_mm == pytest.approx(truth(phantom)[2], abs=OTHERS_MM)


def test_without_the_base_the_lower_levels_are_null_with_their_reason(phantom: Phantom) -> None:
    cut = round((truth(phantom)[3] + 25 - phantom.origin_mm[2]) / phantom.spacing_mm[2])
    found = located(phantom, start=cut)
    for level in (3, 4, 5):
        assert (found[level].slice, found[level].position_mm, found[level].confidence) == (None, None, None)
        assert found[level].reason
    assert "below" in (found[3].reason or "")
    for level in (1, 2):
        assert found[level].position_mm == pytest.approx(truth(phantom)[level], abs=OTHERS_MM)


def test_without_the_apex_the_first_level_is_null_with_its_reason(phantom: Phantom) -> None:
    cut = round((truth(phantom)[2] + 12 - phantom.origin_mm[2]) / phantom.spacing_mm[2])
    found = located(phantom, stop=cut)
    assert (found[1].slice, found[1].position_mm) == (None, None)
    assert "above" in (found[1].reason or "")
    for level in (2, 3, 4, 5):
        assert found[level].position_mm == pytest.approx(truth(phantom)[level], abs=OTHERS_MM)


def test_a_scan_between_two_levels_has_none(phantom: Phantom) -> None:
    z = phantom.spacing_mm[2]
    start, stop = (round((truth(phantom)[level] - phantom.origin_mm[2]) / z) for level in (2, 1))
    found = located(phantom, start + 3, stop - 3)
    assert [one.slice for one in found.values()] == [None] * 5
    assert all(one.reason for one in found.values())


def test_a_file_that_was_changed_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    known = models.MODELS["levels"]
    assert models.weights("levels") == known.path
    other = tmp_path / known.file
    other.write_bytes(known.path.read_bytes() + b"!")
    monkeypatch.setattr(models, "FOLDER", tmp_path)
    with pytest.raises(UnusableInput, match=known.file):
        models.weights("levels")
    monkeypatch.setitem(models.MODELS, "levels", GohModel("levels", "0", "none.safetensors", "", ""))
    with pytest.raises(UnusableInput, match="none"):
        models.weights("levels")
