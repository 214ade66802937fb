"""DICOM instances as single slices in HU, each with its own place and rescale."""

import math
import warnings
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom import dcmread
from pydicom.dataset import Dataset

from patients.intake import filekind, values
from patients.intake.values import Vector
from quant.engine import codecs
from quant.engine.arrays import Hu, Image
from quant.engine.errors import UnusableInput

HU_LOW, HU_HIGH = -1024, 3071
AIR_BELOW = -1000
READERS = 2
# 512 x 512 x 2048: a whole body in thin slices. More is a header that lies, or would not fit into memory.
MOST_VOXELS = 2**29
STEEPEST_SLOPE, FARTHEST_INTERCEPT = 1e3, 1e6

codecs.register()


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """One frame: `hu` (rows, columns), place of its first pixel's centre and direction cosines (LPS, mm).

    `pixel_mm` is (between rows, between columns); `thickness_mm` is None where the header is silent.
    """

    hu: Hu
    sop_uid: str
    position: Vector
    orientation: Vector
    pixel_mm: Vector
    thickness_mm: float | None
    lossy: bool


def read_slices(files: list[Path]) -> list[Slice]:
    """All frames of all files, in the order given.

    Raises:
        UnusableInput: a file that is no CT image, has no HU scale or place, or cannot be decoded.
    """
    with warnings.catch_warnings(), ThreadPoolExecutor(READERS) as pool:
        warnings.simplefilter("ignore")
        return [one for frames in pool.map(_read_file, files) for one in frames]


def _read_file(path: Path) -> list[Slice]:
    try:
        dataset = dcmread(path, force=True)
    except Exception as error:
        # A damaged file can fail anywhere in the parser.
        raise UnusableInput("unreadable", f"{path.name}: cannot be read as DICOM: {error}") from error
    _check_kind(dataset, path.name)
    stored = _pixels(dataset, path.name)
    count = stored.shape[0]
    return [_slice(dataset, stored[frame], _Groups(dataset, frame, count), path.name) for frame in range(count)]


def _check_kind(dataset: Dataset, name: str) -> None:
    kind = filekind.not_an_image(dataset)
    if kind:
        raise UnusableInput("not_ct", f"{name}: {kind[1]}")
    bits, samples = values.whole(dataset, "BitsAllocated"), values.whole(dataset, "SamplesPerPixel")
    if bits != 16 or samples != 1:
        raise UnusableInput("not_hu", f"{name}: {bits} bits and {samples} samples a pixel cannot hold HU")
    stored, highest = values.whole(dataset, "BitsStored"), values.whole(dataset, "HighBit")
    if stored is None or not 0 < stored <= bits or highest not in (None, stored - 1):
        raise UnusableInput("not_hu", f"{name}: {stored} stored bits up to bit {highest} are no CT numbers")
    check_size(values.whole(dataset, k) or 1 for k in ("Rows", "Columns", "NumberOfFrames"))


def check_size(lengths: Iterable[int]) -> None:
    """Refuse what no chest CT needs and no memory holds, before it is decoded.

    Raises:
        UnusableInput: more voxels than MOST_VOXELS.
    """
    voxels = math.prod(lengths)
    if voxels > MOST_VOXELS:
        raise UnusableInput("too_large", f"{voxels / 1e6:.0f} million voxels; at most {MOST_VOXELS / 1e6:.0f}")


def _pixels(dataset: Dataset, name: str) -> npt.NDArray[Any]:
    """Stored values (frames, rows, columns)."""
    try:
        pixels: npt.NDArray[Any] = dataset.pixel_array
    except Exception as error:
        # Missing pixel data, cut-off frames and each decoder raise their own types.
        raise UnusableInput("unreadable", f"{name}: the pixels cannot be decoded: {error}") from error
    return pixels[np.newaxis] if pixels.ndim == 2 else pixels


class _Groups:
    """Looks an attribute up for one frame: its functional groups, the shared ones, then the top level."""

    def __init__(self, dataset: Dataset, frame: int, count: int) -> None:
        self._top = dataset
        self._placed = count == 1 or "PerFrameFunctionalGroupsSequence" in dataset
        self._groups = [
            values.sub(dataset, "PerFrameFunctionalGroupsSequence", frame),
            values.sub(dataset, "SharedFunctionalGroupsSequence"),
        ]

    def holder(self, sequence: str) -> Dataset:
        for group in self._groups:
            item = values.sub(group, sequence)
            if item is not None:
                return item
        return self._top if self._placed else Dataset()


def _slice(dataset: Dataset, stored: npt.NDArray[Any], groups: _Groups, name: str) -> Slice:
    measures = groups.holder("PixelMeasuresSequence")
    position = values.vector(groups.holder("PlanePositionSequence"), "ImagePositionPatient", 3)
    orientation = values.vector(groups.holder("PlaneOrientationSequence"), "ImageOrientationPatient", 6)
    pixel_mm = values.vector(measures, "PixelSpacing", 2)
    if position is None or orientation is None or pixel_mm is None or min(pixel_mm) <= 0:
        raise UnusableInput("no_position", f"{name}: the header does not say where the image lies in the patient")
    return Slice(
        hu=_to_hu(dataset, stored, groups.holder("PixelValueTransformationSequence"), name),
        sop_uid=values.uid(dataset, "SOPInstanceUID"),
        position=position,
        orientation=orientation,
        pixel_mm=pixel_mm,
        thickness_mm=values.number(measures, "SliceThickness"),
        lossy=values.text(dataset, "LossyImageCompression") == "01",
    )


def _to_hu(dataset: Dataset, stored: npt.NDArray[Any], rescale: Dataset, name: str) -> Hu:
    """Stored values times slope plus intercept, padding as air, clipped to what 12 bits of CT hold."""
    slope, intercept = values.number(rescale, "RescaleSlope"), values.number(rescale, "RescaleIntercept")
    unit = values.text(rescale, "RescaleType").upper()
    if slope is None or intercept is None or not 0 < slope < STEEPEST_SLOPE or abs(intercept) > FARTHEST_INTERCEPT:
        raise UnusableInput("not_hu", f"{name}: no usable rescale slope and intercept, so values are not HU")
    if unit not in ("", "HU", "HU_MOD"):
        raise UnusableInput("not_hu", f"{name}: rescaled to {unit}, not HU")
    scaled: Image = stored * np.float32(slope) + np.float32(intercept)
    padding = _padding(dataset, stored, scaled)
    if padding is not None:
        scaled[padding] = HU_LOW
    return np.clip(np.rint(scaled), HU_LOW, HU_HIGH).astype(np.int16)


def _padding(dataset: Dataset, stored: npt.NDArray[Any], scaled: Image) -> npt.NDArray[np.bool_] | None:
    """Where the scanner filled the square around its round field (PS3.3 C.7.5.1.1.2), None without.

    Some files name a padding value that is real tissue elsewhere (0 in pixels stored as HU): a value that
    could be tissue counts only where the corners hold it.
    """
    first = values.whole(dataset, "PixelPaddingValue")
    if first is None:
        return None
    limit = values.whole(dataset, "PixelPaddingRangeLimit")
    # The bit pattern counts: 63536 in a header of signed pixels means -2000.
    ends = [int(np.int64(v).astype(stored.dtype)) for v in (first, first if limit is None else limit)]
    found: npt.NDArray[np.bool_] = (stored >= min(ends)) & (stored <= max(ends))
    plausible = found.any() and AIR_BELOW < float(scaled[found].mean()) < HU_HIGH
    return None if plausible and not found[:: len(found) - 1, :: found.shape[1] - 1].all() else found
