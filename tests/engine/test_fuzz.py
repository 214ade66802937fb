"""Damaged scans: a number, or one line with a code of the table; never a traceback, never another exception."""

from __future__ import annotations

import json
import os
import random
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataset import Dataset

from quant.engine.codes import CODES
from tests.engine import files
from tests.phantom import chest

# The suite tries a few hundred on scans too coarse to be measured. A longer run by hand, on scans that can be:
# ILDPORTAL_FUZZ=2000 pytest tests/engine/test_fuzz.py
TRIES = int(os.environ.get("ILDPORTAL_FUZZ", "0")) or 120
SIDE = 64 if "ILDPORTAL_FUZZ" in os.environ else 16
SLICES = 20
FIELDS = (
    "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "Modality", "ImageType",
    "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "PatientPosition",
    "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated", "BitsStored",
    "HighBit", "PixelRepresentation", "RescaleSlope", "RescaleIntercept", "RescaleType", "PixelPaddingValue",
    "PixelPaddingRangeLimit", "ConvolutionKernel", "ContrastBolusAgent", "GantryDetectorTilt", "StudyDate",
    "PlanarConfiguration", "SpecificCharacterSet", "PixelData", "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)  # fmt: skip
NUMBERS = [0, 1, -1, 2, 7, 8, 12, 15, 17, 32, 64, 255, 65535, 0.5, -0.001, 1e-30, 1e30, 1e308]
TEXTS = ["", "0", "-1", "NaN", "inf", "1e999", "\\", "1\\2\\3", "0\\0\\0\\0\\0\\0", "é\x00x", "A" * 300, "MR", "HFP"]


class Source(list[bytes]):
    """The files of a scan; too long to be printed by a failing test."""

    def __repr__(self) -> str:
        return f"{len(self)} files"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    body = chest(slices=SLICES, size=SIDE, spacing_z_mm=8.0, vessels=0)
    return Source(path.read_bytes() for path in files.write(tmp_path_factory.mktemp("source"), body))


def test_the_unhurt_scan_is_read_and_looked_at(tmp_path: Path, source: Source) -> None:
    for index, data in enumerate(source):
        (tmp_path / f"{index}.dcm").write_bytes(data)
    assert quantified(tmp_path) == ("too_coarse" if SIDE == 16 else "measured")


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A file cut off, with other bytes in it, or with one to three fields of its header changed."""
    kind = chance.choice(("field", "field", "field", "cut", "bytes", "header bytes", "doubled"))
    if kind == "cut":
        return data[: chance.randrange(len(data))]
    if kind == "doubled":
        return data + data[chance.randrange(len(data)) :]
    if kind == "field":
        return with_fields(data, chance)
    found = bytearray(data)
    for _ in range(chance.randrange(1, 9)):
        found[chance.randrange(900 if kind == "header bytes" else len(found))] = chance.randrange(256)
    return bytes(found)


def with_fields(data: bytes, chance: random.Random) -> bytes:
    ds = dcmread(BytesIO(data))
    for _ in range(chance.randrange(1, 4)):
        keyword = chance.choice(FIELDS)
        try:
            set_oddly(ds, keyword, chance)
            target = BytesIO()
            ds.save_as(target)
        except Exception:
            # pydicom refuses to write some of them: the file stays as it was.
            return data
    return target.getvalue()


def set_oddly(ds: Dataset, keyword: str, chance: random.Random) -> None:
    if chance.random() < 0.2:
        delattr(ds, keyword)
        return
    value: Any = chance.choice((chance.choice(NUMBERS), chance.choice(TEXTS), [chance.choice(NUMBERS)] * 3))
    if keyword == "PixelData":
        value = bytes(chance.randrange(256) for _ in range(chance.choice((0, 1, 511, 513))))
    elif keyword.endswith("Sequence"):
        value = [Dataset()] * chance.randrange(3)
    setattr(ds, keyword, value)


def quantified(folder: Path) -> str:
    """What `quantify` ended with: "measured" or the code of its one line."""
    out = StringIO()
    try:
        call_command(
            "quantify", str(folder), out=folder.parent / f"{folder.name}-out", json=True, device="cpu", stdout=out
        )
    except CommandError as caught:
        error = caught
    else:
        return "measured"
    told = json.loads(out.getvalue())["error"]
    assert error.returncode == 2
    assert "\n" not in str(error)
    assert told["detail"] in str(error)
    return str(told["code"])


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=TRIES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), all_files=st.booleans())
def test_a_damaged_scan_ends_in_a_code(tmp_path: Path, source: Source, seed: int, all_files: bool) -> None:
    chance = random.Random(seed)
    folder = tmp_path / "ct"
    folder.mkdir(exist_ok=True)
    hurt = range(SLICES) if all_files else [chance.randrange(SLICES)]
    # The same hurt in every file of a scan, as a faulty exporter does it, or in one of them.
    wound = chance.randrange(2**32)
    for index, data in enumerate(source):
        changed = mutated(data, random.Random(wound)) if index in hurt else data
        (folder / f"{index}.dcm").write_bytes(changed)
    code = quantified(folder)
    assert code == "measured" or CODES[code].severity == "refuse"


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=TRIES // 4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_a_damaged_nifti_ends_in_a_code(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    body = chest(slices=6, size=12, spacing_z_mm=30.0, vessels=0)
    path = files.nifti(tmp_path / "ct.nii", body.hu.transpose(2, 1, 0), np.diag([-30, -30, 30, 1.0]))
    data = bytearray(path.read_bytes())
    for _ in range(chance.randrange(1, 6)):
        data[chance.randrange(352)] = chance.randrange(256)
    path.write_bytes(bytes(data[: chance.choice((len(data), chance.randrange(len(data))))]))
    code = quantified(path)
    assert code == "measured" or CODES[code].severity == "refuse"
