"""gather: every file of a delivery has a named fate, whatever it is called and however it is packed."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from patients.intake import archive
from patients.intake.assemble import Assembly, gather
from tests.phantom import write_series


@pytest.fixture
def series(tmp_path: Path) -> list[Path]:
    return write_series(tmp_path / "in", slices=4, size=8)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def slices(assembly: Assembly) -> list[str]:
    return [h.sop_uid for study in assembly.studies for s in study.series for h in s.headers]


def codes(assembly: Assembly) -> dict[str, str]:
    return {refusal.path.split("/")[-1]: refusal.code for refusal in assembly.refused}


def packed(target: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive_:
        for name, data in entries.items():
            archive_.writestr(name, data)
    return target


def test_slices_come_feet_first_whatever_their_names(series: list[Path], work: Path) -> None:
    for place, file in enumerate(series):
        file.rename(file.with_name("dcba"[place]))
    headers = gather([series[0].parent], work).studies[0].series[0].headers
    heights = [h.position[2] for h in headers if h.position]
    assert heights == sorted(heights)
    assert len(heights) == 4


def test_a_zip_is_read_like_the_folder_it_was_made_of(series: list[Path], work: Path, tmp_path: Path) -> None:
    target = packed(tmp_path / "in.zip", {f"a/b/{f.name}": f.read_bytes() for f in series} | {"a/notes.txt": b"hi"})
    inside, outside = gather([target], work), gather(series, work)
    assert slices(inside) == slices(outside)
    assert inside.studies[0].series[0].pixel_digest == outside.studies[0].series[0].pixel_digest
    assert [(r.path, r.code) for r in inside.refused] == [(f"{target}!a/notes.txt", "not_dicom")]


@pytest.mark.parametrize("name", ["../out.dcm", "/tmp/out.dcm", "a/../../out.dcm", "..\\out.dcm", "C:\\out.dcm"])
def test_an_entry_cannot_lead_out_of_the_archive(series: list[Path], work: Path, tmp_path: Path, name: str) -> None:
    target = packed(tmp_path / "evil.zip", {name: series[0].read_bytes(), "good": series[1].read_bytes()})
    before = set(tmp_path.rglob("*"))
    assembly = gather([target], work)
    assert len(slices(assembly)) == 1
    assert [r.code for r in assembly.refused] == ["unsafe_path"]
    assert all(work in new.parents for new in set(tmp_path.rglob("*")) - before)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(work: Path, tmp_path: Path) -> None:
    target = packed(tmp_path / "bomb.zip", {f"{n}": bytes(100_000_000) for n in range(3)})
    assembly = gather([target], work)
    assert codes(assembly) == {"bomb.zip": "zip_bomb"}
    assert list(work.iterdir()) == []


def test_too_many_entries_are_refused(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_ENTRIES", 5)
    target = packed(tmp_path / "many.zip", {str(n): b"x" for n in range(6)})
    assert codes(gather([target], work)) == {"many.zip": "zip_bomb"}


def test_an_archive_that_does_not_fit_on_the_disk_is_refused(
    series: list[Path], work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = packed(tmp_path / "in.zip", {f.name: f.read_bytes() for f in series})
    full = shutil.disk_usage(work)._replace(free=10)
    monkeypatch.setattr("patients.intake.archive.shutil.disk_usage", lambda _: full)
    assert codes(gather([target], work)) == {"in.zip": "no_space"}


def test_damaged_nested_and_locked_entries_are_refused_one_by_one(
    series: list[Path], work: Path, tmp_path: Path
) -> None:
    inner = packed(tmp_path / "inner.zip", {"x": b"x"})
    target = tmp_path / "mixed.zip"
    with zipfile.ZipFile(target, "w") as archive_:
        archive_.writestr("inner.zip", inner.read_bytes())
        archive_.writestr("broken.dcm", b"BROKEN" + series[0].read_bytes())
        archive_.writestr("locked.dcm", series[1].read_bytes())
        archive_.writestr("good.dcm", series[2].read_bytes())
    data = bytearray(target.read_bytes())
    data[data.index(b"BROKEN")] ^= 0xFF
    # The flag that says "encrypted", in the directory at the end of the archive.
    entry = data.rindex(b"locked.dcm") - 46
    data[entry + 8] |= 1
    target.write_bytes(data)
    assembly = gather([target], work)
    assert len(slices(assembly)) == 1
    found = {r.path.split("!")[-1]: r.code for r in assembly.refused}
    assert found == {"inner.zip": "nested_zip", "broken.dcm": "bad_zip", "locked.dcm": "encrypted"}


def test_a_cut_off_zip_is_refused(series: list[Path], work: Path, tmp_path: Path) -> None:
    target = packed(tmp_path / "cut.zip", {f.name: f.read_bytes() for f in series})
    target.write_bytes(target.read_bytes()[:-30])
    assert codes(gather([target], work)) == {"cut.zip": "bad_zip"}


def test_the_same_slice_twice_is_kept_once(series: list[Path], work: Path) -> None:
    shutil.copy(series[0], series[0].with_name("copy"))
    assembly = gather([series[0].parent, series[0]], work)
    assert len(slices(assembly)) == 4
    (duplicate,) = assembly.refused
    assert (Path(duplicate.path).name, duplicate.code, duplicate.aside) == ("copy", "duplicate", True)
    assert "IM0001.dcm" in duplicate.detail


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"PixelData": bytes(128)}, "with other pixels"),
        ({"PatientID": "SOMEBODY ELSE"}, "with another patient, study or series"),
    ],
)
def test_files_that_contradict_each_other_are_all_refused(
    series: list[Path], work: Path, change: dict[str, object], what: str
) -> None:
    dataset = dcmread(series[0])
    for keyword, value in change.items():
        setattr(dataset, keyword, value)
    dataset.save_as(series[0].with_name("other"))
    assembly = gather([series[0].parent], work)
    assert len(slices(assembly)) == 3
    assert codes(assembly) == {"IM0001.dcm": "conflict", "other": "conflict"}
    assert all(what in refusal.detail for refusal in assembly.refused)
    assert not any(refusal.aside for refusal in assembly.refused)


def test_series_and_studies_are_told_apart(work: Path, tmp_path: Path) -> None:
    for date, number in (("20240101", 3), ("20240101", 2), ("20250101", 2)):
        write_series(tmp_path / "in" / date / str(number), slices=3, size=8, study_date=date, SeriesNumber=number)
    assembly = gather([tmp_path / "in"], work)
    numbers = [[s.headers[0].series_number for s in study.series] for study in assembly.studies]
    assert sorted(numbers) == [[2], [2, 3]]
    assert assembly.refused == []


def test_what_is_not_a_file_is_named(work: Path, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "gone").symlink_to(tmp_path / "nowhere")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "empty").touch()
    assembly = gather([folder, tmp_path / "absent"], work)
    assert codes(assembly) == {"pipe": "unreadable", "gone": "unreadable", "empty": "empty", "absent": "absent"}


def test_every_file_of_a_foreign_collection_has_a_named_fate(work: Path) -> None:
    """pydicom's own test files: other modalities, damaged headers, directories, reports, pictures."""
    folder = Path(str(get_testdata_file("CT_small.dcm"))).parent
    assembly = gather([folder], work)
    kept = {h.name for study in assembly.studies for s in study.series for h in s.headers}
    refused = {r.path.split("!")[0] for r in assembly.refused}
    assert kept | refused == {str(path) for path in folder.rglob("*") if path.is_file()}
    assert kept & refused == set()
    assert str(folder / "CT_small.dcm") in kept
    fates = {Path(r.path).name: r.code for r in assembly.refused}
    assert fates["MR_small.dcm"] == "not_ct"
    assert fates["DICOMDIR-bigEnd"] == "dicomdir"
    assert fates["6293"] == "localizer"
    assert fates["JPEG2000.dcm"] == "secondary_capture"
    assert fates["zipMR.gz"] == "not_dicom"
    assert fates["test-SR.dcm"] == "not_ct"
