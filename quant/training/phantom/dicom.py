"""A phantom as one DICOM CT series, its truth in a file beside the folder."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from quant.training.phantom.model import Phantom

MANUFACTURER, MODEL = "ILD Portal phantom", "Chest 1"
SYNTHETIC = "Synthetic phantom, no person"
# Names as one maker gives them; the intake grades them soft, medium and sharp.
KERNELS = {"soft": "SOFT", "medium": "STANDARD", "sharp": "LUNG"}
INTERCEPT = -1024
LITTLE_ENDIAN_UINT16 = "<u2"


def write_dicom(
    phantom: Phantom,
    folder: Path,
    *,
    patient_id: str,
    issuer: str = "",
    sex: str | None = None,
    birth_date: date | str,
    study_date: date | str,
    study_uid: str | None = None,
    series_uid: str | None = None,
    accession_number: str = "",
    series_number: int = 2,
) -> list[Path]:
    """Write one file a slice, feet first, into `folder`, and `truth.json` beside the folder as `<folder>-truth.json`.

    Dates are `date` or YYYYMMDD. UIDs not given follow from the patient, the date and the phantom: the same call
    writes the same series. Returns the paths of the slices.
    """
    study = study_uid or generate_uid(entropy_srcs=["study", patient_id, issuer, _day(study_date)])
    series = series_uid or generate_uid(entropy_srcs=["series", study, *map(repr, _recipe(phantom))])
    common = _common(phantom, study, series)
    common.PatientID, common.PatientName = patient_id, f"Phantom^{patient_id}"
    if issuer:
        common.IssuerOfPatientID = issuer
    common.PatientSex, common.PatientBirthDate = sex or phantom.subject.sex, _day(birth_date)
    common.PatientAge = f"{_age(_day(birth_date), _day(study_date)):03d}Y"
    for keyword in ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"):
        setattr(common, keyword, _day(study_date))
    common.AccessionNumber, common.SeriesNumber = accession_number, series_number
    folder.mkdir(parents=True, exist_ok=True)
    paths = [_write_slice(phantom, common, index, folder) for index in range(len(phantom.hu))]
    write_truth(phantom, truth_path(folder), series_uid=series)
    return paths


def truth_path(folder: Path) -> Path:
    """Where the truth of the series in `folder` lies: beside it, so that no DICOM reader meets it."""
    return folder.with_name(f"{folder.name}-truth.json")


def write_truth(phantom: Phantom, path: Path, *, series_uid: str | None = None) -> None:
    """The recipe and the truth as JSON."""
    subject, scan, disease = (vars(part) for part in _recipe(phantom))
    told = {"series_uid": series_uid, "subject": subject, "scan": scan, "disease": disease, "truth": phantom.truth}
    path.write_text(json.dumps(told, indent=1) + "\n")


def _recipe(phantom: Phantom) -> tuple[object, object, object]:
    return phantom.subject, phantom.scan, phantom.disease


def _common(phantom: Phantom, study: str, series: str) -> Dataset:
    """What all slices share."""
    dx, dy, dz = phantom.spacing_mm
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.SOPClassUID = CTImageStorage
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = "120000"
    ds.Modality, ds.Manufacturer, ds.ManufacturerModelName = "CT", MANUFACTURER, MODEL
    ds.ReferringPhysicianName, ds.StudyID, ds.AcquisitionNumber = "", "1", 1
    ds.StudyDescription, ds.BodyPartExamined = "Synthetic chest CT", "CHEST"
    ds.SeriesDescription = f"Synthetic phantom {dz:g} mm {phantom.scan.kernel}"
    ds.ImageComments, ds.PatientComments = SYNTHETIC, SYNTHETIC
    ds.SoftwareVersions, ds.BurnedInAnnotation = "1", "NO"
    ds.KVP, ds.ConvolutionKernel = 120, KERNELS[phantom.scan.kernel]
    ds.SliceThickness, ds.SpacingBetweenSlices = _short(dz), _short(dz)
    ds.GantryDetectorTilt, ds.TableHeight, ds.RotationDirection = 0, 0, "CW"
    ds.ExposureTime, ds.XRayTubeCurrent, ds.FilterType = 500, 200, "BODY FILTER"
    ds.DataCollectionDiameter = ds.ReconstructionDiameter = _short(dx * phantom.hu.shape[2])
    ds.PatientPosition, ds.StudyInstanceUID, ds.SeriesInstanceUID = "HFS", study, series
    ds.FrameOfReferenceUID = generate_uid(entropy_srcs=["frame", study])
    ds.PositionReferenceIndicator, ds.ImageOrientationPatient = "", [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing = [_short(dy), _short(dx)]
    _pixel_format(ds, *phantom.hu.shape[1:])
    return ds


def _pixel_format(ds: Dataset, rows: int, columns: int) -> None:
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = rows, columns
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = INTERCEPT, 1, "HU"
    ds.WindowCenter, ds.WindowWidth = -600, 1500


def _write_slice(phantom: Phantom, common: Dataset, index: int, folder: Path) -> Path:
    ds = Dataset(common)
    ds.SOPInstanceUID = generate_uid(entropy_srcs=[common.SeriesInstanceUID, str(index)])
    ds.InstanceNumber = index + 1
    x, y, z = phantom.origin_mm
    height = z + index * phantom.spacing_mm[2]
    ds.ImagePositionPatient, ds.SliceLocation = [_short(x), _short(y), _short(height)], _short(height)
    stored = np.clip(phantom.hu[index].astype(np.int32) - INTERCEPT, 0, 4095)
    ds.PixelData = stored.astype(LITTLE_ENDIAN_UINT16).tobytes()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    path = folder / f"IM{index + 1:04d}.dcm"
    ds.save_as(path, enforce_file_format=True)
    return path


def _day(when: date | str) -> str:
    return when if isinstance(when, str) else when.strftime("%Y%m%d")


def _age(birth: str, study: str) -> int:
    years = int(study[:4]) - int(birth[:4]) - (study[4:] < birth[4:])
    return min(max(years, 0), 999)


def _short(value: float) -> str:
    """A decimal string of at most 16 characters."""
    return f"{value:.6g}"
