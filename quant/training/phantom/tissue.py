"""Density of each point of a plane through the person, before the scanner blurs it."""

from __future__ import annotations

import numpy as np

from quant.training.phantom import bones, tiles
from quant.training.phantom.model import Subject
from quant.training.phantom.shapes import Coords, Field, share

AIR, FAT, SKIN, MUSCLE, BLOOD, DIAPHRAGM = -1000.0, -105.0, 15.0, 56.0, 42.0, 48.0
LIVER, SPLEEN, STOMACH, DISC, CARTILAGE, CANAL = 58.0, 48.0, 28.0, 85.0, 95.0, 18.0
SKIN_MM, CORTEX_MM = 1.8, 1.1
CORTEX, MARROW = 620.0, 175.0
# Rows and columns around the spine, mm of the reference chest.
NEAR_SPINE = (46.0, 18.0, 135.0)


def plane(fields: dict[str, Field], subject: Subject, width: float) -> Field:
    """HU of everything but lungs, airways and vessels of the lung."""
    hu = np.full_like(fields["skin"], AIR)
    mix(hu, share(fields["skin"], width), SKIN)
    mix(hu, share(fields["skin"] + SKIN_MM, width), FAT)
    _wall(hu, fields, width)
    _middle(hu, fields, width)
    _skeleton(hu, fields, subject, width)
    return hu


def mix(hu: Field, part: Field, value: float | Field) -> None:
    """Replace a share of each voxel."""
    hu += part * (np.float32(value) - hu if isinstance(value, float) else value - hu)


def marrow_hu(age_years: float) -> float:
    """Trabecular bone thins with age: about 2.2 HU a year (Pickhardt, Ann Intern Med 2013;158:588)."""
    return max(260.0 - 2.2 * (age_years - 20.0), 60.0)


def _wall(hu: Field, fields: dict[str, Field], width: float) -> None:
    """Muscle around the cage in layers with fat between them, and between the ribs."""
    cage = fields["cage"]
    muscle = share(fields["muscle"], width)
    sheet = share(np.abs(cage - 14.5 - 2.0 * fields["streaks"]) - 0.9, width)
    outer = share(np.abs(cage - 24.0 - 4.0 * fields["streaks"]) - 0.8, width)
    mix(hu, muscle * (1.0 - 0.85 * np.maximum(sheet, outer)), MUSCLE)
    mix(hu, share(cage - 1.5, width), FAT)


def _middle(hu: Field, fields: dict[str, Field], width: float) -> None:
    """Mediastinum and abdomen, on the fat that fills the cage."""
    mix(hu, share(fields["organs"], width), BLOOD)
    below = share(-fields["diaphragm"], width) * share(fields["cage"], width)
    mix(hu, below, DIAPHRAGM)
    mix(hu, share(fields["under"], width), FAT)
    for organ, value in (("liver", LIVER), ("spleen", SPLEEN), ("stomach", STOMACH), ("gas", AIR)):
        mix(hu, share(fields[organ], width), value)
    mix(hu, share(fields["vessels below"], width), BLOOD)


def _skeleton(hu: Field, fields: dict[str, Field], subject: Subject, width: float) -> None:
    marrow = marrow_hu(subject.age_years)
    at = Coords(fields["x"], fields["y"], fields["z"])
    bone, cartilage = bones.ribs(fields["cage"], fields["rib"], fields["angle"])
    mix(hu, share(cartilage, width), CARTILAGE)
    bone = np.minimum(bone, np.minimum(bones.sternum(at), bones.blades(fields["cage"], fields["angle"], at.z)))
    _bone(hu, bone, width, marrow)
    wide, front, back = NEAR_SPINE
    rows = np.flatnonzero(((at.y > front) & (at.y < back)).any(axis=1))
    columns = np.flatnonzero((np.abs(at.x) < wide).any(axis=0))
    if len(rows) and len(columns):
        cut = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        _spine(hu[cut], at.part(cut), width, marrow)


def _spine(hu: Field, at: Coords, width: float, marrow: float) -> None:
    bone, disc, canal = bones.spine(at)
    mix(hu, share(disc, width), DISC)
    mix(hu, share(canal, width), CANAL)
    _bone(hu, bone, width, marrow)


def _bone(hu: Field, bone: Field, width: float, marrow: float) -> None:
    mix(hu, share(bone, width), CORTEX)
    mix(hu, share(bone + CORTEX_MM, width), marrow)


def lung_hu(fields: dict[str, Field], height: float, y: Field, x: Field) -> Field:
    """Parenchyma without disease: its smooth density and the grain of the lobules."""
    return fields["air"] + 9.0 * tiles.grain(0.9, 3.0).plane(height, y, x)
