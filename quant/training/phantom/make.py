"""A phantom from a person, a scan and a disease."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from quant.training.phantom import abdomen, body, draw, lesions, lobes, mediastinum, thorax, tissue, trees
from quant.training.phantom.acquire import Scanner
from quant.training.phantom.frame import Frame, frame
from quant.training.phantom.grid import Grid, Reader, Window, lay
from quant.training.phantom.lesions import Look, Thresholds
from quant.training.phantom.model import Disease, Labels, Phantom, Scan, Subject
from quant.training.phantom.shapes import Field, share, smooth_min
from quant.training.phantom.truth import truth

WORKERS = 2
WALL_MM, WALL_GROWS, WALL_FROM_MM = 0.30, 1.18, 0.85
FISSURE_MM, FISSURE_HU = 0.7, -280.0
BLOOD, WALL, AIR = 42.0, 30.0, -1000.0
# Density of the lung at full inspiration; tissue takes up this share of it and stays when air leaves.
TISSUE_SHARE, EXPIRED_LOSS = 0.115, 0.52
BODY_FIELDS = ["skin", "muscle", "cage", "rib", "angle", "streaks", "x", "y", "z"]
SOLIDS = ["organs", "limbs", "under", "diaphragm", "liver", "spleen", "stomach", "gas", "vessels"]
LUNG_FIELDS = ["lungs", "right", "right oblique", "left oblique", "horizontal"]


@dataclass(frozen=True, eq=False)
class _Model:
    """Everything known before the first slice is drawn."""

    frame: Frame
    grid: Grid
    reader: Reader
    fields: dict[str, Field]
    vessels: Labels
    walls: Labels
    lumen: Labels
    central: np.ndarray
    outer: np.ndarray

    @property
    def lung_fields(self) -> list[str]:
        """What the inside of the lungs is drawn from."""
        return [*LUNG_FIELDS, "fissure", "air", "strength", *(n for n in self.fields if n.startswith(lesions.LIKES))]


def make(subject: Subject, scan: Scan | None = None, disease: Disease | None = None) -> Phantom:
    """A chest CT of this person with this disease, and its truth. Raises PhantomError for an impossible request."""
    scan, disease = scan or Scan(), disease or Disease()
    model = _model(subject, scan, disease)
    lungs, lobe_labels, patterns, thresholds = _label(model, disease)
    _keep_within(model, lungs)
    hu = _scan(model, thresholds, subject, scan)
    grid = model.grid
    return Phantom(
        hu=hu,
        lungs=lungs,
        lobes=lobe_labels,
        patterns=patterns,
        airways=(model.lumen > draw.FULL // 2).astype(np.uint8),
        vessels=((model.vessels > draw.FULL // 2) & (lungs > 0)).astype(np.uint8),
        spacing_mm=grid.spacing_mm,
        origin_mm=(float(grid.x[0]), float(grid.y[0]), float(grid.z[0])),
        subject=subject,
        scan=scan,
        disease=disease,
        truth=truth(lungs, lobe_labels, patterns, grid.spacing_mm) | _landmarks(model.frame, grid),
    )


def _model(subject: Subject, scan: Scan, disease: Disease) -> _Model:
    person = frame(subject, scan.breath)
    grid = lay(person, scan)
    at = person.soft
    great = mediastinum.vessels(at)
    chest, cuts = thorax.build(person, great), lobes.build(person)
    fields = {
        "lungs": chest.lungs,
        "right": chest.right,
        "right oblique": cuts.right_oblique,
        "left oblique": cuts.left_oblique,
        "horizontal": cuts.horizontal,
        "fissure": cuts.drawn,
        "diaphragm": -chest.diaphragm,
        "organs": smooth_min(mediastinum.heart(at), great, 2.0),
        "vessels": great,
        "streaks": person.noise(80, 12.0),
        "strength": person.noise(81, 16.0),
        "air": _air(person),
        "x": person.bony.x,
        "y": person.bony.y,
        "z": person.bony.z,
        **body.build(person, chest),
        **abdomen.build(at, chest),
        **lesions.preferences(person, chest, disease),
    }
    grown = _trees(person, chest, cuts)
    tall = subject.height_cm / 175.0
    lumen = draw.tubes(grid, grown.airways, least_mm=WALL_FROM_MM)
    walls = draw.tubes(grid, grown.airways, WALL_MM, WALL_GROWS, WALL_FROM_MM)
    vessels = np.maximum(draw.tubes(grid, grown.arteries), draw.tubes(grid, grown.veins))
    wide = trees.only_wide(grown.airways)
    central = draw.tubes(grid, wide, WALL_MM + 0.4 * tall, WALL_GROWS)
    reader = Reader(person, grid, fields)
    return _Model(person, grid, reader, fields, vessels, walls, lumen, central > draw.FULL // 2, central > 0)


def _trees(person: Frame, chest: thorax.Thorax, cuts: lobes.Fissures) -> trees.Trees:
    labels = lobes.divide(chest.right, cuts.right_oblique, cuts.left_oblique, cuts.horizontal)
    inner = np.where(chest.lungs < -3.0, labels, 0).astype(np.uint8)
    return trees.grow(person, trees.end_points(inner, person), person.subject.height_cm / 175.0)


def _air(person: Frame) -> Field:
    """HU of healthy parenchyma: denser where it lies below, and when air has left; thinner with age."""
    out = 1.0 - person.breath
    tissue_share = TISSUE_SHARE * (1.0 - 0.0025 * (person.subject.age_years - 50.0)) / (1.0 - EXPIRED_LOSS * out)
    gravity = 0.00018 * (1.0 + 3.5 * out) * (person.soft.y - 5.0)
    mottle = 0.007 * (1.0 + 1.5 * out) * person.noise(82, 14.0) + 0.005 * person.noise(83, 50.0)
    air: Field = (-1000.0 + 1040.0 * (tissue_share + gravity + mottle)).astype(np.float32)
    return air


def _label(model: _Model, disease: Disease) -> tuple[Labels, Labels, Labels, Thresholds]:
    """Lungs, lobes and patterns on the scanner's grid, and where the patterns begin."""
    grid, patterns = model.grid, lesions.wanted(disease)
    names = LUNG_FIELDS + [lesions.name(p) for p in patterns]
    limits = {p: _limits(model.fields[lesions.name(p)], model.fields["lungs"]) for p in patterns}
    lungs, lobe_labels = np.zeros(grid.shape, np.uint8), np.zeros(grid.shape, np.uint8)
    scores: dict[int, list[np.ndarray]] = {p: [] for p in patterns}
    for index, height in enumerate(grid.z):
        window = model.reader.inside("lungs", float(height), 0.0)
        read = model.reader.at(float(height), window, names)
        inside = (read["lungs"] < 0) & ~model.central[index][window]
        lungs[index][window] = np.where(inside, np.where(read["right"] < 0, 1, 2), 0)
        lobe_labels[index][window] = inside * lobes.divide(*(read[name] for name in LUNG_FIELDS[1:]))
        for p in patterns:
            scores[p].append(lesions.quantised(read[lesions.name(p)][inside], *limits[p]))
    flat = {p: np.concatenate(parts) for p, parts in scores.items()}
    found, thresholds = lesions.settle(flat, limits, disease, int(np.count_nonzero(lungs)))
    labels = np.zeros(grid.shape, np.uint8)
    labels[lungs > 0] = found
    return lungs, lobe_labels, labels, thresholds


def _keep_within(model: _Model, lungs: Labels) -> None:
    """Branches end at the pleura, but for the trachea and the bronchi that lead to the lungs."""
    for shares in (model.vessels, model.walls, model.lumen):
        shares[(lungs == 0) & ~model.outer] = 0


def _limits(field: Field, lungs: Field) -> tuple[float, float]:
    inside = field[lungs < 6.0]
    return float(inside.min()), float(inside.max())


def _scan(model: _Model, thresholds: Thresholds, subject: Subject, scan: Scan) -> np.ndarray:
    """Every slice: drawn, blurred, with noise."""
    scanner = Scanner(model.grid, scan, subject.seed)
    look = Look(model.frame)
    hu = np.empty(model.grid.shape, np.int16)

    def take(index: int) -> None:
        plane = np.zeros(model.grid.shape[1:], np.float32)
        for height in model.grid.heights(index):
            plane += _plane(model, height, thresholds, look)
        plane *= np.float32(1.0 / model.grid.parts)
        for shares, value in ((model.vessels, BLOOD), (model.walls, WALL), (model.lumen, AIR)):
            tissue.mix(plane, shares[index] * np.float32(1.0 / draw.FULL), value)
        hu[index] = scanner.take(plane, index)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(take, range(model.grid.shape[0])))
    return hu


def _plane(model: _Model, height: float, thresholds: Thresholds, look: Look) -> Field:
    """One plane before partial volume along z: body, then the lungs in it."""
    grid, width = model.grid, model.grid.width_mm
    hu = np.full(grid.shape[1:], AIR, np.float32)
    tissue.table(hu, grid.y, grid.x, width)
    window = model.reader.inside("skin", height, width)
    solids = model.reader.reached(SOLIDS, height, 2.0)
    fields = model.reader.at(height, window, BODY_FIELDS + solids)
    tissue.body(hu[window], fields, model.frame.subject, width)
    window = model.reader.inside("lungs", height, width)
    if window.rows.stop:
        _lung(hu[window], model, height, window, thresholds, look)
    return hu


def _lung(hu: Field, model: _Model, height: float, window: Window, thresholds: Thresholds, look: Look) -> None:
    width = model.grid.width_mm
    y, x = model.grid.y[window.rows], model.grid.x[window.columns]
    fields = model.reader.at(height, window, model.lung_fields)
    lung = tissue.lung_hu(fields, height, y, x)
    lung = look.draw(lung, thresholds.shares(fields), (height, y, x), width, fields)
    _fissures(lung, fields, width)
    tissue.mix(hu, share(fields["lungs"], width), lung)


def _fissures(lung: Field, fields: dict[str, Field], width: float) -> None:
    """Plates of two pleurae, thinner than a voxel."""
    right = fields["right"] < 0
    upper = fields["right oblique"] > 0
    near = np.where(right, np.abs(fields["right oblique"]), np.abs(fields["left oblique"]))
    near = np.where(right & upper, np.minimum(near, np.abs(fields["horizontal"])), near)
    part = np.clip(1.0 - near / max(width, FISSURE_MM), 0.0, 1.0) * min(FISSURE_MM / width, 1.0)
    part *= np.clip(fields["fissure"] * 4.0, 0.0, 1.0)
    tissue.mix(lung, part, np.maximum(lung, np.float32(FISSURE_HU)))


def _landmarks(person: Frame, grid: Grid) -> dict[str, Any]:
    """The carina and the five levels of Goh as slice (None outside the scan) and patient position in mm."""
    dome = np.array([(*thorax.DOMES["right"][:2], thorax.DOMES["right"][2])])
    points = np.array(
        [(0, 15, mediastinum.CARINA_Z), (0, 0, mediastinum.GREAT_VESSELS_Z), (0, 0, mediastinum.VENOUS_CONFLUENCE_Z)]
    )
    carina, great, veins = person.place(points)[:, 2]
    base = float(person.place(dome)[0, 2]) + 10.0
    heights = [great, carina, veins, (veins + base) / 2, base]
    levels = [{"level": i, **_slice(float(z), grid)} for i, z in enumerate(heights, 1)]
    return {"carina": _slice(float(carina), grid), "goh_levels": levels}


def _slice(z: float, grid: Grid) -> dict[str, Any]:
    index = round((z - float(grid.z[0])) / grid.spacing_mm[2])
    return {"slice": index if 0 <= index < grid.shape[0] else None, "position_mm": round(z, 2)}
