"""A CT in HU on axes that mean the same for every scan, and the way back to the grid it came from."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt
from nibabel import orientations

from patients.intake.findings import breath
from patients.intake.header import InstanceHeader, Refused, read_header
from patients.intake.kernels import contrast, kernel_class
from quant.engine import stack
from quant.engine.arrays import Affine, Hu, Labels, Spacing
from quant.engine.errors import UnusableInput
from quant.engine.slices import HU_HIGH, HU_LOW, check_size, read_slices

Orientation = npt.NDArray[np.float64]
# nibabel's functions carry no annotations.
TURNS: Any = orientations
CANONICAL = TURNS.axcodes2ornt(("L", "P", "S"))
AXIAL_NIFTI_MIN = 0.86
TILT_ABOVE_DEGREES = 1.0
THICK_ABOVE_MM = 3.05
APART_SHARE = 1.5
# Beyond these no header tells the truth, and a sheared grid of this flatness has no axis that is the patient's.
LEAST_VOXEL_MM3, MOST_VOXEL_MM3, FLATTEST = 1e-3, 1e6, 0.3
# nibabel logs every odd value that it mends; a refusal is one line.
logging.getLogger("nibabel.global").setLevel(logging.CRITICAL)
# NIfTI says in which unit it measures; without a word it is mm.
# mm to a unit, by the codes of NIfTI: not told, metre, mm, micron.
UNITS = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
POSITIONS = {"P": "prone", "DR": "decubitus", "DL": "decubitus"}
LOSSY = frozenset(("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.81"))


@dataclass(frozen=True, slots=True)
class Flag:
    """Something about a scan that a reader of its numbers must know: a code of codes.CODES, words."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The source grid: array shape (i, j, k), affine (i, j, k) -> RAS mm, and its turn to L, P, S."""

    shape: tuple[int, int, int]
    affine: Affine
    to_canonical: Orientation


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """One scan.

    `hu` int16 (z, y, x): z from the feet, y to the back, x to the patient's left. `spacing_mm` (x, y, z).
    `affine` maps voxel (x, y, z) to RAS mm. `positions_mm` is DICOM patient z of each slice.
    `source` holds the keys of the contract's source; what the input does not say is None.
    """

    hu: Hu
    spacing_mm: Spacing
    affine: Affine
    sop_uids: tuple[str | None, ...]
    positions_mm: tuple[float, ...]
    source: dict[str, Any]
    warnings: tuple[Flag, ...]
    grid: Grid

    @property
    def voxel_mm(self) -> Spacing:
        """Voxel size in the order of the array, (z, y, x)."""
        x, y, z = self.spacing_mm
        return z, y, x

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel."""
        x, y, z = self.spacing_mm
        return x * y * z / 1000.0

    def to_source(self, labels: Labels) -> Labels:
        """A label map of this volume as array (i, j, k) on the grid of the input."""
        back = TURNS.ornt_transform(CANONICAL, self.grid.to_canonical)
        turned: Labels = TURNS.apply_orientation(labels.transpose(2, 1, 0), back)
        return turned

    def from_source(self, labels: Labels) -> Labels:
        """The way back: an array (i, j, k) on the grid of the input as label map (z, y, x) of this volume."""
        turn = TURNS.ornt_transform(self.grid.to_canonical, CANONICAL)
        turned: Labels = TURNS.apply_orientation(labels, turn).transpose(2, 1, 0)
        return turned


def load_dicom(files: Sequence[Path]) -> Volume:
    """One series from its files, in any order: single slices or a multi-frame instance.

    Raises:
        UnusableInput: not a CT in HU, not axial, mixed or missing slices, unreadable files.
    """
    if not files:
        raise UnusableInput("no_images", "no DICOM files")
    header = _header(files[0])
    check_size((len(files), header.rows, header.columns, header.frames))
    slices = read_slices(list(files))
    stacked = stack.build(slices)
    lossy = any(one.lossy for one in slices)
    found = _dicom_warnings(header, stacked, lossy=lossy)
    source = {
        "study_uid": header.study_uid,
        "series_uid": header.series_uid,
        "series_description": header.series_description or None,
        "slices": sum(uid is not None for uid in stacked.sop_uids),
        "kernel": header.kernel or None,
        "manufacturer": header.manufacturer or None,
    }
    return _volume(stacked.hu.transpose(2, 1, 0), stacked.affine, source, found, stacked)


def load_nifti(path: Path) -> Volume:
    """A NIfTI whose values are HU; it has no UIDs.

    Raises:
        UnusableInput: unreadable, not three-dimensional, without orientation, or oblique.
    """
    try:
        image: Any = nibabel.load(path)
        check_size(image.shape)
        values = np.asanyarray(image.dataobj)
    except UnusableInput:
        raise
    except Exception as error:
        # nibabel and its decompressors raise many types for damaged files.
        raise UnusableInput("unreadable", f"{path.name}: cannot be read as NIfTI: {error}") from error
    if values.ndim == 4 and values.shape[3] == 1:
        values = values[..., 0]
    if values.ndim != 3 or values.dtype.kind not in "iuf":
        raise UnusableInput("not_hu", f"{path.name}: not one three-dimensional image of numbers")
    if min(values.shape) < 2:
        raise UnusableInput("too_few_slices", f"{path.name}: a stack of slices is needed")
    finite = np.nan_to_num(values, nan=HU_LOW, posinf=HU_HIGH, neginf=HU_LOW)
    hu = np.clip(np.rint(finite), HU_LOW, HU_HIGH).astype(np.int16)
    return _volume(hu, _nifti_affine(image, path.name), _unknown_source(), [])


def _nifti_affine(image: Any, name: str) -> Affine:
    """Voxel (i, j, k) to RAS mm, as the header says it.

    Raises:
        UnusableInput: no sform and no qform (right and left would be guessed), an unknown unit, or no volume.
    """
    header = image.header
    if not (int(header["sform_code"]) or int(header["qform_code"])):
        raise UnusableInput("no_position", f"{name}: neither sform nor qform says which side is right")
    unit = int(header["xyzt_units"]) % 8
    if unit not in UNITS:
        raise UnusableInput("no_position", f"{name}: its unit of length, {unit}, is none that NIfTI knows")
    affine: Affine = np.asarray(image.affine, np.float64) * ([[UNITS[unit]]] * 3 + [[1.0]])
    if not _spans(affine[:3, :3]):
        raise UnusableInput("no_position", f"{name}: its affine has no extent in three directions")
    return affine


def _spans(axes: Affine) -> bool:
    """The three axes are finite, have a length, and do not fall into one plane."""
    if not np.isfinite(axes).all():
        return False
    volume, lengths = abs(float(np.linalg.det(axes))), np.linalg.norm(axes, axis=0)
    return LEAST_VOXEL_MM3 < volume < MOST_VOXEL_MM3 and volume > FLATTEST * float(np.prod(lengths))


def _unknown_source() -> dict[str, Any]:
    keys = ("study_uid", "series_uid", "series_description", "slices", "kernel", "manufacturer")
    return dict.fromkeys(keys)


def _header(path: Path) -> InstanceHeader:
    try:
        return read_header(path)
    except Refused as refused:
        code = {"unreadable": "unreadable", "damaged": "unreadable"}.get(refused.code, "not_ct")
        raise UnusableInput(code, f"{path.name}: {refused.detail}") from refused


def _volume(
    array: Hu,
    affine: Affine,
    source: dict[str, Any],
    found: list[Flag],
    stacked: stack.Stack | None = None,
) -> Volume:
    """Turn an array (i, j, k) with its affine to RAS onto the canonical axes."""
    turn = TURNS.ornt_transform(TURNS.io_orientation(affine), CANONICAL)
    canonical = TURNS.apply_orientation(array, turn).transpose(2, 1, 0)
    turned = affine @ TURNS.inv_ornt_aff(turn, array.shape)
    spacing = _spacing(turned)
    depth = canonical.shape[0]
    z = tuple(float(v) for v in turned[2, 3] + turned[2, 2] * np.arange(depth))
    return Volume(
        hu=np.ascontiguousarray(canonical),
        spacing_mm=spacing,
        affine=turned,
        sop_uids=stacked.sop_uids if stacked else (None,) * depth,
        positions_mm=stacked.positions_mm if stacked else z,
        source={**source, "slices": source["slices"] or depth, "spacing_mm": list(spacing)},
        warnings=(*found, *_tilted(turned), *_thick(spacing, stacked)),
        grid=Grid(array.shape, affine, TURNS.io_orientation(affine)),
    )


def _spacing(affine: Affine) -> Spacing:
    """Voxel size (x, y, z) in mm; between slices it is measured along their normal, also when sheared."""
    x, y, step = affine[:3, 0], affine[:3, 1], affine[:3, 2]
    normal = np.cross(x, y) / np.linalg.norm(np.cross(x, y))
    if abs(normal[2]) < AXIAL_NIFTI_MIN:
        raise UnusableInput("not_axial", "the slices are not axial: give the axial series")
    return float(np.linalg.norm(x)), float(np.linalg.norm(y)), float(abs(normal @ step))


def _tilted(affine: Affine) -> list[Flag]:
    """Degrees between the slices and the axial plane, or between the way of the stack and their normal."""
    normal, step = np.cross(affine[:3, 0], affine[:3, 1]), affine[:3, 2]
    normal /= np.linalg.norm(normal)
    cosines = abs(normal[2]), abs(normal @ step) / np.linalg.norm(step)
    lean = float(np.degrees(np.arccos(min(1.0, *cosines))))
    return [Flag("gantry_tilt", f"the slices lean by {lean:.1f} degrees")] if lean > TILT_ABOVE_DEGREES else []


def _thick(spacing: Spacing, stacked: stack.Stack | None) -> list[Flag]:
    """Slices, told or measured; in a NIfTI made of other planes the long side of the voxel can lie anywhere."""
    told = stacked.thickness_mm if stacked else None
    between = spacing[2] if stacked else max(spacing)
    found = []
    if max(between, told or 0.0) > THICK_ABOVE_MM:
        words = f"slices are {max(between, told or 0.0):.1f} mm thick or apart, more than 3 mm"
        found.append(Flag("thick_slices", words))
    if told and between > APART_SHARE * told:
        words = f"{told:g} mm slices every {between:.1f} mm: the tissue between is not seen"
        found.append(Flag("gaps_between_slices", words))
    return found


def _dicom_warnings(header: InstanceHeader, stacked: stack.Stack, *, lossy: bool) -> list[Flag]:
    """What the headers say against the numbers."""
    missing = [i for i, uid in enumerate(stacked.sop_uids) if uid is None]
    found = []
    if missing:
        words = f"{len(missing)} missing slices, filled in between their neighbours, the first at {missing[0]}"
        found.append(Flag("gap", words))
    if contrast(header) == "yes":
        words = header.contrast_agent or "named in the description"
        found.append(Flag("contrast", f"contrast medium: {words}"))
    if kernel_class(header.kernel) == "sharp":
        found.append(Flag("sharp_kernel", f"kernel {header.kernel} raises noise and every density measure"))
    if breath(header) == "expiration":
        found.append(Flag("expiration", "taken in expiration, by its description"))
    if lossy or header.transfer_syntax in LOSSY:
        found.append(Flag("lossy", "the image was compressed with loss"))
    if header.patient_position[2:] in POSITIONS:
        found.append(Flag(POSITIONS[header.patient_position[2:]], f"patient position {header.patient_position}"))
    return found
