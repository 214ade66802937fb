"""Where pixels lie and what they mean, as scanners and converters write it; nibabel is the second reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from nibabel import orientations
from pydicom.dataset import Dataset

from patients.intake.assemble import gather
from patients.intake.quality import choose
from quant.engine.errors import UnusableInput
from quant.engine.volume import Volume, load_dicom, load_nifti
from tests.engine import files
from tests.phantom import Chest, chest

TURNS: Any = orientations
IMAGE: Any = nibabel.Nifti1Image


@pytest.fixture(scope="module")
def oblong() -> Chest:
    """More rows than columns, so that no axis can be taken for another."""
    body = chest(slices=24, size=64, spacing_z_mm=8.0, vessels=5)
    return Chest(np.ascontiguousarray(body.hu[:, :, 8:52]), body.voxel_mm, body.lung_radii)


def refused(load: Callable[[], object]) -> str:
    with pytest.raises(UnusableInput) as caught:
        load()
    assert "\n" not in caught.value.detail
    return caught.value.code


def quarter_turn(ds: Dataset) -> None:
    """Stored with the patient on a side: columns run to the back, rows to the patient's right."""
    values, place = files.stored(ds), np.array(ds.ImagePositionPatient, float)
    place[0] += (ds.Columns - 1) * ds.PixelSpacing[1]
    ds.ImageOrientationPatient, ds.ImagePositionPatient = [0, 1, 0, -1, 0, 0], list(place)
    ds.Rows, ds.Columns = ds.Columns, ds.Rows
    ds.PixelSpacing = list(ds.PixelSpacing)[::-1]
    files.store(ds, values.T[::-1])


@pytest.mark.parametrize("position", ["HFDR", "HFDL", "FFDR", "FFDL"])
def test_on_a_side(tmp_path: Path, oblong: Chest, position: str) -> None:
    def change(ds: Dataset, index: int) -> None:
        quarter_turn(ds)
        ds.PatientPosition = position

    volume = load_dicom(files.write(tmp_path, oblong, change)[::-1])
    assert np.array_equal(volume.hu, oblong.hu)
    assert "decubitus" in [w.code for w in volume.warnings]
    assert volume.to_source(volume.hu.astype(np.uint8)).shape == (64, 44, 24)


@pytest.mark.parametrize("position", ["FFS", "FFP"])
def test_feet_first(tmp_path: Path, oblong: Chest, position: str) -> None:
    def change(ds: Dataset, index: int) -> None:
        files.turn(ds, rows=position == "FFP", columns=position == "FFS")
        ds.PatientPosition, ds.InstanceNumber = position, 99 - index

    volume = load_dicom(files.write(tmp_path, oblong, change)[::-1])
    assert np.array_equal(volume.hu, oblong.hu)
    assert ("prone" in [w.code for w in volume.warnings]) == (position == "FFP")


@pytest.mark.parametrize("limit", [None, -1990])
def test_padding_by_value_or_range(tmp_path: Path, oblong: Chest, limit: int | None) -> None:
    def change(ds: Dataset, index: int) -> None:
        values = files.stored(ds).astype(int) - 1024
        values[:2] = -2000 if limit is None else np.arange(44) % 11 - 2000
        ds.PixelRepresentation, ds.RescaleIntercept = 1, 10
        files.store(ds, values - 10)
        ds.add_new(0x00280120, "SS", -2010)
        if limit is not None:
            ds.add_new(0x00280121, "SS", limit - 10)

    volume = load_dicom(files.write(tmp_path, oblong, change))
    assert (volume.hu[:, :2] == -1024).all()
    assert np.array_equal(volume.hu[:, 2:], oblong.hu[:, 2:])


def test_outside_the_circle_without_a_word(tmp_path: Path, oblong: Chest) -> None:
    def change(ds: Dataset, index: int) -> None:
        values = files.stored(ds).astype(int) - 1024
        values[:3], values[3:5] = -3024, -2000
        ds.PixelRepresentation, ds.RescaleIntercept = 1, 0
        files.store(ds, values)

    volume = load_dicom(files.write(tmp_path, oblong, change))
    assert (volume.hu[:, :5] == -1024).all()
    assert np.array_equal(volume.hu[:, 5:], oblong.hu[:, 5:])


def test_one_place_twice_is_one_slice_under_any_name(tmp_path: Path, oblong: Chest) -> None:
    paths = files.write(tmp_path, oblong)
    for index, ds in enumerate(files.datasets(oblong)[6:9]):
        ds.SOPInstanceUID = f"1.2.3.{index}"
        paths.append(files.save(ds, tmp_path / f"again{index}.dcm"))
    found = gather([tmp_path], tmp_path / "work")
    series = choose(found.studies[0].series).series
    assert series is not None, "the same pictures once more are no second reconstruction"
    for order in (paths, paths[::-1]):
        volume = load_dicom(order)
        assert np.array_equal(volume.hu, oblong.hu)
        assert volume.sop_uids[6:9] == ("1.2.3.0", "1.2.3.1", "1.2.3.2")


def test_another_picture_at_the_same_place_is_refused_by_intake_too(tmp_path: Path, oblong: Chest) -> None:
    files.write(tmp_path, oblong)
    ds = files.datasets(oblong)[6]
    ds.SOPInstanceUID = "1.2.3"
    files.store(ds, files.stored(ds)[::-1])
    files.save(ds, tmp_path / "other.dcm")
    assert choose(gather([tmp_path], tmp_path / "work").studies[0].series).series is None
    assert refused(lambda: load_dicom(sorted(tmp_path.glob("*.dcm")))) == "mixed_geometry"


def test_a_jump_sideways_is_two_scans(tmp_path: Path, oblong: Chest) -> None:
    def change(ds: Dataset, index: int) -> None:
        x, y, z = ds.ImagePositionPatient
        ds.ImagePositionPatient = [float(x) + (30 if index > 11 else 0), y, z]

    assert refused(lambda: load_dicom(files.write(tmp_path, oblong, change))) == "mixed_geometry"


def test_thin_slices_far_apart_are_told(tmp_path: Path, oblong: Chest) -> None:
    def change(ds: Dataset, index: int) -> None:
        ds.SliceThickness = 1.0

    volume = load_dicom(files.write(tmp_path, oblong, change))
    assert {w.code for w in volume.warnings} == {"thick_slices", "gaps_between_slices"}


def shared_rescale(ds: Dataset) -> None:
    groups = ds.PerFrameFunctionalGroupsSequence
    frames = np.frombuffer(ds.PixelData, "<u2").reshape(len(groups), ds.Rows, ds.Columns).copy()
    for number, group in enumerate(groups):
        frames[number] -= 10 * (number % 3)
        item = group.PixelValueTransformationSequence
        item[0].RescaleIntercept = -1024
        del group.PixelValueTransformationSequence
    ds.SharedFunctionalGroupsSequence[0].PixelValueTransformationSequence = item
    ds.PixelData = frames.tobytes()


def own_orientation(ds: Dataset) -> None:
    shared = ds.SharedFunctionalGroupsSequence[0]
    for group in ds.PerFrameFunctionalGroupsSequence:
        group.PlaneOrientationSequence = shared.PlaneOrientationSequence
        group.PixelMeasuresSequence = shared.PixelMeasuresSequence
    del shared.PlaneOrientationSequence, shared.PixelMeasuresSequence


def padded(ds: Dataset) -> None:
    frames = np.frombuffer(ds.PixelData, "<u2").reshape(-1, ds.Rows, ds.Columns).copy()
    frames[:, -1], ds.PixelPaddingValue = 65535, 65535
    ds.PixelData = frames.tobytes()


@pytest.mark.parametrize("change", [shared_rescale, own_orientation, padded])
def test_multi_frame_in_its_forms(tmp_path: Path, oblong: Chest, change: Callable[[Dataset], None]) -> None:
    ds = files.enhanced(oblong)
    change(ds)
    volume = load_dicom([files.save(ds, tmp_path / "enhanced.dcm")])
    kept = slice(None, -1 if change is padded else None)
    assert np.array_equal(volume.hu[:, kept], oblong.hu[:, kept])
    assert change is not padded or (volume.hu[:, -1] == -1024).all()


def without_place(ds: Dataset) -> None:
    del ds.PerFrameFunctionalGroupsSequence[7].PlanePositionSequence


def two_at_one_place(ds: Dataset) -> None:
    groups = ds.PerFrameFunctionalGroupsSequence
    groups[7].PlanePositionSequence = groups[8].PlanePositionSequence


def fewer_groups_than_frames(ds: Dataset) -> None:
    ds.PerFrameFunctionalGroupsSequence = ds.PerFrameFunctionalGroupsSequence[:20]


@pytest.mark.parametrize(
    ("change", "code"),
    [(without_place, "no_position"), (two_at_one_place, "mixed_geometry"), (fewer_groups_than_frames, "no_position")],
)
def test_multi_frame_that_does_not_say_where(
    tmp_path: Path, oblong: Chest, change: Callable[[Dataset], None], code: str
) -> None:
    ds = files.enhanced(oblong)
    change(ds)
    assert refused(lambda: load_dicom([files.save(ds, tmp_path / "enhanced.dcm")])) == code


def placed(body: Chest) -> tuple[Any, Any]:
    """The chest as array (i, j, k) with its affine to RAS."""
    dz, dy, dx = body.voxel_mm
    return body.hu.transpose(2, 1, 0), np.diag([-dx, -dy, dz, 1.0])


@pytest.mark.parametrize("axes", ["RAS", "LAS", "LPI", "PIR", "SLA", "AIL"])
def test_nifti_stored_along_any_axes(tmp_path: Path, oblong: Chest, axes: str) -> None:
    image = IMAGE(*placed(oblong))
    turn = TURNS.ornt_transform(TURNS.io_orientation(image.affine), TURNS.axcodes2ornt(tuple(axes)))
    nibabel.save(image.as_reoriented(turn), tmp_path / "ct.nii.gz")
    volume = load_nifti(tmp_path / "ct.nii.gz")
    assert np.array_equal(volume.hu, oblong.hu)
    back = IMAGE(volume.to_source(volume.hu.astype(np.uint8)), volume.grid.affine)
    assert "".join(TURNS.aff2axcodes(back.affine)) == axes


@pytest.mark.parametrize("kind", ["float32", "float64", "int32", "uint16 scaled", "one frame", "micron", "meter"])
def test_nifti_in_other_forms(tmp_path: Path, oblong: Chest, kind: str) -> None:
    array, affine = placed(oblong)
    image = IMAGE(array, affine)
    if kind == "uint16 scaled":
        image = IMAGE((array + 1024).astype(np.uint16), affine)
        image.header.set_slope_inter(1, -1024)
    elif kind == "one frame":
        image = IMAGE(array[..., np.newaxis], affine)
    elif kind in ("micron", "meter"):
        factor = 1000.0 if kind == "micron" else 0.001
        image = IMAGE(array, affine * ([[factor]] * 3 + [[1.0]]))
        image.header.set_xyzt_units(kind)
    else:
        image = IMAGE(array.astype(kind), affine)
    nibabel.save(image, tmp_path / "ct.nii")
    if kind == "uint16 scaled":
        rewrite_scale(tmp_path / "ct.nii", 1.0, -1024.0)
    volume = load_nifti(tmp_path / "ct.nii")
    assert np.array_equal(volume.hu, oblong.hu)
    assert volume.spacing_mm == pytest.approx(oblong.voxel_mm[::-1])


def rewrite_scale(path: Path, slope: float, inter: float) -> None:
    """nibabel scales what it writes by itself; other writers put the bare values and the scale."""
    data = bytearray(path.read_bytes())
    data[112:120] = np.array([slope, inter], "<f4").tobytes()
    path.write_bytes(bytes(data))


def test_nifti_holes_are_air(tmp_path: Path, oblong: Chest) -> None:
    array, affine = placed(oblong)
    holed = array.astype(np.float32)
    holed[0], holed[1], holed[2] = np.nan, -np.inf, np.inf
    nibabel.save(IMAGE(holed, affine), tmp_path / "ct.nii")
    hu = load_nifti(tmp_path / "ct.nii").hu
    assert (hu[:, :, :2] == -1024).all()
    assert (hu[:, :, 2] == 3071).all()


def flat(image: Any) -> None:
    image.set_sform(np.diag([1.0, 1.0, 0.0, 1.0]), code=1)


def leaning(image: Any) -> None:
    lean = np.radians(45)
    turn = np.array([[1, 0, 0], [0, np.cos(lean), -np.sin(lean)], [0, np.sin(lean), np.cos(lean)]])
    affine = image.affine.copy()
    affine[:3, :3] = turn @ affine[:3, :3]
    image.set_sform(affine, code=1)


@pytest.mark.parametrize(("change", "code"), [(flat, "no_position"), (leaning, "not_axial")])
def test_nifti_that_does_not_say_where(tmp_path: Path, oblong: Chest, change: Callable[[Any], None], code: str) -> None:
    image = IMAGE(*placed(oblong))
    change(image)
    nibabel.save(image, tmp_path / "ct.nii")
    assert refused(lambda: load_nifti(tmp_path / "ct.nii")) == code


def test_nifti_whose_sides_would_be_guessed(tmp_path: Path, oblong: Chest) -> None:
    nibabel.save(IMAGE(*placed(oblong)), tmp_path / "ct.nii")
    data = bytearray((tmp_path / "ct.nii").read_bytes())
    qform_and_sform_code = slice(252, 256)
    data[qform_and_sform_code] = bytes(4)
    (tmp_path / "ct.nii").write_bytes(bytes(data))
    assert refused(lambda: load_nifti(tmp_path / "ct.nii")) == "no_position"


def test_nifti_of_an_unknown_unit(tmp_path: Path, oblong: Chest) -> None:
    nibabel.save(IMAGE(*placed(oblong)), tmp_path / "ct.nii")
    data = bytearray((tmp_path / "ct.nii").read_bytes())
    data[123] = 4
    (tmp_path / "ct.nii").write_bytes(bytes(data))
    assert refused(lambda: load_nifti(tmp_path / "ct.nii")) == "no_position"


@pytest.mark.parametrize(
    ("shape", "kind", "code"),
    [
        ((8, 8), "int16", "not_hu"),
        ((8, 8, 8, 2), "int16", "not_hu"),
        ((8, 8, 8), "complex64", "not_hu"),
        ((8, 8, 1), "int16", "too_few_slices"),
        ((20000, 20000, 2), "uint8", "too_large"),
    ],
)
def test_nifti_that_is_no_volume(tmp_path: Path, shape: tuple[int, ...], kind: str, code: str) -> None:
    path = tmp_path / "ct.nii"
    if code == "too_large":
        nibabel.save(IMAGE(np.zeros((4, 4, 2), kind), np.eye(4)), path)
        data = bytearray(path.read_bytes())
        data[40:48] = np.array([3, *shape], "<i2").tobytes()
        path.write_bytes(bytes(data))
    else:
        nibabel.save(IMAGE(np.zeros(shape, kind), np.eye(4)), path)
    assert refused(lambda: load_nifti(path)) == code


def test_a_leaning_nifti_is_told(tmp_path: Path, oblong: Chest) -> None:
    array, affine = placed(oblong)
    affine[1, 2] = 8.0 * np.tan(np.radians(5))
    nibabel.save(IMAGE(array, affine), tmp_path / "ct.nii")
    volume: Volume = load_nifti(tmp_path / "ct.nii")
    assert [w.detail for w in volume.warnings if w.code == "gantry_tilt"] == ["the slices lean by 5.0 degrees"]
