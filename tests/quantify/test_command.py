"""`manage.py quantify` as its user meets it: a process, no database, files that another reader opens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pydicom
import pytest

from tests.phantom import write_series
from tests.workers import REPOSITORY

NAMES = ("ground_glass", "consolidation", "reticulation", "honeycombing", "emphysema")
LABELS = {"lungs": 2, "lobes": 5, "patterns": 5, "airways": 21, "vessels": 1}


def quantify(path: Path, out: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    nowhere = {"DATABASE_URL": "postgresql:///nowhere?host=/nonexistent", "CELERY_BROKER_URL": "redis+socket:///no"}
    return subprocess.run(
        [sys.executable, "manage.py", "quantify", str(path), "--out", str(out), "--json", *flags],
        env={**os.environ, **nowhere},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, Any]]:
    """A phantom's folder, its result's folder, its document."""
    folder = tmp_path_factory.mktemp("quantify")
    write_series(folder / "ct")
    answer = quantify(folder / "ct", folder / "out")
    assert answer.returncode == 0, answer.stderr
    return folder / "ct", folder / "out", json.loads(answer.stdout)


def test_the_file_is_what_was_printed(phantom: tuple[Path, Path, dict[str, Any]]) -> None:
    _, out, document = phantom
    assert json.loads((out / "quantification.json").read_text()) == document


def test_every_key_of_the_contract(phantom: tuple[Path, Path, dict[str, Any]]) -> None:
    document = phantom[2]
    assert document["schema"] == "ildportal.quantification/1"
    assert set(document) == {
        "schema", "source", "engine", "quality", "lungs", "patterns", "lesion_percent", "fibrosis_percent",
        "ild_percent", "lobes", "lobes_source", "lobe_confidence", "fissures", "zones", "severity", "goh",
        "airways",
    }  # fmt: skip
    assert set(document["lungs"]) == {
        "volume_ml", "right_ml", "left_ml", "recovered_ml", "mean_density_hu", "haa_percent", "laa950_percent",
        "perc15_hu", "skewness", "kurtosis", "vessel_ml",
    }  # fmt: skip
    assert set(document["airways"]) == {"volume_ml", "length_mm", "branches", "generations", "carina_mm"}
    assert set(document["lobes"]) == {"RUL", "RML", "RLL", "LUL", "LLL"}
    assert set(document["patterns"]) == set(document["engine"]["methods"]) == set(NAMES)
    for one in document["patterns"].values():
        assert 0 <= one["low"] <= one["percent"] <= one["high"] <= 100
    lesion, fibrosis = document["lesion_percent"], document["fibrosis_percent"]
    assert document["ild_percent"] == pytest.approx(lesion + fibrosis)
    assert set(document["engine"]["weights"]) == {"lungs", "patterns", "levels"}
    assert document["lobes_source"] == "prior"
    assert document["severity"]["estimated"] is True


def test_goh_scores_are_counts_on_the_slices_they_name(phantom: tuple[Path, Path, dict[str, Any]]) -> None:
    scan, out, document = phantom
    goh = document["goh"]
    assert (set(goh), goh["default"], set(goh["sources"])) == ({"default", "sources"}, "measured", {"measured"})
    source = goh["sources"]["measured"]
    assert set(source) == {"extent_percent", "levels"}
    assert document["engine"]["seconds"]["goh"] >= 0
    heights = {
        str(d.SOPInstanceUID): float(d.ImagePositionPatient[2]) for d in map(pydicom.dcmread, scan.rglob("*.dcm"))
    }
    maps: list[Any] = [
        nibabel.as_closest_canonical(nibabel.load(out / f"{name}.nii.gz")) for name in ("lungs", "patterns")
    ]
    scored = 0
    for number, level in enumerate(source["levels"], 1):
        assert set(level) == {"level", "slice", "position_mm", "sop_uid", "tot", "gg", "ret", "confidence"}
        assert level["level"] == number
        if level["slice"] is None:
            assert set(level.values()) == {number, None}
            continue
        scored += 1
        assert heights[level["sop_uid"]] == pytest.approx(level["position_mm"], abs=0.01)
        lung, pattern = (np.asanyarray(one.dataobj)[:, :, level["slice"]] for one in maps)
        shares = np.bincount(pattern[lung > 0], minlength=6) / np.count_nonzero(lung) * 100
        assert level["gg"] == pytest.approx(shares[1] + shares[2])
        assert level["ret"] == pytest.approx(shares[3] + shares[4])
        assert level["tot"] == pytest.approx(shares[1:5].sum())
    assert scored
    totals = [level["tot"] for level in source["levels"]]
    whole = None not in totals
    assert source["extent_percent"] == (pytest.approx(sum(totals) / 5) if whole else None)
    assert whole == ("goh_incomplete" not in {one["code"] for one in document["quality"]["warnings"]})


def test_without_goh_where_it_is_not_wanted(phantom: tuple[Path, Path, dict[str, Any]], tmp_path: Path) -> None:
    answer = quantify(phantom[0], tmp_path / "out", "--no-goh")
    assert answer.returncode == 0, answer.stderr
    document = json.loads(answer.stdout)
    assert document["goh"] is None
    assert "goh" not in document["engine"]["seconds"]
    assert "goh_incomplete" not in {one["code"] for one in document["quality"]["warnings"]}


def test_label_maps_lie_on_the_scan(phantom: tuple[Path, Path, dict[str, Any]]) -> None:
    """Voxel by voxel: the place of a label in RAS mm is the place of that pixel in DICOM's LPS mm."""
    scan, out, document = phantom
    slices = sorted((pydicom.dcmread(path) for path in scan.rglob("*.dcm")), key=lambda d: d.ImagePositionPatient[2])
    for name, most in LABELS.items():
        image: Any = nibabel.load(out / f"{name}.nii.gz")
        labels = np.asanyarray(image.dataobj)
        assert labels.size == len(slices) * slices[0].Rows * slices[0].Columns
        assert set(np.unique(labels)) <= set(range(most + 1))
    image = nibabel.load(out / "lungs.nii.gz")
    labels = np.asanyarray(image.dataobj)
    voxel_ml = abs(float(np.linalg.det(image.affine[:3, :3]))) / 1000
    assert np.count_nonzero(labels) * voxel_ml == pytest.approx(document["lungs"]["volume_ml"], rel=1e-6)
    darkest = []
    for i, j, k in np.argwhere(labels > 0)[::997]:
        x, y, z = (image.affine @ [i, j, k, 1])[:3]
        one = min(slices, key=lambda d: abs(float(d.ImagePositionPatient[2]) - z))
        column = round((-x - float(one.ImagePositionPatient[0])) / float(one.PixelSpacing[1]))
        row = round((-y - float(one.ImagePositionPatient[1])) / float(one.PixelSpacing[0]))
        hu = float(one.pixel_array[row, column]) * float(one.RescaleSlope) + float(one.RescaleIntercept)
        darkest.append(hu < -300)
    assert np.mean(darkest) > 0.9
    right = np.argwhere(labels == 1).mean(axis=0)
    assert (image.affine @ [*right, 1])[0] > 0, "RAS x grows to the right: the right lung lies at positive x"


def test_haa_and_laa_are_a_direct_count(phantom: tuple[Path, Path, dict[str, Any]]) -> None:
    scan, out, document = phantom
    image: Any = nibabel.as_closest_canonical(nibabel.load(out / "lungs.nii.gz"))
    mask = np.asanyarray(image.dataobj).transpose(2, 1, 0)[:, ::-1, ::-1] > 0
    slices = sorted((pydicom.dcmread(path) for path in scan.rglob("*.dcm")), key=lambda d: d.ImagePositionPatient[2])
    hu = np.stack([d.pixel_array * float(d.RescaleSlope) + float(d.RescaleIntercept) for d in slices])[mask]
    assert document["lungs"]["haa_percent"] == pytest.approx(100 * np.mean((hu >= -600) & (hu <= -250)), abs=1e-9)
    assert document["lungs"]["laa950_percent"] == pytest.approx(100 * np.mean(hu <= -950), abs=1e-9)


@pytest.mark.parametrize("kind", ["empty", "text", "absent"])
def test_unusable_input_is_one_line_and_status_2(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "in"
    if kind != "absent":
        path.mkdir()
    if kind == "text":
        (path / "a.txt").write_text("no CT")
    answer = quantify(path, tmp_path / "out")
    assert answer.returncode == 2
    error = json.loads(answer.stdout)["error"]
    assert error["code"]
    assert error["detail"]
    assert len(answer.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out" / "quantification.json").exists()


def test_dicom_objects_are_written_when_asked_for(tmp_path: Path) -> None:
    write_series(tmp_path / "ct")
    answer = quantify(tmp_path / "ct", tmp_path / "out", "--dicom")
    assert answer.returncode == 0, answer.stderr
    document = json.loads(answer.stdout)
    lungs = pydicom.dcmread(tmp_path / "out/dicom/seg-lungs.dcm")
    assert [item.SegmentLabel for item in lungs.SegmentSequence] == ["Right lung", "Left lung"]
    assert lungs.StudyInstanceUID == document["source"]["study_uid"]
    assert (tmp_path / "out/dicom/sr.dcm").is_file()


def test_a_nifti_has_no_dicom_objects(phantom: tuple[Path, Path, dict[str, Any]], tmp_path: Path) -> None:
    answer = quantify(phantom[1] / "lungs.nii.gz", tmp_path / "out", "--dicom")
    assert answer.returncode == 2
    assert json.loads(answer.stdout)["error"]["code"] == "no_dicom"
    assert not (tmp_path / "out").exists()
