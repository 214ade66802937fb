"""import_dicom on small series, as a user meets it."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import generate_uid

from patients.models import CTInstance, CTSeries, CTStudy, Patient
from patients.signals import series_ready
from quant.models import Run, State
from tests.intake.conftest import Ask
from tests.phantom import write_series

pytestmark = pytest.mark.django_db
SLICES, STEP_MM = 20, 8.0


@pytest.fixture
def ready() -> Iterator[list[CTSeries]]:
    """The series that were reported as ready to be measured."""
    heard: list[CTSeries] = []

    def hear(series: CTSeries, **_: object) -> None:
        heard.append(series)

    series_ready.connect(hear)
    yield heard
    series_ready.disconnect(hear)


def rows() -> tuple[int, int, int, int]:
    return tuple(model.objects.count() for model in (Patient, CTStudy, CTSeries, CTInstance))  # type: ignore[return-value]


def test_a_folder_becomes_patient_study_series_and_files(ask: Ask, storage: Path, tmp_path: Path) -> None:
    files = write_series(tmp_path / "in", slices=SLICES, size=8, thickness_mm=STEP_MM)
    answer = ask("import_dicom", tmp_path / "in")
    assert answer.code == 0
    assert rows() == (1, 1, 1, SLICES)
    series = CTSeries.objects.get()
    assert (series.chosen, series.slices, series.orientation) == (True, SLICES, "axial")
    assert series.coverage_mm == pytest.approx((SLICES - 1) * STEP_MM)
    assert "axial, 8 mm, 20 slices over 16.0 cm" in series.choice_reason
    patient = Patient.objects.get()
    assert (patient.sex, patient.birth_date.isoformat(), patient.given_name) == ("F", "1960-01-01", "PH-1")  # type: ignore[union-attr]
    kept = sorted((storage / series.storage_path).iterdir())
    assert sorted(p.read_bytes() for p in kept) == sorted(p.read_bytes() for p in files)
    assert patient.code in answer.out
    assert "PH-1" not in answer.out


def test_the_same_folder_twice_changes_nothing(ask: Ask, storage: Path, tmp_path: Path, ready: list[CTSeries]) -> None:
    write_series(tmp_path / "in", slices=SLICES, size=8, thickness_mm=STEP_MM)
    ask("import_dicom", tmp_path / "in")
    before = (rows(), sorted((p, p.stat().st_mtime_ns) for p in storage.rglob("*")))
    answer = ask("import_dicom", tmp_path / "in", "--json")
    assert answer.code == 0
    assert answer.document["summary"] == {"studies": 1, "new": 0, "known": SLICES, "refused": 0, "aside": 0}
    assert (rows(), sorted((p, p.stat().st_mtime_ns) for p in storage.rglob("*"))) == before
    assert len(ready) == 1
    history = CTSeries.pgh_event_model.objects.values_list("pgh_label", flat=True)  # type: ignore[attr-defined]
    assert list(history) == ["insert"]


def test_names_folders_and_order_mean_nothing(ask: Ask, tmp_path: Path) -> None:
    files = write_series(tmp_path / "in", slices=SLICES, size=8, thickness_mm=STEP_MM)
    random.Random(3).shuffle(files)
    for number, file in enumerate(files):
        target = tmp_path / "mixed" / str(number % 7) / f"{number}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(file, target)
    assert ask("import_dicom", tmp_path / "mixed", tmp_path / "mixed" / "3").code == 0
    numbers = CTInstance.objects.order_by("position_mm").values_list("number", flat=True)
    assert list(numbers) == list(range(1, SLICES + 1))


def test_late_slices_reopen_the_study(ask: Ask, tmp_path: Path, ready: list[CTSeries]) -> None:
    files = write_series(tmp_path / "in", slices=SLICES, size=8, thickness_mm=STEP_MM)
    late = tmp_path / "late"
    late.mkdir()
    for file in files[10:14]:
        shutil.move(file, late)
    ask("import_dicom", tmp_path / "in")
    first = CTSeries.objects.get()
    assert first.quality_codes == ["missing_slices", "thick"]
    answer = ask("import_dicom", late, "--json")
    assert answer.document["studies"][0]["new"] == 4
    assert answer.document["studies"][0]["new_study"] is False
    series = CTSeries.objects.get()
    assert (series.quality_codes, series.slices) == (["thick"], SLICES)
    assert series.pixel_digest != first.pixel_digest
    assert [s.pixel_digest for s in ready] == [first.pixel_digest, series.pixel_digest]


def test_new_content_asks_for_one_new_measurement_and_supersedes_the_old(ask: Ask, tmp_path: Path) -> None:
    files = write_series(tmp_path / "in", slices=SLICES, size=8, thickness_mm=STEP_MM)
    late = tmp_path / "late"
    late.mkdir()
    shutil.move(files[10], late)
    for path in (tmp_path / "in", tmp_path / "in", late, late):
        ask("import_dicom", path)
    assert list(Run.objects.order_by("pk").values_list("state", flat=True)) == [State.SUPERSEDED, State.QUEUED]


def test_a_better_series_that_comes_later_is_chosen_instead(ask: Ask, tmp_path: Path, ready: list[CTSeries]) -> None:
    write_series(tmp_path / "thick", slices=20, size=8, thickness_mm=8.0, SeriesNumber=4)
    write_series(tmp_path / "thin", slices=53, size=8, thickness_mm=3.0, SeriesNumber=3)
    ask("import_dicom", tmp_path / "thick")
    ask("import_dicom", tmp_path / "thin")
    chosen = {series.number: series.chosen for series in CTSeries.objects.all()}
    assert chosen == {4: False, 3: True}
    assert "thinner slices" in CTSeries.objects.get(number=4).choice_reason
    assert [series.number for series in ready] == [4, 3]


def test_a_worse_series_that_comes_later_starts_nothing(ask: Ask, tmp_path: Path, ready: list[CTSeries]) -> None:
    write_series(tmp_path / "thin", slices=53, size=8, thickness_mm=3.0, SeriesNumber=3)
    write_series(tmp_path / "sharp", slices=53, size=8, thickness_mm=3.0, SeriesNumber=4, ConvolutionKernel="LUNG")
    ask("import_dicom", tmp_path / "thin")
    ask("import_dicom", tmp_path / "sharp")
    assert [series.number for series in ready] == [3]
    assert "not sharp" in CTSeries.objects.get(number=4).choice_reason


def test_every_file_that_is_not_stored_is_named_with_its_reason(ask: Ask, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    files = write_series(folder, slices=SLICES, size=8, thickness_mm=STEP_MM)
    (folder / "reading.xml").write_text("<?xml version='1.0'?><r/>")
    (folder / "half.dcm").write_bytes(files[9].read_bytes()[:-20])
    shutil.copy(files[5], folder / "again.dcm")
    scout = dcmread(files[0])
    scout.ImageType, scout.SOPInstanceUID = ["ORIGINAL", "PRIMARY", "LOCALIZER"], generate_uid()
    scout.save_as(folder / "scout.dcm")
    answer = ask("import_dicom", folder, "--json")
    assert answer.code == 0
    fates = {Path(r["path"]).name: (r["code"], r["aside"]) for r in answer.document["refused"]}
    assert fates == {
        "again.dcm": ("duplicate", True),
        "half.dcm": ("truncated", False),
        "reading.xml": ("not_dicom", True),
        "scout.dcm": ("localizer", True),
    }
    assert CTInstance.objects.count() == SLICES
    plain = ask("import_dicom", folder).out
    assert "REFUSED" in plain
    assert "half.dcm: cut off: 108 of 128 bytes of pixel data (truncated)" in plain


def test_a_slice_with_the_uid_of_a_stored_one_and_other_pixels_is_refused(
    ask: Ask, storage: Path, tmp_path: Path
) -> None:
    files = write_series(tmp_path / "in", slices=SLICES, size=8, thickness_mm=STEP_MM)
    ask("import_dicom", tmp_path / "in")
    changed = dcmread(files[7])
    changed.PixelData = bytes(len(changed.PixelData))
    changed.save_as(tmp_path / "changed.dcm")
    answer = ask("import_dicom", tmp_path / "changed.dcm")
    assert answer.code == 2
    assert (
        "changed.dcm: its SOP instance UID is stored already with other content; the stored one is kept" in answer.out
    )
    stored = CTInstance.objects.get(sop_uid=changed.SOPInstanceUID)
    assert stored.checksum == hashlib.sha256(files[7].read_bytes()).hexdigest()
    assert (storage / stored.path).read_bytes() == files[7].read_bytes()


@pytest.mark.parametrize("json", [True, False])
def test_an_absent_path_stops_the_import_before_anything_is_stored(ask: Ask, tmp_path: Path, json: bool) -> None:
    write_series(tmp_path / "in", slices=SLICES, size=8, thickness_mm=STEP_MM)
    answer = ask("import_dicom", tmp_path / "in", tmp_path / "nowhere", *(["--json"] if json else []))
    assert answer.code == 2
    assert answer.error == f"{tmp_path / 'nowhere'}: no such file or folder; nothing was imported"
    assert rows() == (0, 0, 0, 0)
    if json:
        assert answer.document == {"error": {"code": "absent", "detail": answer.error}}


def test_a_delivery_without_any_slice_is_an_error(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "letter.pdf").write_bytes(b"%PDF-1.7 nothing")
    answer = ask("import_dicom", tmp_path / "letter.pdf", "--json")
    assert answer.code == 2
    assert answer.document["error"]["code"] == "nothing_usable"
    assert [r["detail"] for r in answer.document["refused"]] == ["not DICOM: a PDF file"]


def test_a_study_from_the_future_is_refused(ask: Ask, tmp_path: Path) -> None:
    write_series(tmp_path / "in", slices=3, size=8, study_date="20990101")
    answer = ask("import_dicom", tmp_path / "in")
    assert answer.code == 2
    assert answer.out.count("the study date 2099-01-01 lies in the future") == 3
    assert rows() == (0, 0, 0, 0)


def test_what_cannot_be_measured_is_stored_and_says_why(ask: Ask, tmp_path: Path, ready: list[CTSeries]) -> None:
    write_series(tmp_path / "in", slices=SLICES, size=8, thickness_mm=STEP_MM, RescaleSlope=None, RescaleIntercept=None)
    answer = ask("import_dicom", tmp_path / "in")
    assert answer.code == 0
    assert "not measured: no rescale slope and intercept: densities are not in HU" in answer.out
    assert CTSeries.objects.get().quality_codes == ["thick", "not_hu"]
    assert ready == []
