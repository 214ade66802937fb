"""What a file is, by its first bytes and its SOP class. No Django here."""

import zlib

from pydicom.dataset import Dataset
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, MediaStorageDirectoryStorage

from patients.intake import values

MAX_INFLATED_BYTES = 2**31
PREAMBLE = 128
META_LENGTH = slice(PREAMBLE + 4, PREAMBLE + 12)
META_START = PREAMBLE + 16
ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
STARTS = (
    (b"<?xml", "an XML file"),
    (b"\xef\xbb\xbf<?xml", "an XML file"),
    (b"%PDF", "a PDF file"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x1f\x8b", "a gzip file: unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"{", "a JSON or text file"),
)


class InflationError(Exception):
    """Deflated data that would fill the memory."""


def has_preamble(data: bytes) -> bool:
    """The 128 bytes and the letters DICM of PS3.10 are there."""
    return data[PREAMBLE : PREAMBLE + 4] == b"DICM"


def is_zip(start: bytes) -> bool:
    """The first bytes are those of a zip archive."""
    return start.startswith(ZIP_STARTS)


def describe(data: bytes) -> str:
    """Why a file is not DICOM, naming what it is where its first bytes tell."""
    for start, words in STARTS:
        if data.startswith(start):
            return f"not DICOM: {words}"
    return "not DICOM"


def check_inflated_size(data: bytes) -> None:
    """Stop a small deflated file that would unpack to gigabytes (pydicom inflates without a limit).

    Raises:
        InflationError: more than 2 GiB.
        zlib.error: the deflated data are damaged.
    """
    head = data[: PREAMBLE + 1024]
    if not has_preamble(data) or DeflatedExplicitVRLittleEndian.encode() not in head:
        return
    is_group_length = data[META_LENGTH] == b"\x02\x00\x00\x00UL\x04\x00"
    if not is_group_length:
        raise InflationError("deflated, and the file does not say where its data begin")
    start = META_START + int.from_bytes(data[META_START - 4 : META_START], "little")
    stream, left, total = zlib.decompressobj(-zlib.MAX_WBITS), data[start:], 0
    while left and not stream.eof:
        total += len(stream.decompress(left, 2**24))
        left = stream.unconsumed_tail
        if total > MAX_INFLATED_BYTES:
            raise InflationError("deflated data of more than 2 GiB")


def not_an_image(dataset: Dataset) -> tuple[str, str] | None:
    """(code, detail) for DICOM objects that hold no CT image: directories, reports, other modalities."""
    sop_class = values.uid(dataset, "SOPClassUID") or values.uid(
        getattr(dataset, "file_meta", Dataset()), "MediaStorageSOPClassUID"
    )
    name = UID(sop_class).name if sop_class else "an object without SOP class"
    if sop_class == MediaStorageDirectoryStorage or "DirectoryRecordSequence" in dataset:
        return "dicomdir", "a DICOMDIR: a table of contents, no image"
    if "Dose SR" in name:
        return "dose_report", "a radiation dose report, no image"
    if "Secondary Capture" in name:
        return "secondary_capture", "a secondary capture (screenshot), not a measured image"
    if not name.startswith(("CT Image", "Enhanced CT Image", "Legacy Converted Enhanced CT")):
        return "not_ct", f"{name}, not a CT image"
    return _not_a_slice(dataset)


def _not_a_slice(dataset: Dataset) -> tuple[str, str] | None:
    """CT images that are no slice of the patient."""
    modality = values.text(dataset, "Modality").upper()
    if modality not in ("CT", ""):
        return "not_ct", f"modality {modality}, not CT"
    if {"LOCALIZER", "SCOUT", "TOPOGRAM"} & set(values.words(dataset, "ImageType")):
        return "localizer", "a localizer (scout), not a slice"
    if values.words(dataset, "ImageType")[2:3] in (("DOSE",), ("DOSE_INFO",)):
        return "dose_report", "a dose page, not a slice"
    return None
