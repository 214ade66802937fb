"""The encoded pixel bytes of an instance: are they all there, and which ones are they?"""

import hashlib
from array import array

from pydicom.dataset import Dataset
from pydicom.encaps import parse_fragments
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from patients.intake import values

NATIVE = frozenset(
    (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)
)
ENCAPSULATED = frozenset(
    (
        JPEGBaseline8Bit,
        JPEGExtended12Bit,
        JPEGLossless,
        JPEGLosslessSV1,
        JPEGLSLossless,
        JPEGLSNearLossless,
        JPEG2000Lossless,
        JPEG2000,
        HTJ2KLossless,
        HTJ2KLosslessRPCL,
        HTJ2K,
        RLELossless,
    )
)
PIXEL_TAG = b"\xe0\x7f\x10\x00"
PIXEL_TAG_BIG_ENDIAN = b"\x7f\xe0\x00\x10"
ITEM_HEAD = 8


class PixelError(Exception):
    """The pixel data cannot be what the header says; carries a refusal code and a detail."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def digest(dataset: Dataset, syntax: str, data: bytes) -> str:
    """SHA-256 (hex) of the encoded pixel bytes, without padding and in little endian.

    So the same image sent as implicit, explicit, deflated or big endian has one digest. ``data`` is
    the file, looked at only to tell cut-off pixel data from pixel data that never were there.

    Raises:
        PixelError: no pixel data, fewer than the header promises, or a form nobody here can decode.
    """
    if syntax not in NATIVE | ENCAPSULATED:
        raise PixelError("transfer_syntax", f"encoded as {UID(syntax).name}, which is not supported")
    pixels = values.raw(dataset, "PixelData")
    if not isinstance(pixels, bytes) or not pixels:
        raise _absent(data)
    if syntax in ENCAPSULATED:
        _check_fragments(dataset, pixels)
        return hashlib.sha256(pixels).hexdigest()
    expected = _expected_bytes(dataset)
    if len(pixels) < expected:
        raise PixelError("truncated", f"cut off: {len(pixels)} of {expected} bytes of pixel data")
    native = pixels[:expected]
    if syntax == ExplicitVRBigEndian and values.whole(dataset, "BitsAllocated") == 16:
        native = _swapped(native)
    return hashlib.sha256(native).hexdigest()


def _absent(data: bytes) -> PixelError:
    if PIXEL_TAG in data or PIXEL_TAG_BIG_ENDIAN in data:
        return PixelError("truncated", "cut off inside the pixel data")
    return PixelError("no_pixels", "no pixel data: a header only, or cut off before them")


def _expected_bytes(dataset: Dataset) -> int:
    """Bytes of all frames of uncompressed pixel data (PS3.5 8.1.1)."""
    rows, columns, bits = (values.whole(dataset, k) or 0 for k in ("Rows", "Columns", "BitsAllocated"))
    samples = values.whole(dataset, "SamplesPerPixel") or 1
    frames = values.whole(dataset, "NumberOfFrames") or 1
    if min(rows, columns, bits, samples, frames) <= 0:
        raise PixelError("damaged", "the header does not say how large the image is (rows, columns, bits)")
    return (rows * columns * samples * frames * bits + 7) // 8


def _check_fragments(dataset: Dataset, pixels: bytes) -> None:
    """Every fragment whole, and at least one for each frame."""
    try:
        count, offsets = parse_fragments(pixels)
    except ValueError as error:
        raise PixelError("truncated", "cut off inside the compressed pixel data") from error
    frames = values.whole(dataset, "NumberOfFrames") or 1
    # The first item is the offset table, not a fragment.
    if count - 1 < frames:
        raise PixelError("truncated", f"cut off: {max(count - 1, 0)} of {frames} compressed frames")
    last = offsets[-1]
    if last + ITEM_HEAD + int.from_bytes(pixels[last + 4 : last + ITEM_HEAD], "little") > len(pixels):
        raise PixelError("truncated", "cut off inside the last compressed frame")


def _swapped(pixels: bytes) -> bytes:
    """16-bit words in the other byte order; a bare last byte is kept."""
    even = len(pixels) // 2 * 2
    swapped = array("H", pixels[:even])
    swapped.byteswap()
    return swapped.tobytes() + pixels[even:]
