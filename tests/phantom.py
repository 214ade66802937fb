"""A synthetic chest: body, two lungs, airway, vessels and, where asked, disease of known extent.

Geometry is in millimetres, axes (z up, y to the back, x to the patient's left), origin at the centre.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

Field = npt.NDArray[np.float32]
Point = tuple[float, float, float]

AIR, LUNG, TISSUE, VESSEL = -1000.0, -850.0, 40.0, 45.0
FIELD_OF_VIEW_MM = 360.0
LUNG_CENTRE_X, LUNG_RADIUS_X, LUNG_RADIUS_Y = 77.0, 56.0, 76.0
MARGIN_Z = 14.0


@dataclass(frozen=True)
class Lesion:
    """An ellipsoid of one density: centre and radii (z, y, x) in mm, HU."""

    centre: Point
    radii: Point
    hu: float


@dataclass(frozen=True)
class Chest:
    """`hu` int16 (z, y, x), index 0 at the feet; voxel size (z, y, x) in mm; `lung_radii` (z, y, x) in mm."""

    hu: npt.NDArray[np.int16]
    voxel_mm: Point
    lung_radii: Point

    def inside(self, centre: Point, radii: Point) -> npt.NDArray[np.bool_]:
        """The voxels whose centre lies within an ellipsoid."""
        return _norm(_grid(self.hu.shape, self.voxel_mm), centre, radii) <= 1.0

    def lung(self, side: str) -> npt.NDArray[np.bool_]:
        """The ellipsoid of the `right` or `left` lung, bronchi and vessels included."""
        x = -LUNG_CENTRE_X if side == "right" else LUNG_CENTRE_X
        return self.inside((0.0, 0.0, x), self.lung_radii)


def chest(
    *,
    slices: int = 80,
    size: int = 128,
    spacing_z_mm: float = 2.5,
    seed: int = 0,
    lesions: Sequence[Lesion] = (),
    noise_hu: float = 15.0,
    vessels: int = 40,
) -> Chest:
    """The chest on a grid of `slices` x `size` x `size`; its lungs fill the height less a margin."""
    pixel = FIELD_OF_VIEW_MM / size
    voxel = (spacing_z_mm, pixel, pixel)
    grid = _grid((slices, size, size), voxel)
    half = slices * spacing_z_mm / 2
    radii = (half - MARGIN_Z, LUNG_RADIUS_Y, LUNG_RADIUS_X)
    random = np.random.default_rng(seed)
    hu = np.full((slices, size, size), AIR, np.float32)
    _mix(hu, _ellipsoid(grid, (0, 0, 0), (1e4, 112.0, 166.0), pixel), TISSUE)
    for side in (-1.0, 1.0):
        lung = _ellipsoid(grid, (0, 0, side * LUNG_CENTRE_X), radii, pixel)
        _mix(hu, lung, LUNG)
        _draw_vessels(hu, grid, lung, side, radii, vessels, random)
    for lesion in lesions:
        _mix(hu, _ellipsoid(grid, lesion.centre, lesion.radii, pixel), lesion.hu)
    _draw_airway(hu, grid, half, pixel)
    hu += random.normal(0.0, noise_hu, hu.shape).astype(np.float32)
    return Chest(np.clip(np.rint(hu), -1024, 3000).astype(np.int16), voxel, radii)


def _grid(shape: tuple[int, ...], voxel: Point) -> tuple[Field, Field, Field]:
    axes = [((np.arange(n) - (n - 1) / 2) * mm).astype(np.float32) for n, mm in zip(shape, voxel, strict=True)]
    z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
    return z, y, x


def _norm(grid: tuple[Field, Field, Field], centre: Point, radii: Point) -> Field:
    terms = [((axis - c) / r) ** 2 for axis, c, r in zip(grid, centre, radii, strict=True)]
    norm: Field = np.sqrt(terms[0] + terms[1] + terms[2]).astype(np.float32)
    return norm


def _ellipsoid(grid: tuple[Field, Field, Field], centre: Point, radii: Point, blur_mm: float) -> Field:
    norm = _norm(grid, centre, radii)
    terms = [((axis - c) / r**2) ** 2 for axis, c, r in zip(grid, centre, radii, strict=True)]
    slope = np.sqrt(terms[0] + terms[1] + terms[2]) / np.maximum(norm, 1e-6)
    share: Field = np.clip(0.5 - (norm - 1.0) / np.maximum(slope, 1e-6) / blur_mm, 0.0, 1.0)
    return share


def _tube(grid: tuple[Field, Field, Field], a: Point, b: Point, radius: float, blur_mm: float) -> Field:
    axis = np.subtract(b, a)
    length2 = float(axis @ axis)
    along = sum(((g - p) * d for g, p, d in zip(grid, a, axis, strict=True)), np.float32(0)) / length2
    along = np.clip(along, 0.0, 1.0)
    parts = [(g - p - along * d) ** 2 for g, p, d in zip(grid, a, axis, strict=True)]
    distance = np.sqrt(parts[0] + parts[1] + parts[2])
    share: Field = np.clip(0.5 - (distance - radius) / blur_mm, 0.0, 1.0).astype(np.float32)
    return share


def _mix(hu: Field, share: Field, value: float) -> None:
    hu += share * (np.float32(value) - hu)


def _window(
    grid: tuple[Field, Field, Field], a: Point, b: Point, margin: float
) -> tuple[tuple[slice, slice, slice], tuple[Field, Field, Field]]:
    cuts = []
    for axis, p, q in zip(grid, a, b, strict=True):
        values = axis.ravel()
        cuts.append(slice(*np.searchsorted(values, [min(p, q) - margin, max(p, q) + margin])))
    z, y, x = cuts
    return (z, y, x), (grid[0][z], grid[1][:, y], grid[2][:, :, x])


def _draw_vessels(
    hu: Field,
    grid: tuple[Field, Field, Field],
    lung: Field,
    side: float,
    radii: Point,
    count: int,
    random: np.random.Generator,
) -> None:
    pixel = float(grid[2].ravel()[1] - grid[2].ravel()[0])
    hilum = (0.0, 5.0, side * (LUNG_CENTRE_X - LUNG_RADIUS_X + 6.0))
    for radius in random.uniform(1.2, 3.2, count):
        way = random.normal(size=3)
        tip = way / np.linalg.norm(way) * random.uniform(0.55, 0.9) * np.array(radii)
        end = (float(tip[0]), float(tip[1]), float(tip[2]) + side * LUNG_CENTRE_X)
        cut, near = _window(grid, hilum, end, 10.0)
        share = _tube(near, hilum, end, float(radius), pixel) * lung[cut]
        hu[cut] += share * (np.float32(VESSEL) - hu[cut])


def _draw_airway(hu: Field, grid: tuple[Field, Field, Field], half: float, pixel: float) -> None:
    carina: Point = (half * 0.2, 8.0, 0.0)
    tubes = [((half + 20.0, 8.0, 0.0), carina, 8.5)]
    tubes += [(carina, (carina[0] - 26.0, 8.0, side * 30.0), 6.0) for side in (-1.0, 1.0)]
    for (a, b, radius), (extra, value) in [(t, layer) for layer in ((3.5, TISSUE), (0.0, AIR)) for t in tubes]:
        cut, near = _window(grid, a, b, 16.0)
        hu[cut] += _tube(near, a, b, radius + extra, pixel) * (np.float32(value) - hu[cut])


def write_series(
    folder: Path,
    *,
    patient_id: str = "PH-1",
    birth_date: str = "19600101",
    sex: str = "F",
    study_uid: str | None = None,
    series_uid: str | None = None,
    study_date: str = "20240101",
    slices: int = 80,
    size: int = 128,
    seed: int = 0,
    thickness_mm: float = 2.5,
    lesions: Sequence[Lesion] = (),
    **tags: Any,
) -> list[Path]:
    """Write the chest as one CT series into `folder`, one file a slice, feet first.

    `tags` are DICOM keywords set on every instance (`SeriesDescription="..."`), None deletes one.
    UIDs not given follow from the other arguments: the same call writes the same series.
    """
    body = chest(slices=slices, size=size, seed=seed, spacing_z_mm=thickness_mm, lesions=lesions)
    study = study_uid or generate_uid(entropy_srcs=["study", patient_id, study_date])
    shape = [str(slices), str(size), str(seed), str(thickness_mm)]
    told = [*shape, repr(lesions), repr(sorted(tags.items()))]
    series = series_uid or generate_uid(entropy_srcs=["series", study, *told])
    common = {
        "PatientID": patient_id,
        "PatientName": f"Phantom^{patient_id}",
        "PatientBirthDate": birth_date,
        "PatientSex": sex,
        "StudyInstanceUID": study,
        "SeriesInstanceUID": series,
        "FrameOfReferenceUID": generate_uid(entropy_srcs=["frame", study]),
        "StudyDate": study_date,
        "SeriesDate": study_date,
        "AcquisitionDate": study_date,
        **tags,
    }
    folder.mkdir(parents=True, exist_ok=True)
    return [_write_slice(folder, body, index, common) for index in range(slices)]


def instance(body: Chest, index: int, common: dict[str, Any]) -> Dataset:
    """One slice of `body` as a CT Image with the given tags on top of plausible ones."""
    dz, dy, dx = body.voxel_mm
    rows, columns = body.hu.shape[1:]
    ds = Dataset()
    ds.SOPClassUID = CTImageStorage
    ds.Modality, ds.Manufacturer, ds.BodyPartExamined = "CT", "Phantom", "CHEST"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.StudyTime = ds.SeriesTime = "120000"
    ds.StudyID, ds.AccessionNumber, ds.ReferringPhysicianName = "1", "", ""
    ds.SeriesNumber, ds.InstanceNumber = 2, index + 1
    ds.SeriesDescription, ds.ConvolutionKernel, ds.PatientPosition = "Chest 2.5 mm", "STANDARD", "HFS"
    ds.KVP, ds.GantryDetectorTilt = 120, 0
    ds.SliceThickness = dz
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing = [dy, dx]
    z = (index - (body.hu.shape[0] - 1) / 2) * dz
    ds.ImagePositionPatient = [-(columns - 1) / 2 * dx, -(rows - 1) / 2 * dy, z]
    ds.SliceLocation = z
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = rows, columns, 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = -1024, 1, "HU"
    ds.PixelData = (body.hu[index].astype(np.int32) + 1024).astype("<u2").tobytes()
    for keyword, value in common.items():
        if value is not None:
            setattr(ds, keyword, value)
        elif keyword in ds:
            delattr(ds, keyword)
    return ds


def _write_slice(folder: Path, body: Chest, index: int, common: dict[str, Any]) -> Path:
    ds = instance(body, index, common)
    ds.SOPInstanceUID = generate_uid(entropy_srcs=[ds.SeriesInstanceUID, str(index)])
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    path = folder / f"IM{index + 1:04d}.dcm"
    ds.save_as(path, enforce_file_format=True)
    return path
