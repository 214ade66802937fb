"""DICOM objects of a measurement: valid by dciodvfy, in the right place by another reader, the same numbers."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import numpy.typing as npt
import pytest
from pydicom import dcmread

from quant.dicom_out import files
from quant.dicom_out.write import write
from quant.engine.errors import UnusableInput
from quant.engine.result import Measured
from quant.engine.volume import load_nifti
from tests.dicom_out.conftest import LOBES, Case
from tests.engine import files as series

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
Points = set[tuple[float, ...]]


@pytest.fixture(scope="module")
def written(case: Case, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {path.name: path for path in write(case.measured, case.files, tmp_path_factory.mktemp("out"))}


def test_dciodvfy_finds_no_error(written: dict[str, Path]) -> None:
    assert set(written) == set(files.FILES)
    for path in written.values():
        answer = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True)
        assert answer.returncode == 0
        assert "Error" not in answer.stderr, f"{path.name}: {answer.stderr}"


@pytest.mark.parametrize("name", ["lungs", "lobes", "patterns", "airways", "vessels"])
def test_every_voxel_lies_where_the_label_map_has_it(case: Case, written: dict[str, Path], name: str) -> None:
    """Each voxel by the place of its frame in the patient, as the header of the object gives it."""
    found = highdicom.seg.segread(str(written[f"seg-{name}.dcm"]))
    labels = getattr(case.measured, name)
    labels = np.minimum(labels, 1) if name == "airways" else labels
    kept = [index for index, uid in enumerate(case.measured.volume.sop_uids) if uid is not None]
    mask = np.zeros(labels.shape, bool)
    mask[kept] = True
    for item in found.SegmentSequence:
        number = int(item.SegmentNumber)
        value = VALUES[str(item.SegmentLabel)]
        assert _places(found, number) == _expected(case.measured, (labels == value) & mask)
    assert {VALUES[str(item.SegmentLabel)] for item in found.SegmentSequence} == set(np.unique(labels)) - {0}


def test_the_report_holds_the_numbers_and_nothing_for_what_was_not_measured(
    case: Case, written: dict[str, Path]
) -> None:
    document = case.measured.document
    told = _measurements(dcmread(written["sr.dcm"]))
    assert ("Both lungs", "FIBROSIS_PCT") not in told
    lungs, patterns, lobes = (document[key] for key in ("lungs", "patterns", "lobes"))
    expected = {
        ("Both lungs", "Volume"): (lungs["volume_ml"], "ml"),
        ("Both lungs", "MEAN_DENSITY"): (lungs["mean_density_hu"], "[hnsf'U]"),
        ("Both lungs", "LESION_PCT"): (7.25, "%"),
        ("Both lungs", "SEVERITY"): (12, "1"),
        ("Left lung", "Volume"): (lungs["left_ml"], "ml"),
        ("Ground glass", "PCT_OF_LUNG"): (patterns["ground_glass"]["percent"], "%"),
        ("Honeycombing", "PCT_OF_LUNG"): (0.0, "%"),
        ("Vessels of the lungs", "Volume"): (lungs["vessel_ml"], "ml"),
        ("Airway tree", "Volume"): (61.5, "ml"),
        ("Airway tree", "Length"): (1440.25, "mm"),
        ("Airway tree", "AIRWAY_BRANCHES"): (7, "1"),
        ("Airway tree", "AIRWAY_DEEPEST"): (2, "1"),
    }
    for label, name in zip(LOBE_LABELS, LOBES, strict=True):
        expected[label, "Volume"] = (lobes[name]["ml"], "ml")
        expected[label, "LESION_PCT"] = (lobes[name]["lesion_percent"], "%")
        expected[label, "SEVERITY"] = (lobes[name]["severity"], "1")
    assert {key: told.get(key) for key in expected} == expected


def test_the_report_names_its_segments_and_its_source(case: Case, written: dict[str, Path]) -> None:
    report = dcmread(written["sr.dcm"])
    lungs = dcmread(written["seg-lungs.dcm"])
    segments = [
        (str(ref.ReferencedSOPInstanceUID), int(ref.ReferencedSegmentNumber))
        for item in _items(report)
        for ref in item.get("ReferencedSOPSequence", [])
        if "ReferencedSegmentNumber" in ref
    ]
    assert (str(lungs.SOPInstanceUID), 1) in segments
    assert len(segments) == 2 + 5 + 4 + 1 + 1
    evidence = {
        str(ref.ReferencedSOPInstanceUID)
        for study in report.CurrentRequestedProcedureEvidenceSequence
        for one in study.ReferencedSeriesSequence
        for ref in one.ReferencedSOPSequence
    }
    assert evidence >= {uid for uid in case.measured.volume.sop_uids if uid}
    assert report.PatientID == lungs.PatientID == "E"
    assert report.StudyInstanceUID == lungs.StudyInstanceUID == series.STUDY
    assert "research use" in report.SeriesDescription


def test_a_result_without_tubes_has_the_other_objects(case: Case, tmp_path: Path) -> None:
    """As results of before the airway tree have: nothing is told of what was not drawn."""
    older = {key: value for key, value in case.measured.document.items() if key != "airways"}
    lungs = {key: value for key, value in older["lungs"].items() if key != "vessel_ml"}
    measured = replace(case.measured, document={**older, "lungs": lungs}, airways=None, vessels=None)
    names = {path.name for path in write(measured, case.files, tmp_path)}
    assert names == {"seg-lungs.dcm", "seg-lobes.dcm", "seg-patterns.dcm", "sr.dcm"}
    told = {region for region, _concept in _measurements(dcmread(tmp_path / "dicom" / "sr.dcm"))}
    assert not told & {"Airway tree", "Vessels of the lungs"}


def test_a_scan_that_was_no_dicom_has_none(case: Case, tmp_path: Path) -> None:
    volume = load_nifti(series.nifti(tmp_path / "ct.nii.gz", case.measured.volume.hu, np.diag([-2.0, -2.0, 2.0, 1])))
    blank = np.zeros(volume.hu.shape, np.uint8)
    measured = Measured(case.measured.document, blank, blank, blank, volume, None)
    with pytest.raises(UnusableInput, match="need a DICOM source"):
        write(measured, [], tmp_path)
    assert not (tmp_path / "dicom").exists()


def test_files_of_another_series_are_refused(case: Case, tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="is not among its files"):
        write(case.measured, [], tmp_path)


LOBE_LABELS = ("Right upper lobe", "Right middle lobe", "Right lower lobe", "Left upper lobe", "Left lower lobe")
VALUES = {
    "Right lung": 1,
    "Left lung": 2,
    **{label: value for value, label in enumerate(LOBE_LABELS, 1)},
    "Ground glass": 1,
    "Consolidation": 2,
    "Reticulation": 3,
    "Honeycombing": 4,
    "Emphysema": 5,
    "Airway tree": 1,
    "Vessels of the lungs": 1,
}


def _places(found: Any, number: int) -> Points:
    """Patient coordinates (LPS, tenths of a mm) of every voxel of a segment, read frame by frame."""
    shared = found.SharedFunctionalGroupsSequence[0]
    row, column = np.reshape(np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, float), (2, 3))
    down, across = (float(mm) for mm in shared.PixelMeasuresSequence[0].PixelSpacing)
    places: Points = set()
    for frame, group in zip(found.pixel_array, found.PerFrameFunctionalGroupsSequence, strict=True):
        # Where there is one segment, highdicom says so once for all frames.
        told = group if "SegmentIdentificationSequence" in group else shared
        if int(told.SegmentIdentificationSequence[0].ReferencedSegmentNumber) == number:
            corner = np.array(group.PlanePositionSequence[0].ImagePositionPatient, float)
            r, c = np.nonzero(frame)
            places |= _rounded(corner + c[:, None] * across * row + r[:, None] * down * column)
    return places


def _expected(measured: Measured, mask: npt.NDArray[np.bool_]) -> Points:
    z, y, x = np.nonzero(mask)
    ras = measured.volume.affine @ np.stack([x, y, z, np.ones_like(x)])
    return _rounded((RAS_TO_LPS @ ras)[:3].T)


def _rounded(points: npt.NDArray[np.float64]) -> Points:
    return {tuple(point) for point in (np.rint(points * 10) + 0.0).tolist()}


def _items(item: Any) -> list[Any]:
    below = [found for child in item.get("ContentSequence", []) for found in _items(child)]
    return [item, *below]


def _measurements(report: Any) -> dict[tuple[str, str], tuple[float, str]]:
    """(region, concept) -> (value, unit); the portal's own concepts by code, others by meaning."""
    found = {}
    for group in _items(report):
        names = [one for one in group.get("ContentSequence", []) if _meaning(one) == "Tracking Identifier"]
        for one in group.get("ContentSequence", []) if names else ():
            if one.ValueType == "NUM":
                code = one.ConceptNameCodeSequence[0]
                concept = code.CodeValue if code.CodingSchemeDesignator == "99ILDPORTAL" else code.CodeMeaning
                value = one.MeasuredValueSequence[0]
                unit = value.MeasurementUnitsCodeSequence[0].CodeValue
                found[names[0].TextValue, concept] = (float(value.NumericValue), unit)
    return found


def _meaning(item: Any) -> str:
    return item.ConceptNameCodeSequence[0].CodeMeaning if "ConceptNameCodeSequence" in item else ""
