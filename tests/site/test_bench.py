"""The benchmark's lines: what is timed, beside whom, and the ratio."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command

from ildportal.bench import ct, lungfunction, peer
from ildportal.bench.line import Line, best, table, typical
from tests.phantom import write_series


def test_a_ratio_is_ours_by_the_peers() -> None:
    assert Line("a", 1.0, "peer", 4.0).ratio == 0.25
    assert Line("a", 1.0).ratio is None


def test_the_best_and_the_typical_of_some_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0, 3, 10, 11, 20, 25, 30, 32, 40, 42])
    monkeypatch.setattr("ildportal.bench.line.time.perf_counter", lambda: next(clock))
    assert best(lambda: None, 3) == 1
    assert typical(lambda: None, 2) == 2


def test_the_table_says_where_there_is_no_peer() -> None:
    head, ours, alone = table([Line("read", 0.5, "pydicom", 2.0, "note"), Line("draw", 3.25)])
    assert head.split() == ["job", "seconds", "peer", "seconds", "ratio"]
    assert ours.split() == ["read", "0.500", "pydicom", "2.000", "0.250", "note"]
    assert alone.split() == ["draw", "3.250", "none"]


def test_reference_values_are_timed_beside_their_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lungfunction, "ROWS", 200)
    said = io.StringIO()
    call_command("bench", "--only", "lungfunction", "--json", stdout=said)
    [line] = json.loads(said.getvalue())
    assert line["peer"] == "pyspiro compute"
    assert line["ratio"] == line["seconds"] / line["peer_seconds"]


def test_both_readers_of_a_ct_give_the_same_volume(tmp_path: Path) -> None:
    from quant.engine.volume import load_dicom
    from quant.training.phantom import Disease, Scan, Subject, make, write_dicom

    phantom = make(Subject(seed=5, sex="F", age_years=58, height_cm=165), Scan(slices=60, matrix=96), Disease())
    paths = write_dicom(phantom, tmp_path / "ct", **ct.HEADER)
    assert np.array_equal(load_dicom(paths).hu, np.clip(ct._plain(paths), -1024, None))


def test_the_network_of_the_peer_is_timed_by_the_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "PIXELS", 32)
    few, many = (peer.seconds(np.zeros((slices, 64, 64), np.int16), batch=2) for slices in (2, 2000))
    assert 0 < few.wall < many.wall
    assert few.scaled(3) == (3 * few.wall, 3 * few.processor)


@pytest.fixture
def phantoms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[ct.Scan]:
    """Two small chests as the given scans are found: a folder and a zip, in their order, beside other files."""
    folder = tmp_path / "given"
    write_series(folder / "b", slices=22, thickness_mm=7.5)
    write_series(tmp_path / "a", slices=24, thickness_mm=7.5)
    shutil.make_archive(str(folder / "a"), "zip", tmp_path / "a")
    (folder / "README.md").write_text("about them")
    monkeypatch.setenv(ct.GIVEN, str(folder))
    return list(ct.given())


def test_the_scans_of_a_folder_are_found(phantoms: list[ct.Scan]) -> None:
    assert [(scan.name, scan.hu.shape) for scan in phantoms] == [("a", (24, 128, 128)), ("b", (22, 128, 128))]


def test_without_a_folder_no_scan_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ct.GIVEN, "/nowhere")
    assert list(ct.given()) == []


def test_each_scan_is_told_stage_by_stage_and_then_by_its_slices(
    phantoms: list[ct.Scan], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peer, "seconds", lambda hu: peer.Seconds(2.0 * len(hu), 3.0 * len(hu)))
    monkeypatch.setattr(ct, "AT", (22, 44))
    whole, *rest = ct._measuring(phantoms[:1])
    assert whole.job == "a: measure 24 slices"
    assert whole.peer_seconds == 48.0
    assert whole.note.endswith("the peer 72.0 s")
    assert "GiB at most" in whole.note
    stages, copies = rest[:7], rest[7:]
    assert [line.job.strip() for line in stages] == [
        f"of which {stage}" for stage in ("checks", "lungs", "airways", "lobes", "patterns", "measures", "goh")
    ]
    # Stages are told in whole ms.
    assert sum(line.seconds for line in stages) <= whole.seconds + 0.0005 * len(stages)
    assert [(line.job, line.peer_seconds) for line in copies] == [
        ("a: 22 slices, resampled", 44.0),
        ("a: 44 slices, resampled", 88.0),
    ]
