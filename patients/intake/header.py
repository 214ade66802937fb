"""What one DICOM instance says about itself, without its pixels.

No Django here. Sources: DICOM PS3.3 (CT Image, Enhanced CT Image), PS3.5, PS3.10.
"""

import datetime as dt
import hashlib
import logging
import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from patients.intake import filekind, frames, pixels, values
from patients.intake.values import Vector

MAX_FILE_BYTES = 2**31

# pydicom also logs every odd value that it warns about; files from outside are full of them.
logging.getLogger("pydicom").setLevel(logging.CRITICAL)


class Refused(Exception):
    """A file that cannot be used: ``path`` (or what to call it), a code of docs/intake.md, a detail."""

    def __init__(self, path: Path | str, code: str, detail: str) -> None:
        super().__init__(f"{path}: {detail} ({code})")
        self.path = path
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceHeader:
    """One instance. Lengths in mm, patient coordinates (LPS), text "" and numbers None when absent.

    ``name`` is what messages call the file (``archive.zip!entry`` for an unpacked one). ``planes`` holds
    (position, orientation) of each frame; ``position`` and ``orientation`` are those of the first.
    ``pixel_digest`` and ``checksum`` are SHA-256 in hex: of the encoded pixel bytes, of the whole file.
    """

    path: Path
    name: str
    checksum: str
    pixel_digest: str
    transfer_syntax: str
    sop_uid: str
    sop_class: str
    series_uid: str
    study_uid: str
    patient_id: str
    issuer: str
    family_name: str
    given_name: str
    birth_date: dt.date | None
    sex: str
    accession: str
    study_date: dt.date | None
    study_time: dt.time | None
    study_description: str
    series_number: int | None
    series_description: str
    instance_number: int | None
    modality: str
    image_type: tuple[str, ...]
    body_part: str
    protocol: str
    kernel: str
    slice_thickness: float | None
    spacing_between: float | None
    rows: int
    columns: int
    pixel_spacing: Vector | None
    planes: tuple[frames.Plane, ...]
    frames: int
    gantry_tilt: float | None
    rescale_slope: float | None
    rescale_intercept: float | None
    rescale_type: str
    bits_allocated: int
    bits_stored: int
    samples: int
    kvp: float | None
    manufacturer: str
    model: str
    contrast_agent: str | None
    patient_position: str

    @property
    def position(self) -> Vector | None:
        """Image Position (Patient) of the first frame."""
        return self.planes[0].position

    @property
    def orientation(self) -> Vector | None:
        """Image Orientation (Patient) of the first frame: six direction cosines."""
        return self.planes[0].orientation

    @property
    def has_rescale(self) -> bool:
        """Slope and intercept are given, so that stored values can become HU."""
        return self.rescale_slope is not None and self.rescale_intercept is not None


def read_header(path: Path, name: str | None = None) -> InstanceHeader:
    """Read one file, with or without preamble, in any transfer syntax and character set.

    Raises:
        Refused: unreadable, not DICOM, damaged, cut off, without UIDs, or not an image.
    """
    title = name or str(path)
    data = _read(path, title)
    with warnings.catch_warnings():
        # pydicom warns about every odd value; here an odd value is None or "".
        warnings.simplefilter("ignore")
        dataset, syntax = _parse(data, title)
        try:
            return _header(path, title, data, dataset, syntax)
        except pixels.PixelError as fault:
            raise Refused(title, fault.code, fault.detail) from fault


def _read(path: Path, title: str) -> bytes:
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_FILE_BYTES else None
    except OSError as error:
        raise Refused(title, "unreadable", f"cannot be read: {error.strerror}") from error
    if data is None:
        raise Refused(title, "too_large", f"{size / 2**30:.1f} GiB; one file may hold 2 GiB")
    if not data:
        raise Refused(title, "empty", "the file is empty")
    return data


def _parse(data: bytes, title: str) -> tuple[Dataset, str]:
    """The data set and its transfer syntax UID."""
    try:
        filekind.check_inflated_size(data)
        dataset = dcmread(BytesIO(data), force=not filekind.has_preamble(data))
    except InvalidDicomError as error:
        raise Refused(title, "not_dicom", filekind.describe(data)) from error
    except filekind.InflationError as error:
        raise Refused(title, "too_large", str(error)) from error
    except Exception as error:
        # A damaged file can fail anywhere in the parser (struct, zlib, recursion, memory, ...).
        raise _unparsable(data, title, error) from error
    if not filekind.has_preamble(data) and not values.uid(dataset, "SOPClassUID"):
        raise Refused(title, "not_dicom", filekind.describe(data))
    return dataset, _syntax(dataset)


def _unparsable(data: bytes, title: str, error: Exception) -> Refused:
    if not filekind.has_preamble(data):
        return Refused(title, "not_dicom", filekind.describe(data))
    reason = values.clean(error) or type(error).__name__
    return Refused(title, "damaged", f"the DICOM header cannot be read: {reason}")


def _syntax(dataset: Dataset) -> str:
    """The transfer syntax, worked out from the encoding found where the file does not name it."""
    named = values.uid(getattr(dataset, "file_meta", Dataset()), "TransferSyntaxUID")
    if named:
        return named
    implicit, little = dataset.original_encoding
    if implicit:
        return str(ImplicitVRLittleEndian)
    return str(ExplicitVRLittleEndian if little else ExplicitVRBigEndian)


def _header(path: Path, title: str, data: bytes, dataset: Dataset, syntax: str) -> InstanceHeader:
    kind = filekind.not_an_image(dataset)
    if kind:
        raise Refused(title, *kind)
    if not len(dataset):
        # pydicom gives back nothing at all when an element runs past the end of the file.
        raise Refused(title, "truncated", "cut off: an element runs past the end of the file")
    uids = {k: values.uid(dataset, k) for k in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")}
    missing = [keyword for keyword, uid in uids.items() if not uid]
    if missing:
        raise Refused(title, "no_uid", f"no valid {' and '.join(missing)}")
    shown = frames.read(dataset)
    return InstanceHeader(
        path=path,
        name=title,
        checksum=hashlib.sha256(data).hexdigest(),
        pixel_digest=pixels.digest(dataset, syntax, data),
        transfer_syntax=syntax,
        sop_uid=uids["SOPInstanceUID"],
        sop_class=values.uid(dataset, "SOPClassUID"),
        series_uid=uids["SeriesInstanceUID"],
        study_uid=uids["StudyInstanceUID"],
        patient_id=values.text(dataset, "PatientID"),
        issuer=_issuer(dataset),
        family_name=values.name(dataset, "PatientName", "family_name"),
        given_name=values.name(dataset, "PatientName", "given_name"),
        birth_date=values.date(dataset, "PatientBirthDate"),
        sex=values.text(dataset, "PatientSex").upper(),
        accession=values.text(dataset, "AccessionNumber"),
        study_date=values.date(dataset, "StudyDate"),
        study_time=values.time(dataset, "StudyTime"),
        study_description=values.text(dataset, "StudyDescription"),
        series_number=values.whole(dataset, "SeriesNumber"),
        series_description=values.text(dataset, "SeriesDescription"),
        instance_number=values.whole(dataset, "InstanceNumber"),
        modality=values.text(dataset, "Modality").upper(),
        image_type=values.words(dataset, "ImageType"),
        body_part=values.text(dataset, "BodyPartExamined").upper(),
        protocol=values.text(dataset, "ProtocolName"),
        kernel=shown.kernel,
        slice_thickness=shown.slice_thickness,
        spacing_between=shown.spacing_between,
        rows=values.whole(dataset, "Rows") or 0,
        columns=values.whole(dataset, "Columns") or 0,
        pixel_spacing=shown.pixel_spacing,
        planes=shown.planes,
        frames=len(shown.planes),
        gantry_tilt=values.number(dataset, "GantryDetectorTilt"),
        rescale_slope=shown.rescale_slope,
        rescale_intercept=shown.rescale_intercept,
        rescale_type=shown.rescale_type,
        bits_allocated=values.whole(dataset, "BitsAllocated") or 0,
        bits_stored=values.whole(dataset, "BitsStored") or 0,
        samples=values.whole(dataset, "SamplesPerPixel") or 1,
        kvp=shown.kvp,
        manufacturer=values.text(dataset, "Manufacturer"),
        model=values.text(dataset, "ManufacturerModelName"),
        contrast_agent=_contrast_agent(dataset),
        patient_position=values.text(dataset, "PatientPosition").upper(),
    )


def _issuer(dataset: Dataset) -> str:
    """Issuer of Patient ID, else the universal ID of its qualifiers."""
    qualifiers = values.sub(dataset, "IssuerOfPatientIDQualifiersSequence")
    return values.text(dataset, "IssuerOfPatientID") or (
        values.text(qualifiers, "UniversalEntityID") if qualifiers is not None else ""
    )


def _contrast_agent(dataset: Dataset) -> str | None:
    """The agent as written; "" when the element is there but empty, None when nothing is said."""
    item = values.sub(dataset, "ContrastBolusAgentSequence")
    if item is not None:
        return values.text(item, "CodeMeaning") or values.text(item, "CodeValue") or "agent not named"
    return values.text(dataset, "ContrastBolusAgent") if "ContrastBolusAgent" in dataset else None
