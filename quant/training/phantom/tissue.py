"""Density of each point of a plane through the person, before the scanner blurs it."""

from __future__ import annotations

import numpy as np

from quant.training.phantom import bones, tiles
from quant.training.phantom.model import Subject
from quant.training.phantom.shapes import Coords, Field, share

AIR, FAT, SKIN, MUSCLE, BLOOD, DIAPHRAGM = -1000.0, -105.0, 15.0, 56.0, 42.0, 48.0
LIVER, SPLEEN, STOMACH, DISC, CARTILAGE, CANAL = 58.0, 48.0, 28.0, 85.0, 95.0, 18.0
# In the order in which they are drawn over each other.
BELOW = {"under": FAT, "liver": LIVER, "spleen": SPLEEN, "stomach": STOMACH, "gas": AIR, "vessels": BLOOD}
SKIN_MM, CORTEX_MM = 1.8, 1.1
TABLE, TABLE_Y, TABLE_CURVE = -350.0, 152.0, 34.0
CORTEX, SPINE_CORTEX = 620.0, 420.0
# Half width, front and back of what is drawn around spine and sternum, mm of the reference chest.
NEAR_SPINE, NEAR_STERNUM = (46.0, 18.0, 135.0), (34.0, -125.0, -20.0)


def body(hu: Field, fields: dict[str, Field], subject: Subject, width: float) -> None:
    """Draw everything but lungs, airways and vessels of the lung into a window that holds air."""
    mix(hu, share(fields["skin"], width), SKIN)
    mix(hu, share(fields["skin"] + SKIN_MM, width), FAT)
    _wall(hu, fields, width)
    _middle(hu, fields, width)
    _skeleton(hu, fields, subject, width)


def table(hu: Field, y: Field, x: Field, width: float) -> None:
    """The shell of the couch below the person."""
    depth = y[:, None] - (TABLE_Y - (x[None] / TABLE_CURVE) ** 2)
    shell = np.minimum(np.abs(depth) - 1.2, np.abs(depth - 26.0) - 1.0)
    shell = np.maximum(shell, np.abs(x[None]) - 205.0)
    mix(hu, share(shell, width), TABLE)


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
    # Fat between the layers comes and goes: a sheet around the ribs, another under the outer muscles.
    sheet = share(np.abs(cage - 13.5 - 0.8 * fields["streaks"]) - 0.5 - 0.7 * fields["streaks"], width)
    outer = share(np.abs(cage - 25.0 - 2.0 * fields["streaks"]) - 0.2 - 1.0 * fields["streaks"], width)
    mix(hu, muscle * (1.0 - 0.7 * np.maximum(sheet, outer)), MUSCLE)
    mix(hu, share(cage - 1.5, width), FAT)


def _middle(hu: Field, fields: dict[str, Field], width: float) -> None:
    """Mediastinum and abdomen, on the fat that fills the cage; solids that this plane misses are absent."""
    if "organs" in fields:
        mix(hu, share(fields["organs"], width), BLOOD)
    if "diaphragm" in fields:
        mix(hu, share(fields["diaphragm"], width) * share(fields["cage"], width), DIAPHRAGM)
    for solid, value in BELOW.items():
        if solid in fields and "under" in fields:
            mix(hu, share(fields[solid], width), value)


def _skeleton(hu: Field, fields: dict[str, Field], subject: Subject, width: float) -> None:
    marrow = marrow_hu(subject.age_years)
    at = Coords(fields["x"], fields["y"], fields["z"])
    bone, cartilage = bones.ribs(fields["cage"], fields["rib"], fields["angle"])
    mix(hu, share(cartilage, width), CARTILAGE)
    blades = np.maximum(bones.blades(fields["cage"], fields["angle"], at.z), fields["muscle"] + 2.0)
    bone = np.minimum(bone, blades)
    if "limbs" in fields:
        bone = np.minimum(bone, fields["limbs"])
    _bone(hu, bone, width, CORTEX, marrow)
    if cut := _near(at, *NEAR_STERNUM):
        _bone(hu[cut], bones.sternum(at.part(cut)), width, CORTEX, marrow)
    if cut := _near(at, *NEAR_SPINE):
        _spine(hu[cut], at.part(cut), width, marrow)


def _near(at: Coords, half_width: float, front: float, back: float) -> tuple[slice, slice] | None:
    """Rows and columns of a part of the plane around the midline, None where it is empty."""
    rows = np.flatnonzero(((at.y > front) & (at.y < back)).any(axis=1))
    columns = np.flatnonzero((np.abs(at.x) < half_width).any(axis=0))
    if not len(rows) or not len(columns):
        return None
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _spine(hu: Field, at: Coords, width: float, marrow: float) -> None:
    bone, disc, canal = bones.spine(at)
    mix(hu, share(disc, width), DISC)
    mix(hu, share(canal, width), CANAL)
    _bone(hu, bone, width, SPINE_CORTEX, marrow)


def _bone(hu: Field, bone: Field, width: float, cortex: float, marrow: float) -> None:
    mix(hu, share(bone, width), cortex)
    mix(hu, share(bone + CORTEX_MM, width), marrow)


def lung_hu(fields: dict[str, Field], height: float, y: Field, x: Field) -> Field:
    """Parenchyma without disease: its smooth density and the grain of the lobules."""
    return fields["air"] + 9.0 * tiles.grain(0.9, 3.0).plane(height, y, x)
