"""Scans with something wrong: refused or flagged by name, never silently measured; the order means nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from quant.engine import run, volume
from quant.engine.errors import UnusableInput
from tests.phantom import Lesion, write_series

Change = Callable[[Dataset, int], None]


def written(folder: Path, change: Change | None = None, **series: Any) -> list[Path]:
    """A phantom's files, feet first, each changed in place."""
    files = write_series(folder, **series)
    for index, path in enumerate(files if change else []):
        dataset = pydicom.dcmread(path)
        assert change is not None
        change(dataset, index)
        dataset.save_as(path)
    return files


def measured(files: list[Path]) -> run.Measured:
    return run.quantify(volume.load_dicom(files), device="cpu")


def codes(found: run.Measured) -> set[str]:
    return {warning["code"] for warning in found.document["quality"]["warnings"]}


@pytest.fixture(scope="module")
def normal(tmp_path_factory: pytest.TempPathFactory) -> run.Measured:
    return measured(written(tmp_path_factory.mktemp("normal") / "ct"))


def test_nothing_wrong_is_accepted(normal: run.Measured) -> None:
    assert normal.document["quality"]["accepted"] is True
    assert normal.document["lesion_percent"] < 1


def no_rescale(dataset: Dataset, _: int) -> None:
    stored = dataset.pixel_array.astype(np.int32) * int(dataset.RescaleSlope) + int(dataset.RescaleIntercept)
    dataset.PixelData = ((np.clip(stored, -1000, 1000) + 1000) // 8).astype(np.uint16).tobytes()
    dataset.RescaleSlope, dataset.RescaleIntercept, dataset.PixelRepresentation = 1, 0, 0


def no_lungs(dataset: Dataset, _: int) -> None:
    stored = dataset.pixel_array.copy()
    middle = slice(stored.shape[0] // 4, 3 * stored.shape[0] // 4)
    stored[middle, 8:-8] = round((40 - float(dataset.RescaleIntercept)) / float(dataset.RescaleSlope))
    dataset.PixelData = stored.tobytes()


def coronal(dataset: Dataset, index: int) -> None:
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
    dataset.ImagePositionPatient = [-180, index * 2.5, 180]


@pytest.mark.parametrize(("change", "code"), [(no_rescale, "not_hu"), (no_lungs, "not_chest"), (coronal, "not_axial")])
def test_refused_by_name(tmp_path: Path, change: Change, code: str) -> None:
    files = written(tmp_path / "ct", change)
    with pytest.raises(UnusableInput) as caught:
        measured(files)
    assert caught.value.code == code
    assert caught.value.detail


def test_too_few_slices(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput) as caught:
        measured(written(tmp_path / "ct")[30:40])
    assert caught.value.code == "too_few_slices"


def test_a_third_missing_is_refused(tmp_path: Path) -> None:
    files = written(tmp_path / "ct")
    with pytest.raises(UnusableInput) as caught:
        measured(files[:20] + files[46:])
    assert caught.value.code == "missing_slices"


def test_one_missing_slice_is_flagged_and_hardly_matters(tmp_path: Path, normal: run.Measured) -> None:
    files = written(tmp_path / "ct")
    found = measured(files[:40] + files[41:])
    assert "gap" in codes(found)
    assert found.document["quality"]["accepted"] is False
    assert found.document["lungs"]["volume_ml"] == pytest.approx(normal.document["lungs"]["volume_ml"], rel=0.005)


@pytest.mark.parametrize(("cut", "code"), [(slice(0, 55), "cut_apex"), (slice(25, None), "cut_base")])
def test_a_cut_off_scan_is_flagged(tmp_path: Path, cut: slice, code: str) -> None:
    found = measured(written(tmp_path / "ct")[cut])
    assert code in codes(found)
    assert found.document["quality"]["accepted"] is False


def test_a_tilted_gantry_is_flagged(tmp_path: Path, normal: run.Measured) -> None:
    def tilt(dataset: Dataset, index: int) -> None:
        x, y, z = dataset.ImagePositionPatient
        dataset.ImagePositionPatient = [float(x), float(y) + 0.25 * index, float(z)]

    found = measured(written(tmp_path / "ct", tilt))
    assert "gantry_tilt" in codes(found)
    assert found.document["quality"]["accepted"] is False
    assert found.document["lungs"]["volume_ml"] == pytest.approx(normal.document["lungs"]["volume_ml"], rel=0.005)


def test_thick_slices_are_flagged(tmp_path: Path) -> None:
    assert "thick_slices" in codes(measured(written(tmp_path / "ct", slices=42, thickness_mm=5.0)))


def test_contrast_medium_is_a_flag_only(tmp_path: Path) -> None:
    found = measured(written(tmp_path / "ct", ContrastBolusAgent="iodine"))
    assert "contrast" in codes(found)
    assert found.document["quality"]["accepted"] is True


def test_order_and_repeats_mean_nothing(tmp_path: Path, normal: run.Measured) -> None:
    files = written(tmp_path / "ct")
    shuffled = [files[i] for i in np.random.default_rng(1).permutation(len(files))]
    copy = tmp_path / "copy.dcm"
    copy.write_bytes(files[10].read_bytes())
    found = measured([*shuffled, copy])
    assert found.document["lungs"] == normal.document["lungs"]
    assert np.array_equal(found.lobes, normal.lobes)


def test_per_slice_rescale_gives_the_same_numbers(tmp_path: Path, normal: run.Measured) -> None:
    def shift(dataset: Dataset, index: int) -> None:
        stored = dataset.pixel_array.astype(np.int32) + index
        dataset.PixelData = stored.astype(dataset.pixel_array.dtype).tobytes()
        dataset.RescaleIntercept = float(dataset.RescaleIntercept) - index * float(dataset.RescaleSlope)

    assert measured(written(tmp_path / "ct", shift)).document["lungs"] == normal.document["lungs"]


def test_prone_keeps_right_and_left(tmp_path: Path) -> None:
    """The same table pictures, told to be prone: what was the right lung is the left."""

    def prone(dataset: Dataset, _: int) -> None:
        x, y, z = (float(value) for value in dataset.ImagePositionPatient)
        dataset.ImageOrientationPatient = [-1, 0, 0, 0, -1, 0]
        dataset.ImagePositionPatient = [-x, -y, z]
        dataset.PatientPosition = "HFP"

    mark = Lesion((0.0, 0.0, -77.0), (18.0, 18.0, 18.0), 30.0)
    supine = measured(written(tmp_path / "supine", lesions=[mark])).document
    turned = measured(written(tmp_path / "prone", prone, lesions=[mark])).document

    def dense_side(document: dict[str, Any]) -> str:
        ml = {name: lobe["patterns"]["consolidation"]["ml"] for name, lobe in document["lobes"].items()}
        return "right" if ml["RUL"] + ml["RML"] + ml["RLL"] > ml["LUL"] + ml["LLL"] else "left"

    assert (dense_side(supine), dense_side(turned)) == ("right", "left")
    assert "prone" in {warning["code"] for warning in turned["quality"]["warnings"]}


@pytest.mark.parametrize(
    ("pattern", "hu", "low", "high"), [("ground_glass", -560.0, 0.7, 1.3), ("consolidation", 30.0, 0.75, 1.25)]
)
def test_inserted_disease_of_known_extent_is_found(
    tmp_path: Path, pattern: str, hu: float, low: float, high: float
) -> None:
    radii = (28.0, 26.0, 24.0)
    truth_ml = 4 / 3 * np.pi * np.prod(radii) / 1000
    found = measured(written(tmp_path / "ct", lesions=[Lesion((0.0, 10.0, 77.0), radii, hu)]))
    assert low * truth_ml < found.document["patterns"][pattern]["ml"] < high * truth_ml
