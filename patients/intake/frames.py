"""Geometry and rescale of an instance: at the top level, or in the functional groups of a multi-frame one.

DICOM PS3.3 C.7.6.2 (Image Plane), C.7.6.16 (Multi-frame Functional Groups), C.8.15.3 (Enhanced CT).
"""

from dataclasses import dataclass

from pydicom.dataset import Dataset

from patients.intake import values
from patients.intake.values import Vector

MAX_FRAMES = 20_000


@dataclass(frozen=True, slots=True)
class Plane:
    """Where one frame lies: its first pixel's centre in mm, six direction cosines (row, column)."""

    position: Vector | None
    orientation: Vector | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """What the frames of one instance share, and the plane of each. Lengths in mm."""

    planes: tuple[Plane, ...]
    pixel_spacing: Vector | None
    slice_thickness: float | None
    spacing_between: float | None
    rescale_slope: float | None
    rescale_intercept: float | None
    rescale_type: str
    kernel: str
    kvp: float | None


def read(dataset: Dataset) -> Frames:
    """The frames of a single-frame or multi-frame instance."""
    groups = _groups(dataset)
    measures = _macro(groups, "PixelMeasuresSequence", dataset)
    rescale = _macro(groups, "PixelValueTransformationSequence", dataset)
    reconstruction = _macro(groups, "CTReconstructionSequence", dataset)
    return Frames(
        planes=_planes(dataset),
        pixel_spacing=values.vector(measures, "PixelSpacing", 2),
        slice_thickness=values.number(measures, "SliceThickness"),
        spacing_between=values.number(measures, "SpacingBetweenSlices"),
        rescale_slope=values.number(rescale, "RescaleSlope"),
        rescale_intercept=values.number(rescale, "RescaleIntercept"),
        rescale_type=values.text(rescale, "RescaleType").upper(),
        kernel=values.text(reconstruction, "ConvolutionKernel"),
        kvp=values.number(_macro(groups, "CTXRayDetailsSequence", dataset), "KVP"),
    )


def _groups(dataset: Dataset, frame: int = 0) -> list[Dataset]:
    """The functional groups that hold for a frame, its own before the shared ones."""
    found = (
        values.sub(dataset, "PerFrameFunctionalGroupsSequence", frame),
        values.sub(dataset, "SharedFunctionalGroupsSequence"),
    )
    return [group for group in found if group is not None]


def _macro(groups: list[Dataset], keyword: str, otherwise: Dataset) -> Dataset:
    """The item of a functional group macro, else the top level."""
    for group in groups:
        item = values.sub(group, keyword)
        if item is not None:
            return item
    return otherwise


def _planes(dataset: Dataset) -> tuple[Plane, ...]:
    count = max(1, min(values.whole(dataset, "NumberOfFrames") or 1, MAX_FRAMES))
    enhanced = "PerFrameFunctionalGroupsSequence" in dataset
    if count > 1 and not enhanced:
        # One position cannot be that of several frames: without functional groups they lie nowhere.
        return (Plane(None, None),) * count
    return tuple(_plane(dataset, frame) for frame in range(count))


def _plane(dataset: Dataset, frame: int) -> Plane:
    groups = _groups(dataset, frame)
    position = _macro(groups, "PlanePositionSequence", dataset)
    orientation = _macro(groups, "PlaneOrientationSequence", dataset)
    return Plane(
        values.vector(position, "ImagePositionPatient", 3),
        values.vector(orientation, "ImageOrientationPatient", 6),
    )
