"""Decoders for what pydicom alone cannot decode here: high-throughput JPEG 2000, and JPEG of 12 bits.

pydicom asks a plugin module for `is_available` and `DECODER_DEPENDENCIES`, and a function of it for frames.
OpenJPEG and GDCM do the work; pydicom leaves JPEG of 12 bits to no one, though GDCM reads it.
"""

from typing import Any

import gdcm
from openjpeg.utils import decode_pixel_data
from pydicom.pixels.decoders.base import DecodeRunner, get_decoder
from pydicom.uid import HTJ2K, HTJ2KLossless, HTJ2KLosslessRPCL, JPEGExtended12Bit

LABEL = "ildportal"
HIGH_THROUGHPUT = (HTJ2KLossless, HTJ2KLosslessRPCL, HTJ2K)
DECODER_DEPENDENCIES = {
    **dict.fromkeys(HIGH_THROUGHPUT, ("pylibjpeg-openjpeg",)),
    JPEGExtended12Bit: ("python-gdcm",),
}
JPEG_BITS = 12
# GDCM's and OpenJPEG's classes carry no annotations.
GDCM: Any = gdcm
OPENJPEG: Any = decode_pixel_data


def is_available(uid: str) -> bool:
    """Whether this module decodes the transfer syntax."""
    return uid in DECODER_DEPENDENCIES


def register() -> None:
    """Tell pydicom; a second call changes nothing."""
    for uid in DECODER_DEPENDENCIES:
        decoder: Any = get_decoder(uid)
        if LABEL not in decoder.available_plugins:
            decoder.add_plugin(LABEL, (__name__, "decode_frame"))


def decode_frame(source: bytes, runner: DecodeRunner) -> bytearray | bytes:
    """The samples of one encoded frame, little endian.

    Raises:
        ValueError: the bytes are not what the transfer syntax says.
        RuntimeError: OpenJPEG cannot decode them.
    """
    if runner.transfer_syntax == JPEGExtended12Bit:
        return _jpeg_12_bit(source, runner)
    frame: bytearray = OPENJPEG(source, version=2)
    # OpenJPEG's samples are as wide as the codestream's precision asks.
    precision = runner.get_option("j2k_precision", runner.bits_stored)
    runner.set_option("bits_allocated", 8 if precision <= 8 else 16 if precision <= 16 else 32)
    return frame


def _jpeg_12_bit(source: bytes, runner: DecodeRunner) -> bytes:
    if runner.bits_allocated != 16 or runner.samples_per_pixel != 1:
        raise ValueError("JPEG Extended of more than 8 bits must have one sample of 16 allocated bits")
    fragment = GDCM.Fragment()
    fragment.SetByteStringValue(source)
    fragments = GDCM.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = GDCM.DataElement(GDCM.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = GDCM.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((runner.columns, runner.rows, 1))
    image.SetDataElement(element)
    mono = GDCM.PhotometricInterpretation(GDCM.PhotometricInterpretation.MONOCHROME2)
    image.SetPhotometricInterpretation(mono)
    image.SetTransferSyntax(GDCM.TransferSyntax(GDCM.TransferSyntax.JPEGExtendedProcess2_4))
    # A lossy encoder holds what it is given as plain 12 bits, whatever the sign in the header.
    image.SetPixelFormat(GDCM.PixelFormat(1, 16, JPEG_BITS, JPEG_BITS - 1, 0))
    # GDCM hands bytes back as text.
    frame: bytes = image.GetBuffer().encode("utf-8", "surrogateescape")
    if len(frame) != 2 * runner.rows * runner.columns:
        raise ValueError("the JPEG is not of the size that the header says")
    return frame
