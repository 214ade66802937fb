"""A phantom from a person, a scan and a disease."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from quant.training.phantom import draw, lesions, lobes, tissue, trees
from quant.training.phantom.acquire import Scanner
from quant.training.phantom.anatomy import anatomy
from quant.training.phantom.frame import Frame, frame
from quant.training.phantom.grid import Grid, Reader, Window, lay
from quant.training.phantom.lesions import Look, Thresholds
from quant.training.phantom.levels import landmarks
from quant.training.phantom.model import Disease, Labels, Phantom, Scan, Subject
from quant.training.phantom.shapes import Field, share
from quant.training.phantom.truth import Json, goh, truth

WORKERS = 2
WALL_MM, WALL_GROWS, WALL_FROM_MM, CENTRAL_WALL_MM = 0.30, 1.18, 0.85, 0.7
OPEN_FROM_MM = 0.62
FISSURE_MM, FISSURE_HU = 0.7, -280.0
BLOOD, WALL, AIR = 42.0, 30.0, -1000.0
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
    trees: trees.Trees

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
    _open_bronchi(model, patterns)
    hu = _scan(model, thresholds, subject, scan)
    grid = model.grid
    return Phantom(
        hu=hu,
        lungs=lungs,
        lobes=lobe_labels,
        patterns=patterns,
        airways=(model.lumen > draw.FULL // 2).astype(np.uint8),
        vessels=((model.vessels > draw.FULL // 2) & (lungs > 0)).astype(np.uint8),
        trees=model.trees,
        spacing_mm=grid.spacing_mm,
        origin_mm=(float(grid.x[0]), float(grid.y[0]), float(grid.z[0])),
        subject=subject,
        scan=scan,
        disease=disease,
        truth=_truth(model, lungs, lobe_labels, patterns),
    )


def _truth(model: _Model, lungs: Labels, lobe_labels: Labels, patterns: Labels) -> Json:
    marks = landmarks(model.frame, model.grid)
    marks["goh_levels"] = goh(marks["goh_levels"], lungs, patterns)
    return truth(lungs, lobe_labels, patterns, model.grid.spacing_mm) | marks


def _model(subject: Subject, scan: Scan, disease: Disease) -> _Model:
    """The person on the scanner's grid, with the fields that order the disease."""
    # The grid first: it is quick and refuses what cannot be scanned.
    grid = lay(frame(subject, scan.breath), scan)
    person = anatomy(subject, scan.breath)
    fields = person.fields | lesions.preferences(person.frame, person.chest, disease)
    airways, wide = person.trees.airways, trees.only_wide(person.trees.airways)
    lumen = draw.tubes(grid, airways, least_mm=WALL_FROM_MM)
    walls = draw.tubes(grid, airways, WALL_MM, WALL_GROWS, WALL_FROM_MM)
    vessels = np.maximum(draw.tubes(grid, person.trees.arteries), draw.tubes(grid, person.trees.veins))
    central = draw.tubes(grid, wide, CENTRAL_WALL_MM, WALL_GROWS)
    reader = Reader(person.frame, grid, fields)
    return _Model(
        person.frame, grid, reader, fields, vessels, walls, lumen, central > draw.FULL // 2, central > 0, person.trees
    )


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


def _open_bronchi(model: _Model, patterns: Labels) -> None:
    """Small bronchi, too thin to be seen in aerated lung, stand out dark where the lung around them is airless."""
    airless = patterns == lesions.CONSOLIDATION
    if airless.any():
        thin = draw.tubes(model.grid, model.trees.airways, least_mm=OPEN_FROM_MM)
        np.maximum(model.lumen, thin, out=model.lumen, where=airless)


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
