"""Scores by readers: every bad row is named with its number, and nothing is trained on the rest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from pydicom import dcmread

from quant.goh.readings import BadRows, parse
from quant.training.goh import readings
from tests.phantom import write_series

HEAD = "series_uid,level,slice,tot,gg,ret,reader\n"


def written(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "scores.csv"
    path.write_text(head + "".join(f"{row}\n" for row in rows))
    return path


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("1.2,1,,10,5,101,A", "ret 101 lies outside 0 to 100"),
        ("1.2,1,,-1,5,5,A", "tot -1 lies outside"),
        ("1.2,1,,nan,5,5,A", "tot nan lies outside"),
        ("1.2,1,,ten,5,5,A", "tot 'ten' is no number"),
        ("1.2,1,,10,15,5,A", "TOT 10 is less than the larger"),
        ("1.2,1,,30,15,5,A", "TOT 30 is more than GG 15 and RET 5 together"),
        ("1.2,6,,10,5,5,A", "level 6 is not one of 1 to 5"),
        ("1.2,one,,10,5,5,A", "level 'one' is no whole number"),
        ("1.2,1,4,10,5,5,A", "needs either level or slice"),
        ("1.2,,,10,5,5,A", "needs either level or slice"),
        (",1,,10,5,5,A", "series_uid or reader is empty"),
        ("1.2,1,,10,5,5,", "series_uid or reader is empty"),
        ("1.2,2,,0,0,0,A", "A scored level 2 of this series in row 2 already"),
        ("1.2,1", "tot '' is no number"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: str, why: str) -> None:
    with pytest.raises(BadRows) as caught:
        parse(written(tmp_path, "1.2,2,,10,5,5,A", row))
    assert [number for number, _ in caught.value.bad] == [3]
    assert f"row 3: {why}" in str(caught.value) or "reader is empty" in str(caught.value)


def test_all_bad_rows_are_named_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, "1.2,1,,200,5,5,A", "1.2,2,,10,5,5,A", "1.2,9,,10,5,5,A")
    with pytest.raises(BadRows, match="2 unusable rows") as caught:
        parse(path)
    assert [number for number, _ in caught.value.bad] == [2, 4]


def test_a_file_without_columns_or_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no column reader"):
        parse(written(tmp_path, "1,2,3,4,5", head="series_uid,level,tot,gg,ret\n"))
    with pytest.raises(ValueError, match="level or slice"):
        parse(written(tmp_path, "1,2,3,4,5", head="series_uid,tot,gg,ret,reader\n"))
    with pytest.raises(ValueError, match="no rows"):
        parse(written(tmp_path))


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ct")
    write_series(folder)
    return folder


@pytest.fixture(scope="module")
def uid(scan: Path) -> str:
    first = next(path for path in sorted(scan.rglob("*")) if path.is_file())
    return str(dcmread(first, stop_before_pixels=True).SeriesInstanceUID)


def test_readers_of_one_slice_are_averaged(scan: Path, uid: str, tmp_path: Path) -> None:
    path = written(tmp_path, f"{uid},,40,20,10,15,A", f"{uid},,40,30,20,15,B", f"{uid},,30,0,0,0,A")
    found = readings.pool(scan, path, 64, lambda _: None)
    assert len(found) == 2
    assert not found.known.any()
    np.testing.assert_allclose(np.sort(found.scores, axis=0), [[0.0, 0.0, 0.0], [0.25, 0.15, 0.15]], atol=1e-6)


def test_rows_that_name_no_slice_refuse_all(scan: Path, uid: str, tmp_path: Path) -> None:
    path = written(
        tmp_path, f"{uid},,40,20,10,15,A", f"{uid},,4000,20,10,15,A", f"{uid},,0,20,10,15,A", "9.9,2,,20,10,15,A"
    )
    with pytest.raises(BadRows) as caught:
        readings.pool(scan, path, 64, lambda _: None)
    reasons = dict(caught.value.bad)
    assert sorted(reasons) == [3, 4, 5]
    assert "slice 4000 of a scan with" in reasons[3]
    assert "of lung, too little to score" in reasons[4]
    assert "series 9.9 is not in" in reasons[5]
    out = tmp_path / "net.safetensors"
    with pytest.raises(CommandError, match="nothing was trained"):
        call_command("train_scores", "--phantoms=0", "--data", scan, "--scores", path, "--size=64", "--out", out)
    assert not out.exists()


def test_the_command_trains_on_readings_alone(scan: Path, uid: str, tmp_path: Path) -> None:
    rows = [f"{uid},,{index},{index},{index},{index},A" for index in range(20, 60)]
    out = tmp_path / "net.safetensors"
    options = ["--phantoms=0", "--size=64", "--arch=mini", "--epochs=1", "--out", str(out)]
    call_command("train_scores", *options, "--data", scan, "--scores", written(tmp_path, *rows), verbosity=0)
    assert out.is_file()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--phantoms=0"], "nothing to train on"),
        (["--data=x"], "go together"),
        (["--size=100"], "multiple of 32"),
    ],
)
def test_what_cannot_be_trained_is_said(tmp_path: Path, options: list[str], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        call_command("train_scores", "--out", str(tmp_path / "net.safetensors"), *options)
