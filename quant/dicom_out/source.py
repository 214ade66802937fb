"""The headers that a derived object names as its source, and where each of its frames lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from highdicom import PixelMeasuresSequence, PlaneOrientationSequence, PlanePositionSequence
from pydicom import Dataset, dcmread
from pydicom.uid import generate_uid

from quant.engine.arrays import Affine, Labels
from quant.engine.errors import UnusableInput
from quant.engine.volume import Volume

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
PATIENT = "PATIENT"
# Derived objects must carry these; a source may lack them and then they are empty (type 2).
MAY_BE_EMPTY = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "AccessionNumber",
    "ReferringPhysicianName",
)


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The instances of a measured series without their pixels, in the order of the slices they hold.

    `slices` are the indices, on the grid of the input, of the slices that some instance holds: one filled in where
    a slice was missing belongs to none.
    """

    datasets: tuple[Dataset, ...]
    slices: tuple[int, ...]
    volume: Volume

    def frames(self, labels: Labels) -> Labels:
        """A label map (z, y, x) of the volume as frames (slices, rows, columns) of the source."""
        frames: Labels = np.ascontiguousarray(self.volume.to_source(labels).transpose(2, 1, 0)[list(self.slices)])
        return frames

    def positions(self) -> list[PlanePositionSequence]:
        """Where each frame lies."""
        lps = self._lps()
        corners = [lps[:3, 3] + index * lps[:3, 2] for index in self.slices]
        return [PlanePositionSequence(PATIENT, [float(mm) for mm in corner]) for corner in corners]

    def orientation(self) -> PlaneOrientationSequence:
        lps = self._lps()
        axes = [lps[:3, axis] / np.linalg.norm(lps[:3, axis]) for axis in (0, 1)]
        return PlaneOrientationSequence(PATIENT, [float(v) for axis in axes for v in axis])

    def measures(self) -> PixelMeasuresSequence:
        lps = self._lps()
        across, down, step = (float(np.linalg.norm(lps[:3, axis])) for axis in range(3))
        return PixelMeasuresSequence([down, across], slice_thickness=step, spacing_between_slices=step)

    def _lps(self) -> Affine:
        return RAS_TO_LPS @ self.volume.grid.affine


def read(files: Sequence[Path], volume: Volume) -> Source:
    """The headers behind a volume.

    Raises:
        UnusableInput: the volume came from no DICOM, or a file of its series is not among `files`.
    """
    held = [(index, uid) for index, uid in enumerate(volume.sop_uids) if uid is not None]
    if not held:
        raise UnusableInput("no_dicom", "DICOM objects need a DICOM source, and this scan was none; leave --dicom out")
    wanted = dict.fromkeys(uid for _index, uid in held)
    found = {str(one.SOPInstanceUID): one for one in map(_header, files)}
    if absent := [uid for uid in wanted if uid not in found]:
        raise UnusableInput("no_dicom", f"the instance {absent[0]} of the measured series is not among its files")
    return Source(tuple(found[uid] for uid in wanted), tuple(index for index, _uid in held), volume)


def _header(path: Path) -> Dataset:
    """Without pixels, and with what a derived object takes over from it."""
    found = dcmread(path, stop_before_pixels=True)
    for keyword in MAY_BE_EMPTY:
        if keyword not in found:
            setattr(found, keyword, "")
    if not found.get("FrameOfReferenceUID"):
        found.FrameOfReferenceUID = generate_uid(entropy_srcs=["frame of reference", str(found.SeriesInstanceUID)])
    return found
