"""Whom the level network learns from: phantoms of many people, and scans whose levels were marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from quant.engine.arrays import LEFT, RIGHT, Hu, Image, Labels, Spacing
from quant.goh.level_view import AIR_HU, GRID_MM, spread, tent
from quant.training.phantom import Phantom, Scan, Subject, levels, make
from quant.training.phantom import mediastinum as chest
from quant.training.phantom.frame import Frame, frame
from quant.training.phantom.model import Kernel, Sex
from quant.training.phantom.shapes import Coords, ellipsoid, tube

MATRIX, THICKNESS_MM = 128, 3.0
# Cases are kept a little finer in plane than the network sees them, for what bends and scales them.
CASE_MM: Spacing = (GRID_MM[0], 4.0, 4.0)
# Contrast medium fills these together: what comes before the lungs, the lungs' own vessels, what comes after them.
VEINS, ARTERIES, SYSTEMIC = 1, 2, 3
BEFORE = (chest.SUPERIOR_CAVA, chest.LEFT_BRACHIOCEPHALIC, chest.RIGHT_BRACHIOCEPHALIC)
LUNG = (chest.PULMONARY_TRUNK, chest.RIGHT_PULMONARY, chest.LEFT_PULMONARY)
AFTER = (
    chest.AORTA, chest.BRACHIOCEPHALIC_ARTERY, chest.RIGHT_CAROTID, chest.LEFT_CAROTID, chest.LEFT_SUBCLAVIAN,
)  # fmt: skip
LEFT_ATRIUM, RIGHT_ATRIUM = ((2, 8, -52), (37, 18, 21)), ((-18, -24, -68), (27, 29, 36))
LEFT_VENTRICLE = ((40, -26, -78), (36, 30, 30))


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A chest on the grid CASE_MM and the places of its landmarks.

    `hu` float16, `side` int8 (1 right lung, -1 left), `blood` 0..3 by what contrast medium fills together, all
    (z, y, x); `points` (4, 3) are voxels (z, y, x) of great vessels, carina, confluence and dome, NaN where unknown.
    """

    name: str
    hu: npt.NDArray[np.float16]
    side: npt.NDArray[np.int8]
    blood: npt.NDArray[np.uint8]
    points: npt.NDArray[np.float64]

    def save(self, path: Path) -> None:
        """Keep it in a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npz")
        np.savez_compressed(partial, name=self.name, hu=self.hu, side=self.side, blood=self.blood, points=self.points)
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> Case:
        """The case of a file."""
        with np.load(path) as kept:
            return cls(str(kept["name"]), kept["hu"], kept["side"], kept["blood"], kept["points"])


def person(seed: int) -> tuple[Subject, Scan]:
    """One of many people, of all sizes, breaths and kernels."""
    draw = np.random.default_rng([seed, 13])
    sex: Sex = "F" if draw.random() < 0.5 else "M"
    subject = Subject(
        seed=seed,
        sex=sex,
        age_years=float(draw.uniform(30, 85)),
        height_cm=float(draw.uniform(148, 176) if sex == "F" else draw.uniform(158, 192)),
    )
    kernel: Kernel = "soft" if draw.random() < 0.3 else "medium"
    breath = float(draw.choice([1.0, draw.uniform(0.2, 1.0)]))
    return subject, Scan(matrix=MATRIX, thickness=THICKNESS_MM, kernel=kernel, noise_hu=6.0, breath=breath)


def phantoms(seeds: range, cache: Path | None = None) -> Iterator[Case]:
    """A phantom of each seed; drawn once where there is a folder to keep it in."""
    for seed in seeds:
        path = cache / f"{seed}.npz" if cache else None
        if path is None or not path.is_file():
            case = of_phantom(make(*person(seed)))
            if path is None:
                yield case
                continue
            case.save(path)
        yield Case.load(path)


def of_phantom(made: Phantom) -> Case:
    """The phantom with its true lungs and landmarks."""
    x, y, z = made.spacing_mm
    body = frame(made.subject, made.scan.breath)
    landmarks = levels.points(body) - np.asarray(made.origin_mm)
    return on_grid(
        f"phantom-{made.subject.seed}",
        made.hu,
        made.lungs,
        (z, y, x),
        landmarks[:, ::-1],
        _blood(body, made),
    )


def of_scan(name: str, hu: Hu, lungs: Labels, voxel_mm: Spacing, marks: Mapping[int, tuple[float, ...]]) -> Case:
    """A scan whose landmarks of levels 1, 2, 3 and 5 were marked: (z, y, x) in voxels, the dome itself for 5."""
    unknown = (np.nan,) * 3
    points = np.array([marks.get(level, unknown) for level in (1, 2, 3, 5)], np.float64) * voxel_mm
    return on_grid(name, hu, lungs, voxel_mm, points, None)


def on_grid(
    name: str, hu: Hu, lungs: Labels, voxel_mm: Spacing, points_mm: npt.NDArray[np.float64], blood: Labels | None
) -> Case:
    """A scan on the grid of cases, which begins at the middle of its first voxel."""
    axes = [np.arange(0, (n - 1) * mm + 1e-6, grid) for n, mm, grid in zip(hu.shape, voxel_mm, CASE_MM, strict=True)]
    tents = [tent(axis, n, mm, grid) for axis, n, mm, grid in zip(axes, hu.shape, voxel_mm, CASE_MM, strict=True)]
    sides = spread((lungs == RIGHT).astype(np.float32) - (lungs == LEFT), tents)
    found: Image = spread(hu.astype(np.float32) - AIR_HU, tents) + AIR_HU
    filled = np.zeros(found.shape, np.uint8)
    if blood is not None:
        for value in (VEINS, ARTERIES, SYSTEMIC):
            filled[spread((blood == value).astype(np.float32), tents) > 0.5] = value
    return Case(name, found.astype(np.float16), np.rint(sides).astype(np.int8), filled, points_mm / CASE_MM)


def _blood(body: Frame, made: Phantom) -> Labels:
    """What contrast medium fills, on the grid of the phantom, from the model's coarser one."""
    at = body.soft
    parts = {
        VEINS: [*_tubes(at, BEFORE), ellipsoid(at, *RIGHT_ATRIUM)],
        ARTERIES: list(_tubes(at, LUNG)),
        SYSTEMIC: [*_tubes(at, AFTER), ellipsoid(at, *LEFT_ATRIUM), ellipsoid(at, *LEFT_VENTRICLE)],
    }
    coarse = np.zeros(at.x.shape, np.uint8)
    for value, fields in parts.items():
        coarse[np.minimum.reduce(fields) < 0] = value
    nearest = [
        np.clip(np.rint((origin + np.arange(n) * mm - axis[0]) / float(axis[1] - axis[0])), 0, len(axis) - 1)
        for origin, n, mm, axis in zip(
            made.origin_mm[::-1], made.hu.shape, made.spacing_mm[::-1], body.axes[::-1], strict=True
        )
    ]
    found = coarse[np.ix_(*(index.astype(np.intp) for index in nearest))]
    found[(made.lungs > 0) & (found == 0) & (made.vessels > 0)] = ARTERIES
    return found


def _tubes(at: Coords, ways: tuple[chest.Way, ...]) -> Iterator[npt.NDArray[np.floating]]:
    for points, radii in ways:
        yield tube(at, points, radii)
