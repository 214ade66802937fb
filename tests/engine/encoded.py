"""Frames that no codec installed here can write, encoded once elsewhere from a picture that this file computes.

`encoded_frames/` holds `ramp()` as high-throughput JPEG 2000 (OpenJPH) and as JPEG of 12 bits (libjpeg-turbo).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from tests.engine import files

FOLDER = Path(__file__).with_name("encoded_frames")
SIDE = 32


def ramp() -> Any:
    """Stored values uint16 (rows, columns) of 12 bits: a slope and a wave, another in each corner."""
    row, column = np.mgrid[:SIDE, :SIDE]
    return (300 + 40 * row + 9 * column + 200 * np.sin(row * column / 30)).astype(np.uint16)


def slice_of(frame: str, syntax: str, folder: Path) -> Path:
    """One CT slice whose pixels are the encoded frame, HU = stored value - 1024."""
    ds = files.datasets(files.tiny(SIDE))[0]
    files.store(ds, ramp())
    ds.BitsStored, ds.HighBit = 12, 11
    path = files.save(ds, folder / "encoded.dcm")
    return _encapsulated(ds, path, (FOLDER / frame).read_bytes(), syntax)


def _encapsulated(ds: Dataset, path: Path, frame: bytes, syntax: str) -> Path:
    ds.PixelData = encapsulate([frame])
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    ds.file_meta.TransferSyntaxUID = UID(syntax)
    ds.save_as(path, enforce_file_format=True)
    return path
