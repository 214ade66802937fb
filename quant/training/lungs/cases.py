"""Whom the lung network learns from: phantoms of many people, and clean scans whose lungs the engine finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from quant.engine import lungs, seeing
from quant.engine.arrays import LEFT, RIGHT, Image, Labels
from quant.engine.identity import DEFAULTS
from quant.engine.sampling import block_mean, factors_for
from quant.engine.volume import Volume
from quant.training.phantom import Scan, Subject, make
from quant.training.phantom.model import Sex

SEED = 2026
MATRIX = 128
GRID = (seeing.GRID_MM, seeing.GRID_MM, seeing.GRID_MM)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A chest without disease on the network's grid: HU, lungs 1 right 2 left, lobes 1..5 where they are known."""

    name: str
    hu: Image
    lungs: Labels
    lobes: Labels | None


def phantoms(seed: int, count: int) -> Iterator[Case]:
    """Phantoms of `count` people of all sizes, breaths and kernels, without disease."""
    for index in range(count):
        draw = np.random.default_rng([seed, index])
        sex: Sex = "F" if index % 2 else "M"
        subject = Subject(
            seed=int(draw.integers(1, 2**31)),
            sex=sex,
            age_years=float(draw.uniform(30, 85)),
            height_cm=float(draw.uniform(150, 172) if sex == "F" else draw.uniform(160, 190)),
        )
        scan = Scan(
            matrix=MATRIX,
            thickness=seeing.GRID_MM,
            kernel="soft" if index % 3 == 0 else "medium",
            noise_hu=float(draw.uniform(5, 20)),
            breath=float(draw.choice([1.0, draw.uniform(0.2, 1.0)])),
            streaks=bool(index % 4 == 0),
        )
        yield _phantom(subject, scan)


def _phantom(subject: Subject, scan: Scan) -> Case:
    """The phantom as it comes: its pixels of about 3 mm differ from person to person, so people differ in size."""
    made = make(subject, scan)
    box = seeing.surroundings(made.lungs > 0, GRID, seeing.MARGIN_MM)
    return Case(f"phantom-{subject.seed}", made.hu[box].astype(np.float32), made.lungs[box], made.lobes[box])


def clean_scan(name: str, volume: Volume) -> Case:
    """A scan without dense disease: what the engine finds of it by density is its truth."""
    device = torch.device("cpu")
    found = lungs.segment(volume.hu, volume.voxel_mm, device, weights=None)
    coarse, voxel_mm = lungs.overview(volume.hu, volume.voxel_mm, device)
    hu = seeing.to_grid(coarse, voxel_mm, device)
    labels = np.zeros(hu.shape, np.uint8)
    for side in (RIGHT, LEFT):
        share = block_mean(found.labels == side, factors_for(volume.voxel_mm, DEFAULTS.coarse_mm), device)
        labels[seeing.to_grid(share, voxel_mm, device) > 0.5] = side
    box = seeing.surroundings(labels > 0, GRID, seeing.MARGIN_MM)
    return Case(name, hu[box], labels[box], None)
