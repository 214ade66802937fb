"""Series on disk with one thing changed, for tests of the reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gdcm
import nibabel
import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedCTImageStorage, ExplicitVRLittleEndian, generate_uid

from tests.phantom import Chest, chest, instance

Change = Callable[[Dataset, int], None]
STUDY, SERIES = generate_uid(entropy_srcs=["engine study"]), generate_uid(entropy_srcs=["engine series"])


def datasets(body: Chest) -> list[Dataset]:
    """One data set a slice, feet first."""
    common = {"PatientID": "E", "StudyInstanceUID": STUDY, "SeriesInstanceUID": SERIES}
    found = [instance(body, index, common) for index in range(body.hu.shape[0])]
    for index, ds in enumerate(found):
        ds.SOPInstanceUID = generate_uid(entropy_srcs=["engine", str(index)])
    return found


def tiny(side: int) -> Chest:
    """Three slices for tests that look at one file only."""
    return chest(slices=3, size=side, spacing_z_mm=8.0, vessels=0)


def save(ds: Dataset, path: Path) -> Path:
    """Write with a fitting file meta header, explicit little endian."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.save_as(path, enforce_file_format=True)
    return path


def write(folder: Path, body: Chest, change: Change | None = None) -> list[Path]:
    """All slices of `body`, each passed through `change(data set, index)` first."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index, ds in enumerate(datasets(body)):
        if change:
            change(ds, index)
        paths.append(save(ds, folder / f"{index:04d}.dcm"))
    return paths


def compress(path: Path, syntax: str) -> None:
    """Rewrite a file in a transfer syntax that gdcm knows by name."""
    reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
    reader.SetFileName(str(path))
    assert reader.Read()
    change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, syntax)))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    writer.SetFileName(str(path))
    assert writer.Write()


def stored(ds: Dataset) -> Any:
    """The stored values of a 16-bit data set, (rows, columns)."""
    kind = "<i2" if ds.PixelRepresentation else "<u2"
    return np.frombuffer(ds.PixelData, kind).reshape(ds.Rows, ds.Columns)


def store(ds: Dataset, values: Any) -> None:
    """Put stored values back."""
    ds.PixelData = np.ascontiguousarray(values, "<i2" if ds.PixelRepresentation else "<u2").tobytes()


def turn(ds: Dataset, *, rows: bool = False, columns: bool = False) -> None:
    """The same anatomy stored from the other end of its rows or columns, geometry included."""
    values, row, column = stored(ds), list(ds.ImageOrientationPatient[:3]), list(ds.ImageOrientationPatient[3:])
    place = np.array(ds.ImagePositionPatient, float)
    if rows:
        values = values[::-1]
        place += np.array(column, float) * ds.PixelSpacing[0] * (ds.Rows - 1)
        column = [-v for v in column]
    if columns:
        values = values[:, ::-1]
        place += np.array(row, float) * ds.PixelSpacing[1] * (ds.Columns - 1)
        row = [-v for v in row]
    store(ds, values)
    ds.ImageOrientationPatient, ds.ImagePositionPatient = [*row, *column], list(place)


def enhanced(body: Chest) -> Dataset:
    """The slices as one multi-frame instance, its frames out of order, intercepts differing by frame."""
    ordered = datasets(body)
    ordered = ordered[1::2] + ordered[::2]
    ds = Dataset()
    for element in ordered[0]:
        if element.keyword not in PER_FRAME:
            ds[element.tag] = element
    ds.SOPClassUID, ds.NumberOfFrames = EnhancedCTImageStorage, len(ordered)
    ds.SharedFunctionalGroupsSequence = Sequence([_shared(ordered[0])])
    ds.PerFrameFunctionalGroupsSequence = Sequence([_frame(one, 10 * (n % 3)) for n, one in enumerate(ordered)])
    ds.PixelData = b"".join((stored(one) + 10 * (n % 3)).astype("<u2").tobytes() for n, one in enumerate(ordered))
    return ds


PER_FRAME = frozenset(
    ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "RescaleSlope",
     "RescaleIntercept", "RescaleType", "PixelData", "SliceLocation")
)  # fmt: skip


def _item(**values: Any) -> Sequence:
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return Sequence([item])


def _shared(ds: Dataset) -> Dataset:
    group = Dataset()
    group.PixelMeasuresSequence = _item(PixelSpacing=ds.PixelSpacing, SliceThickness=ds.SliceThickness)
    group.PlaneOrientationSequence = _item(ImageOrientationPatient=ds.ImageOrientationPatient)
    return group


def _frame(ds: Dataset, lower: int) -> Dataset:
    group = Dataset()
    group.PlanePositionSequence = _item(ImagePositionPatient=ds.ImagePositionPatient)
    group.PixelValueTransformationSequence = _item(RescaleSlope=1, RescaleIntercept=-1024 - lower, RescaleType="HU")
    return group


def nifti(path: Path, hu: Any, affine: Any) -> Path:
    """An array (i, j, k) of HU as NIfTI."""
    image: Any = nibabel.Nifti1Image
    nibabel.save(image(np.asarray(hu, np.int16), affine), path)
    return path
