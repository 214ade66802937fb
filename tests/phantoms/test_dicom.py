"""What is written is a CT series that other readers, the intake and the engine take."""

from __future__ import annotations

import json
import subprocess
from datetime import date
from pathlib import Path

import numpy as np
import pydicom
import pytest
from django.core.management import CommandError, call_command

from patients.intake.assemble import gather
from patients.intake.kernels import kernel_class
from patients.intake.quality import choose
from quant.engine.run import quantify
from quant.engine.volume import load_dicom
from quant.training.phantom import Phantom, truth_path, write_dicom

WHO = {"patient_id": "PH-7", "issuer": "ILD Portal demo", "birth_date": date(1966, 5, 1), "study_date": "20240310"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, late: Phantom) -> Path:
    folder = tmp_path_factory.mktemp("phantom") / "ct"
    write_dicom(late, folder, **WHO)  # type: ignore[arg-type]
    return folder


def test_dciodvfy_finds_no_error(folder: Path) -> None:
    answer = subprocess.run(["dciodvfy", str(folder / "IM0020.dcm")], capture_output=True, text=True)
    said = answer.stdout + answer.stderr
    assert "CTImage" in said
    assert "Error" not in said


def test_the_header_says_who_where_and_that_it_is_synthetic(folder: Path) -> None:
    ds = pydicom.dcmread(folder / "IM0001.dcm")
    assert (ds.PatientID, ds.IssuerOfPatientID, ds.PatientSex, ds.PatientAge) == (
        "PH-7",
        "ILD Portal demo",
        "F",
        "057Y",
    )
    assert ds.Manufacturer == "ILD Portal phantom"
    assert "ynthetic phantom" in ds.SeriesDescription
    assert "ynthetic phantom" in ds.ImageComments
    assert list(ds.ImageType) == ["ORIGINAL", "PRIMARY", "AXIAL"]
    assert ds.BurnedInAnnotation == "NO"
    assert kernel_class(ds.ConvolutionKernel) == "medium"


def test_pixels_come_back_as_hu_feet_first(folder: Path, late: Phantom) -> None:
    slices = [pydicom.dcmread(path) for path in sorted(folder.iterdir())]
    positions = [float(ds.ImagePositionPatient[2]) for ds in slices]
    assert np.allclose(np.diff(positions), late.spacing_mm[2], atol=1e-3)
    hu = np.stack([ds.pixel_array.astype(int) + int(ds.RescaleIntercept) for ds in slices])
    assert np.array_equal(hu, late.hu)


def test_the_truth_lies_beside_the_folder(folder: Path, late: Phantom) -> None:
    assert all(path.suffix == ".dcm" for path in folder.iterdir())
    told = json.loads(truth_path(folder).read_text())
    assert told["truth"] == late.truth
    assert told["disease"]["ground_glass"] == 14.0
    assert told["series_uid"] == pydicom.dcmread(folder / "IM0001.dcm").SeriesInstanceUID


def test_writing_again_gives_the_same_uids_and_another_day_another_study(tmp_path: Path, late: Phantom) -> None:
    uids = []
    for index, day in enumerate(("20240310", "20240310", "20250310")):
        path = write_dicom(late, tmp_path / str(index), **(WHO | {"study_date": day}))[0]  # type: ignore[arg-type]
        ds = pydicom.dcmread(path)
        uids.append((ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID))
    assert uids[0] == uids[1]
    assert all(a != b for a, b in zip(uids[0], uids[2], strict=True))


def test_the_intake_chooses_it_and_the_engine_measures_it(folder: Path, late: Phantom, tmp_path: Path) -> None:
    study = gather([folder], tmp_path).studies[0]
    series = choose(study.series).series
    assert series is not None
    found = quantify(load_dicom([header.path for header in series.headers]), device="cpu").document
    truth = late.truth
    assert found["lungs"]["volume_ml"] == pytest.approx(truth["lungs"]["volume_ml"], rel=0.12)
    assert found["lungs"]["right_ml"] > found["lungs"]["left_ml"]
    assert found["lesion_percent"] > 5.0


def test_the_command_writes_a_series_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "ct"
    call_command("phantom", out=out, matrix=64, slices=20, ground_glass=10.0, seed=9)
    assert f"{out}: 20 slices" in capsys.readouterr().out
    assert len(list(out.iterdir())) == 20
    assert truth_path(out).exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"ground_glass": 99.0}, "ground_glass must lie between 0 and 90, not 99"),
        ({"study_date": "31.12.2024"}, "--study-date must be YYYY-MM-DD, not 31.12.2024"),
        ({"age": 7.0}, "age_years must lie between 18 and 110, not 7"),
    ],
)
def test_the_command_refuses_in_one_line_with_exit_2(tmp_path: Path, options: dict[str, object], said: str) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("phantom", out=tmp_path / "ct", **options)
    assert str(refused.value) == said
    assert refused.value.returncode == 2
    assert not (tmp_path / "ct").exists()


def test_the_command_does_not_write_over_files(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(CommandError, match="not an empty folder"):
        call_command("phantom", out=tmp_path)
