"""Every transfer syntax that an archive sends: the same numbers, or refused in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from quant.engine.errors import UnusableInput
from quant.engine.slices import read_slices
from tests.engine import encoded, files

BODY = files.tiny(48)
KEEP_ALL = (
    "ImplicitVRLittleEndian", "ExplicitVRBigEndian", "DeflatedExplicitVRLittleEndian", "RLELossless",
    "JPEGLosslessProcess14", "JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEGLSNearLossless", "JPEG2000Lossless",
    "JPEG2000",
)  # fmt: skip


@pytest.mark.parametrize("syntax", KEEP_ALL)
@pytest.mark.parametrize(("bits", "signed"), [(16, False), (16, True), (12, False), (12, True)])
def test_the_same_numbers_in_every_encoding(tmp_path: Path, syntax: str, bits: int, signed: bool) -> None:
    ds = files.datasets(BODY)[1]
    ds.BitsStored, ds.HighBit, ds.PixelRepresentation = bits, bits - 1, int(signed)
    ds.RescaleIntercept = 0 if signed else -1024
    files.store(ds, BODY.hu[1].astype(int) + (0 if signed else 1024))
    path = files.save(ds, tmp_path / "a.dcm")
    files.compress(path, syntax)
    assert np.array_equal(read_slices([path])[0].hu, BODY.hu[1])


@pytest.mark.parametrize(
    ("frame", "syntax", "error"),
    [
        ("htj2k_lossless.j2c", "1.2.840.10008.1.2.4.201", 0),
        ("htj2k_lossless.j2c", "1.2.840.10008.1.2.4.202", 0),
        ("htj2k_lossy.j2c", "1.2.840.10008.1.2.4.203", 3),
        ("jpeg_12_bit.jpg", "1.2.840.10008.1.2.4.51", 12),
    ],
)
def test_what_pydicom_leaves_to_others(tmp_path: Path, frame: str, syntax: str, error: int) -> None:
    read = read_slices([encoded.slice_of(frame, syntax, tmp_path)])[0].hu
    assert np.abs(read - (encoded.ramp().astype(int) - 1024)).max() <= error


def test_jpeg_of_8_bits_cannot_hold_hu(tmp_path: Path) -> None:
    ds = files.datasets(BODY)[1]
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8, 8, 7
    ds.PixelData = (files.stored(ds) >> 4).astype("u1").tobytes()
    path = files.save(ds, tmp_path / "a.dcm")
    files.compress(path, "JPEGBaselineProcess1")
    with pytest.raises(UnusableInput, match=r"8 bits.*\(not_hu\)"):
        read_slices([path])


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.90"])
def test_a_frame_that_is_none_ends_in_one_line(tmp_path: Path, syntax: str) -> None:
    path = encoded.slice_of("htj2k_lossless.j2c", syntax, tmp_path)
    path.write_bytes(path.read_bytes().replace(b"\xff\x4f\xff\x51", b"\xff\x4f\x00\x00"))
    with pytest.raises(UnusableInput) as caught:
        read_slices([path])
    assert caught.value.code == "unreadable"
    assert "\n" not in str(caught.value)


def test_unused_bits_say_nothing(tmp_path: Path) -> None:
    """Overlays once lived in the high bits, and scanners leave them as they fall."""
    ds = files.datasets(BODY)[1]
    ds.BitsStored, ds.HighBit = 12, 11
    files.store(ds, files.stored(ds).astype(int) + 0x3000)
    assert np.array_equal(read_slices([files.save(ds, tmp_path / "a.dcm")])[0].hu, BODY.hu[1])


def left_justified(ds: Dataset) -> None:
    ds.BitsStored, ds.HighBit = 12, 15


def huge(ds: Dataset) -> None:
    ds.Rows = ds.Columns = 40000


def too_steep(ds: Dataset) -> None:
    ds.RescaleSlope = 1e300


@pytest.mark.parametrize(("change", "code"), [(left_justified, "not_hu"), (huge, "too_large"), (too_steep, "not_hu")])
def test_headers_that_lie(tmp_path: Path, change: object, code: str) -> None:
    ds = files.datasets(BODY)[1]
    assert callable(change)
    change(ds)
    with pytest.raises(UnusableInput) as caught:
        read_slices([files.save(ds, tmp_path / "a.dcm")])
    assert caught.value.code == code
