"""Where clean scans come from: DICOM folders and zips, NIfTI files, phantoms."""

from __future__ import annotations

import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from PIL import Image, ImageDraw

from patients.intake.assemble import gather
from patients.intake.quality import choose
from quant.engine.arrays import Mask
from quant.engine.errors import UnusableInput
from quant.engine.volume import Volume, load_dicom, load_nifti
from quant.evaluation.base import Base, from_phantom, from_volume
from quant.evaluation.known import CARINA_MM

LIDC = "{http://www.nih.gov}"
NIFTI = (".nii", ".nii.gz")
LEAST_SECTION = 3


def load(path: Path) -> Base:
    """A clean scan and, for LIDC-IDRI, the nodules that its readers outlined.

    Raises:
        UnusableInput: no chest CT in HU there.
    """
    name = path.name.removesuffix(".zip")
    if path.name.lower().endswith(NIFTI):
        return from_volume(name, load_nifti(path))
    with tempfile.TemporaryDirectory(prefix="evaluate-") as workdir:
        found = gather([path], Path(workdir))
        choice = choose([series for study in found.studies for series in study.series])
        if choice.series is None:
            raise UnusableInput("no_series", f"{path}: {choice.reason}")
        volume = load_dicom([header.path for header in choice.series.headers])
    return from_volume(name, volume, tuple(_nodules(path, volume)), _carina(volume))


def phantom(seed: int, *, thickness_mm: float, matrix: int) -> Base:
    """A healthy phantom; sex, age and height follow from the seed."""
    from quant.training.phantom import Scan, Subject, make

    random = np.random.default_rng([seed, 4])
    subject = Subject(seed, "M" if seed % 2 else "F", float(random.uniform(40, 80)), float(random.uniform(155, 185)))
    made = make(subject, Scan(thickness=thickness_mm, matrix=matrix))
    return from_phantom(f"phantom {seed}, {thickness_mm:g} mm", made)


def _carina(volume: Volume) -> float | None:
    """The slice of the carina as read by eye, where this series was read."""
    position = CARINA_MM.get(str(volume.source.get("series_uid")))
    return None if position is None else (position - volume.positions_mm[0]) / volume.spacing_mm[2]


def _nodules(path: Path, volume: Volume) -> Iterator[Mask]:
    """One mask for each outlined nodule of each reader, from the XML beside the slices."""
    for text in _documents(path):
        root = ElementTree.fromstring(text)  # noqa: S314 - readings that came with the scan
        for nodule in root.iter(f"{LIDC}unblindedReadNodule"):
            mask = np.zeros(volume.hu.shape, bool)
            for roi in nodule.iter(f"{LIDC}roi"):
                _outline(mask, roi, volume)
            if mask.any():
                yield mask


def _outline(mask: Mask, roi: ElementTree.Element, volume: Volume) -> None:
    """Draw one outline; points that mark a nodule under 3 mm have no inside and are left out."""
    uid = roi.findtext(f"{LIDC}imageSOP_UID")
    edges = [
        (int(edge.findtext(f"{LIDC}xCoord", "0")), int(edge.findtext(f"{LIDC}yCoord", "0")))
        for edge in roi.iter(f"{LIDC}edgeMap")
    ]
    if uid in volume.sop_uids and len(edges) >= LEAST_SECTION and roi.findtext(f"{LIDC}inclusion") == "TRUE":
        plane = Image.new("1", (mask.shape[2], mask.shape[1]))
        ImageDraw.Draw(plane).polygon(edges, fill=1)
        mask[volume.sop_uids.index(uid)] |= np.asarray(plane, bool)


def _documents(path: Path) -> Iterator[bytes]:
    if path.is_dir():
        yield from (found.read_bytes() for found in sorted(path.rglob("*.xml")))
    elif path.suffix.lower() == ".zip":
        with ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist() if name.lower().endswith(".xml"))
