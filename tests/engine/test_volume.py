"""The reader: the same anatomy, however it is stored, is the same volume; what is not HU is refused."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from quant.engine.errors import UnusableInput
from quant.engine.volume import Volume, load_dicom, load_nifti
from tests.engine import files
from tests.phantom import Chest


def same(volume: Volume, body: Chest) -> bool:
    return np.array_equal(volume.hu, body.hu)


def test_axes_spacing_and_facts(tmp_path: Path, small: Chest) -> None:
    volume = load_dicom(files.write(tmp_path, small))
    assert same(volume, small)
    assert volume.spacing_mm == pytest.approx((360 / 64, 360 / 64, 8.0))
    assert volume.voxel_ml == pytest.approx(0.253125)
    assert volume.positions_mm == pytest.approx(np.arange(24) * 8.0 - 92.0)
    assert [w.code for w in volume.warnings] == ["thick_slices"]
    assert volume.source == {
        "study_uid": files.STUDY, "series_uid": files.SERIES, "series_description": "Chest 2.5 mm", "slices": 24,
        "spacing_mm": list(volume.spacing_mm), "kernel": "STANDARD", "manufacturer": "Phantom",
    }  # fmt: skip
    # LPS (-177.1875, -177.1875, -92) of the first pixel is RAS with x and y negated.
    assert volume.affine @ [0, 0, 0, 1] == pytest.approx([177.1875, 177.1875, -92.0, 1])


def prone(ds: Dataset, index: int) -> None:
    files.turn(ds, rows=True, columns=True)
    ds.PatientPosition = "HFP"


def feet_first(ds: Dataset, index: int) -> None:
    files.turn(ds, columns=True)
    ds.PatientPosition, ds.InstanceNumber = "FFS", 1000 - index


def upside_down(ds: Dataset, index: int) -> None:
    files.turn(ds, rows=True)


@pytest.mark.parametrize("change", [prone, feet_first, upside_down])
def test_right_is_right_however_it_is_stored(
    tmp_path: Path, small: Chest, change: Callable[[Dataset, int], None]
) -> None:
    paths = files.write(tmp_path, small, change)
    random.Random(1).shuffle(paths)
    volume = load_dicom(paths)
    assert same(volume, small)
    assert volume.affine @ [0, 0, 0, 1] == pytest.approx([177.1875, 177.1875, -92.0, 1])
    assert ("prone" in [w.code for w in volume.warnings]) == (change is prone)


def test_label_maps_go_back_to_the_stored_grid(tmp_path: Path, small: Chest) -> None:
    volume = load_dicom(files.write(tmp_path, small, prone))
    marked = np.zeros(volume.hu.shape, np.uint8)
    marked[3, 5, 7] = 1
    column, row, level = np.argwhere(volume.to_source(marked))[0]
    assert (column, row, level) == (63 - 7, 63 - 5, 3)
    there = volume.grid.affine @ [column, row, level, 1]
    assert there == pytest.approx(volume.affine @ [7, 5, 3, 1])


def test_each_slice_has_its_own_rescale(tmp_path: Path, small: Chest) -> None:
    def change(ds: Dataset, index: int) -> None:
        values = files.stored(ds).astype(int)
        if index % 2:
            files.store(ds, values // 2 * 2)
            ds.RescaleIntercept = -1024
        else:
            files.store(ds, values // 2)
            ds.RescaleSlope, ds.RescaleIntercept = 2, -1024

    volume = load_dicom(files.write(tmp_path, small, change))
    even = (small.hu.astype(int) + 1024) // 2 * 2 - 1024
    assert np.array_equal(volume.hu, even)


def test_padding_is_air(tmp_path: Path, small: Chest) -> None:
    def change(ds: Dataset, index: int) -> None:
        values = files.stored(ds).astype(int) - 1024
        values[:3] = -2000
        ds.PixelRepresentation, ds.RescaleIntercept = 1, 0
        files.store(ds, values)
        # The bit pattern of -2000 written as an unsigned number, as some scanners do.
        ds.add_new(0x00280120, "US" if index % 2 else "SS", 63536 if index % 2 else -2000)

    volume = load_dicom(files.write(tmp_path, small, change))
    assert (volume.hu[:, :3] == -1024).all()
    assert np.array_equal(volume.hu[:, 3:], small.hu[:, 3:])


def test_a_padding_value_that_is_tissue_is_not_believed(tmp_path: Path, small: Chest) -> None:
    def change(ds: Dataset, index: int) -> None:
        ds.PixelPaddingValue = 1024 + 40

    assert same(load_dicom(files.write(tmp_path, small, change)), small)


def test_duplicates_are_dropped(tmp_path: Path, small: Chest) -> None:
    again = files.write(tmp_path / "b", small)[5:9]
    volume = load_dicom([*files.write(tmp_path / "a", small), *again])
    assert same(volume, small)
    assert volume.source["slices"] == 24


def test_multi_frame_by_functional_groups(tmp_path: Path, small: Chest) -> None:
    volume = load_dicom([files.save(files.enhanced(small), tmp_path / "enhanced.dcm")])
    assert same(volume, small)
    assert volume.spacing_mm == pytest.approx((360 / 64, 360 / 64, 8.0))


@pytest.mark.parametrize("syntax", ["RLELossless", "JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEG2000Lossless"])
def test_compressed_pixels(tmp_path: Path, small: Chest, syntax: str) -> None:
    paths = files.write(tmp_path, small)
    for path in paths:
        files.compress(path, syntax)
    assert same(load_dicom(paths), small)


def closer(ds: Dataset, index: int) -> None:
    ds.ImagePositionPatient = [*ds.ImagePositionPatient[:2], 5.0 * index]


def test_a_missing_slice_is_filled_and_told(tmp_path: Path, small: Chest) -> None:
    paths = files.write(tmp_path, small, closer)
    volume = load_dicom(paths[:10] + paths[11:])
    assert volume.hu.shape == small.hu.shape
    assert volume.sop_uids[10] is None
    assert volume.source["slices"] == 23
    between = (small.hu[9].astype(float) + small.hu[11]) / 2
    assert np.abs(volume.hu[10] - between).max() <= 0.5
    assert "gap" in [w.code for w in volume.warnings]


def test_gantry_tilt_is_measured_and_told(tmp_path: Path, small: Chest) -> None:
    lean = np.radians(10)

    def change(ds: Dataset, index: int) -> None:
        ds.ImageOrientationPatient = [1, 0, 0, 0, float(np.cos(lean)), float(np.sin(lean))]

    volume = load_dicom(files.write(tmp_path, small, change))
    assert volume.spacing_mm[2] == pytest.approx(8 * np.cos(lean))
    assert [w.detail for w in volume.warnings if w.code == "gantry_tilt"] == ["the slices lean by 10.0 degrees"]


def test_nifti_of_any_orientation(tmp_path: Path, small: Chest) -> None:
    lps = small.hu.transpose(2, 1, 0)
    dz, dy, dx = small.voxel_mm
    affine = np.diag([-dx, -dy, dz, 1.0])
    turned = affine.copy()
    turned[:, 2] *= -1
    turned[2, 3] = dz * 23
    for array, space in ((lps, affine), (lps[:, :, ::-1], turned)):
        volume = load_nifti(files.nifti(tmp_path / "ct.nii.gz", array, space))
        assert same(volume, small)
        assert volume.spacing_mm == pytest.approx((dx, dy, dz))
        assert volume.source["study_uid"] is None
        assert np.array_equal(volume.to_source(volume.hu.astype(np.uint8)), array.astype(np.uint8))


def unplaced(ds: Dataset, index: int) -> None:
    del ds.ImagePositionPatient


def coronal(ds: Dataset, index: int) -> None:
    ds.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
    ds.ImagePositionPatient = [0, index * 8, 0]


def without_rescale(ds: Dataset, index: int) -> None:
    del ds.RescaleSlope


def eight_bits(ds: Dataset, index: int) -> None:
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit = 7
    ds.PixelData = (files.stored(ds) >> 4).astype("u1").tobytes()


def other_unit(ds: Dataset, index: int) -> None:
    ds.RescaleType = "US"


def magnetic(ds: Dataset, index: int) -> None:
    ds.SOPClassUID, ds.Modality = "1.2.840.10008.5.1.4.1.1.4", "MR"


def two_sizes(ds: Dataset, index: int) -> None:
    if index == 4:
        ds.PixelSpacing = [1.0, 1.0]


def uneven(ds: Dataset, index: int) -> None:
    if index > 12:
        ds.ImagePositionPatient = [-177.1875, -177.1875, -92 + 8 * index + 3]


def two_pictures_at_one_place(ds: Dataset, index: int) -> None:
    if index == 5:
        ds.ImagePositionPatient = [-177.1875, -177.1875, -92 + 8 * 4]


def cut_off(ds: Dataset, index: int) -> None:
    if index == 2:
        ds.PixelData = ds.PixelData[:1000]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (unplaced, "no_position"),
        (coronal, "not_axial"),
        (without_rescale, "not_hu"),
        (eight_bits, "not_hu"),
        (other_unit, "not_hu"),
        (magnetic, "not_ct"),
        (two_sizes, "mixed_geometry"),
        (uneven, "uneven_spacing"),
        (two_pictures_at_one_place, "mixed_geometry"),
        (cut_off, "unreadable"),
    ],
)
def test_refused_by_the_reader(tmp_path: Path, small: Chest, change: Callable[[Dataset, int], None], code: str) -> None:
    paths = files.write(tmp_path, small, change)
    with pytest.raises(UnusableInput) as caught:
        load_dicom(paths)
    assert caught.value.code == code
    assert "\n" not in caught.value.detail


def test_too_much_missing(tmp_path: Path, small: Chest) -> None:
    paths = files.write(tmp_path, small, closer)
    with pytest.raises(UnusableInput, match=r"slices missing: 3;.*\(missing_slices\)"):
        load_dicom(paths[:10] + paths[13:])


def test_nothing_and_nonsense(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="no_images"):
        load_dicom([])
    (tmp_path / "a.dcm").write_bytes(b"nothing")
    with pytest.raises(UnusableInput, match=r"a\.dcm"):
        load_dicom([tmp_path / "a.dcm"])
    (tmp_path / "a.nii.gz").write_bytes(b"nothing")
    with pytest.raises(UnusableInput, match=r"a\.nii\.gz.*\(unreadable\)"):
        load_nifti(tmp_path / "a.nii.gz")
