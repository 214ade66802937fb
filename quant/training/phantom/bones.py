"""Bones drawn at the scanner's resolution: ribs, spine, sternum, shoulder blades, in reference coordinates (mm).

Each function returns the distance to the surface of a bone; the marrow lies a cortex deeper.
"""

from __future__ import annotations

import numpy as np

from quant.training.phantom.body import CARTILAGE_FROM, DROP_EACH, RISE, descent
from quant.training.phantom.mediastinum import spine_y
from quant.training.phantom.shapes import Coords, Field, capsule, profile

VERTEBRA_MM, FIRST_VERTEBRA_Z = 22.5, 96.0
# Angles around the chest become lengths at this distance from its axis.
RADIUS_MM = 90.0
RIB_OUT_MM, RIB_HALF_THICK, RIB_HALF_HIGH, SLOPE_COSINE = 6.2, 3.3, 6.0, 0.93


def ribs(cage: Field, rib: Field, angle: Field) -> tuple[Field, Field]:
    """Bony ribs and their cartilages, by the distance from the cage's inner wall."""
    nearest = np.clip(np.rint(rib), 1, 12)
    off = (rib - nearest) * (RISE + DROP_EACH * descent(angle)) * SLOPE_COSINE
    norm = np.sqrt(((cage - RIB_OUT_MM) / RIB_HALF_THICK) ** 2 + (off / RIB_HALF_HIGH) ** 2)
    around = (norm - 1.0) * RIB_HALF_THICK
    ends = np.select([nearest >= 12, nearest >= 11, nearest >= 9], [0.9, 1.4, 2.0], CARTILAGE_FROM)
    past = (angle - ends) * RADIUS_MM
    spine_end = (0.22 - angle) * RADIUS_MM
    bone = np.maximum(around, np.maximum(past, spine_end)).astype(np.float32)
    reach = np.where(nearest <= 7, 2.98, np.where(nearest <= 9, 2.7, 0.0))
    cartilage = np.maximum(around, np.maximum(-past, (angle - reach) * RADIUS_MM)).astype(np.float32)
    return bone, cartilage


def spine(at: Coords) -> tuple[Field, Field, Field]:
    """Vertebrae, discs, and the canal, near the spine."""
    level = (FIRST_VERTEBRA_Z - at.z) / VERTEBRA_MM
    phase = level - np.floor(level)
    x, y = np.abs(at.x), at.y - spine_y(at.z)
    size = profile(at.z, (-220, 0, 110), (1.22, 1.0, 0.86))
    canal = (np.sqrt((x / 10.0) ** 2 + ((y - 24.0 * size) / 8.5) ** 2) - 1.0) * 8.5
    column = (np.sqrt((x / (17.0 * size)) ** 2 + (np.abs(y / (14.0 * size)) ** 2.6)) - 1.0) * 14.0 * size
    column = np.maximum(column, -(canal + 2.0))
    gap = (np.abs(phase - 0.5) - 0.40) * VERTEBRA_MM
    body = np.maximum(column, gap)
    disc = np.maximum(column - 0.6, -gap)
    bone = np.minimum(body, _arch(x, y, phase, canal, size))
    return bone.astype(np.float32), disc.astype(np.float32), canal.astype(np.float32)


def _arch(x: Field, y: Field, phase: Field, canal: Field, size: Field) -> Field:
    """Pedicles, laminae, transverse and spinous processes of the vertebra at this phase (0 at its top)."""
    high = (np.abs(phase - 0.34) - 0.24) * VERTEBRA_MM
    ring = np.abs(canal - 2.8) - np.where(y > 24.0 * size, 2.4, 2.6)
    lamina = np.where(y > 22.0 * size, ring - 0.4 + 5.0 * np.clip(np.abs(phase - 0.5) - 0.36, 0, 1), 99.0)
    pedicle = np.maximum(np.maximum(np.abs(x - 12.0 * size) - 3.6, np.abs(y - 18.0 * size) - 9.0), high)
    wing = _bar(x, y, (12.0, 27.0), (33.0, 36.0), 4.6)
    wing = np.maximum(wing, (np.abs(phase - 0.40) - 0.2) * VERTEBRA_MM)
    thorn = np.maximum(np.maximum(x - 2.6, 32.0 * size - y), y - (44.0 + 16.0 * np.clip(phase, 0.0, 1.0)))
    arch: Field = np.minimum(np.minimum(lamina, pedicle), np.minimum(wing, thorn))
    return np.maximum(arch, -canal)


def _bar(x: Field, y: Field, a: tuple[float, float], b: tuple[float, float], radius: float) -> Field:
    zero = np.zeros_like(x)
    return capsule(Coords(x, y, zero), (*a, 0.0), (*b, 0.0), radius, radius * 0.9)


def sternum(at: Coords) -> Field:
    """Manubrium, body and sword of the breastbone."""
    half = profile(at.z, (-128, -112, -80, -30, 8, 16, 24, 46, 58), (3, 8, 18, 16, 14, 17, 27, 30, 18))
    front = profile(at.z, (-140, -100, -60, -20, 20, 50, 72), (-97, -101, -101, -96, -82, -62, -44))
    norm = ((np.abs(at.x) / half) ** 4 + (np.abs(at.y - front) / 5.4) ** 4) ** 0.25
    ends = np.maximum(at.z - 58.0, -130.0 - at.z)
    joint = 1.6 - np.abs(at.z - 14.0)
    bone: Field = np.maximum(np.maximum((norm - 1.0) * 5.4, ends), joint).astype(np.float32)
    return bone


def blades(cage: Field, angle: Field, z: Field) -> Field:
    """Shoulder blades: thin plates behind the ribs, thicker at the border to the arm, and their spines."""
    lower, upper = np.float32(0.52), np.clip(1.32 + 0.0012 * (z + 60.0), 1.2, 1.45)
    tip = np.clip((z + 72.0) / 120.0, 0.0, 1.0)
    middle = (lower + upper) / 2
    wide = (upper - lower) / 2 * np.minimum(0.25 + 1.2 * tip, 1.0)
    edge = np.abs(angle - middle - 0.12) - wide
    thick = 2.2 + 3.2 * np.clip((angle - upper + 0.18) / 0.18, 0.0, 1.0)
    plate = np.maximum(np.abs(cage - 21.0 - 10.0 * np.clip((angle - 0.9) / 0.4, 0, 1)) - thick, edge * RADIUS_MM)
    plate = np.maximum(plate, np.maximum(-72.0 - z, z - 78.0))
    ridge = np.maximum(
        np.maximum(np.abs(z - 52.0 - 30.0 * (angle - 0.9)) - 3.5, np.abs(cage - 31.0) - 9.0), edge * RADIUS_MM
    )
    bone: Field = np.minimum(plate, ridge).astype(np.float32)
    return bone
