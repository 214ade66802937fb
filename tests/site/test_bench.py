"""The benchmark's lines: what is timed, beside whom, and the ratio."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command

from ildportal.bench import ct, lungfunction
from ildportal.bench.line import Line, best, table, typical


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
    import numpy as np

    from quant.engine.volume import load_dicom
    from quant.training.phantom import Disease, Scan, Subject, make, write_dicom

    phantom = make(Subject(seed=5, sex="F", age_years=58, height_cm=165), Scan(slices=60, matrix=96), Disease())
    paths = write_dicom(phantom, tmp_path / "ct", **ct.HEADER)
    assert np.array_equal(load_dicom(paths).hu, np.clip(ct._plain(paths), -1024, None))


def test_the_network_of_the_peer_is_timed_by_the_slice() -> None:
    seconds = [ct.peer_seconds(slices, pixels=32, batch=2) for slices in (2, 2000)]
    assert 0 < seconds[0] < seconds[1]


def test_a_measurement_is_told_stage_by_stage_beside_the_peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from quant.training.phantom import Scan, Subject, make, write_dicom

    monkeypatch.setattr(ct, "peer_seconds", lambda slices: 2.0 * slices)
    phantom = make(Subject(seed=5, sex="F", age_years=58, height_cm=165), Scan(thickness=4.0, matrix=112))
    whole, *parts = ct._measuring(write_dicom(phantom, tmp_path / "ct", **ct.HEADER))
    assert whole.peer_seconds == 2.0 * len(phantom.hu)
    jobs = [line.job.strip() for line in parts]
    assert jobs[:5] == [f"of which {stage}" for stage in ("checks", "lungs", "lobes", "patterns", "measures")]
    assert "twice as thick" in jobs[-2]
    assert "GiB" in parts[-1].note
