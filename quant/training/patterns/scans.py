"""Chests without interstitial disease, into which patterns are drawn: given scans and phantoms."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from patients.intake.assemble import gather
from patients.intake.quality import choose
from quant.engine import lungs, shipped, volume
from quant.engine.arrays import Hu, Image, Labels, Mask, Spacing
from quant.engine.morphology import depth
from quant.training.phantom import Disease, Scan, Subject, make

PHANTOMS = (
    (Subject(9101, "M", 61, 176), Scan(thickness=2.5, kernel="medium", noise_hu=16)),
    (Subject(9102, "F", 67, 160), Scan(thickness=2.5, kernel="sharp", noise_hu=12, breath=0.8)),
    (Subject(9103, "M", 48, 182), Scan(thickness=2.0, kernel="soft", noise_hu=20)),
    (Subject(9104, "F", 55, 168), Scan(thickness=2.5, kernel="medium", noise_hu=26, breath=0.55)),
)
DISEASED = (
    (Subject(9201, "M", 66, 178), Scan(thickness=2.5, matrix=256, kernel="soft"), Disease(6, 1, 11, 7, 3)),
    (Subject(9202, "F", 54, 163), Scan(thickness=2.5, matrix=256, kernel="soft", breath=0.9), Disease(16, 2, 9, 2)),
    (Subject(9205, "M", 72, 169), Scan(thickness=2.5, matrix=256, kernel="soft"), Disease(4, 0, 8, 9, 1)),
    (Subject(9206, "F", 63, 161), Scan(thickness=2.5, matrix=256, kernel="soft"), Disease(9, 1, 5, 5)),
    (Subject(9203, "M", 59, 171), Scan(thickness=2.5, kernel="medium"), Disease(8, 1, 14, 6)),
    (Subject(9204, "F", 71, 158), Scan(thickness=2.5, matrix=320, kernel="medium"), Disease(14, 3, 5, 1, 4)),
)


@dataclass(frozen=True, slots=True, eq=False)
class Clean:
    """A chest to draw into: HU, lungs, depth below their surface in mm; all (z, y, x).

    `odds` is how likely each slice is drawn, by the root of the lung in it. `patterns` 0..5 where there is disease
    already.
    """

    name: str
    hu: Hu
    lung: Mask
    depth: Image
    voxel_mm: Spacing
    odds: npt.NDArray[np.float64]
    patterns: Labels | None = None


def from_path(path: Path) -> Clean:
    """The series that intake chooses in a DICOM folder or zip, its lungs as the engine finds them.

    Raises:
        UnusableInput: no chest CT there.
        ValueError: no series fit to measure.
    """
    with tempfile.TemporaryDirectory(prefix="train-") as folder:
        studies = gather([path], Path(folder)).studies
        series = choose([one for study in studies for one in study.series]).series
        if series is None:
            raise ValueError(f"{path}: no series to train on")
        scan = volume.load_dicom([header.path for header in series.headers])
    found = lungs.segment(scan.hu, scan.voxel_mm, torch.device("cpu"), shipped.weights("lungs"))
    return clean(path.stem, scan.hu, found.labels > 0, scan.voxel_mm)


def phantoms(count: int = len(PHANTOMS)) -> list[Clean]:
    """Phantoms without disease, of several kernels, noises and breaths."""
    drawn = []
    for subject, scan in PHANTOMS[:count]:
        phantom = make(subject, scan)
        x, y, z = phantom.spacing_mm
        drawn.append(clean(f"phantom-{subject.seed}", phantom.hu, phantom.lungs > 0, (z, y, x)))
    return drawn


def diseased(count: int = len(DISEASED)) -> list[Clean]:
    """Phantoms with disease, coarse ones among them."""
    drawn = []
    for subject, scan, disease in DISEASED[:count]:
        phantom = make(subject, scan, disease)
        x, y, z = phantom.spacing_mm
        one = clean(f"phantom-{subject.seed}", phantom.hu, phantom.lungs > 0, (z, y, x))
        drawn.append(replace(one, patterns=phantom.patterns))
    return drawn


def clean(name: str, hu: Hu, lung: Mask, voxel_mm: Spacing) -> Clean:
    """A chest (z, y, x) without disease, whose lung is known."""
    # Bases and apices, thin slices of lung between much wall, are few and hard: the root draws them more often.
    areas = np.sqrt(lung.sum(axis=(1, 2), dtype=np.float64))
    return Clean(name, hu, lung, depth(lung, voxel_mm), voxel_mm, areas / areas.sum())
