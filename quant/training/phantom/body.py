"""Skin, fat, muscle and the bones that follow the cage, in reference coordinates (mm)."""

from __future__ import annotations

import numpy as np

from quant.training.phantom.frame import Frame
from quant.training.phantom.shapes import Coords, Field, capsule, ellipsoid, profile, smooth_min
from quant.training.phantom.thorax import Thorax

# Thickness of muscle and ribs around the cage, and of the fat outside them.
SIDE_MM, FRONT_MM, BACK_MM = 17.0, 19.0, 30.0
FAT_MM = (6.0, 22.0)
# Ribs: at the spine rib k leaves at FIRST_Z - RISE * k and drops by DROP + DROP_EACH * k on its way to the front.
FIRST_Z, RISE, DROP, DROP_EACH = 114.0, 22.0, 35.0, 6.0
CARTILAGE_FROM = 2.30


def build(frame: Frame, thorax: Thorax) -> dict[str, Field]:
    """Fields of the model grid: distances `skin`, `muscle`; `angle` around the chest, `rib` its number, `cage`."""
    at = frame.bony
    angle = around(at)
    muscle = smooth_min(thorax.cage - _padding(at, angle), _shoulders(at), 14.0)
    fat = FAT_MM[0] + frame.fatness * (FAT_MM[1] - FAT_MM[0])
    skin = smooth_min(muscle - fat * _fat_share(at, angle), _outline(at), 20.0)
    if frame.subject.sex == "F":
        skin = smooth_min(skin, _breasts(at, frame.fatness), 22.0)
    return {
        "skin": skin,
        "muscle": muscle,
        "angle": angle,
        "rib": rib_number(at.z, angle),
        "cage": thorax.cage,
        "limbs": _limbs(at),
    }


def around(at: Coords) -> Field:
    """Angle around the chest: 0 at the spine, pi at the sternum, the same on both sides."""
    angle: Field = np.arctan2(np.abs(at.x), at.y - 8.0).astype(np.float32)
    return angle


def rib_number(z: Field, angle: Field) -> Field:
    """The number of the rib at each height and angle; whole numbers are the middle of a rib."""
    way = descent(angle)
    number: Field = ((FIRST_Z - DROP * way - z) / (RISE + DROP_EACH * way)).astype(np.float32)
    return number


def descent(angle: Field) -> Field:
    """How far a rib has come down, 0 at the spine to 1 where its cartilage begins; that rises to the sternum."""
    way: Field = np.interp(angle, (0.0, 0.3, 1.0, 1.7, 2.3, 2.7, 3.14), (0.0, 0.02, 0.34, 0.74, 1.0, 0.93, 0.72))
    return way.astype(np.float32)


def _padding(at: Coords, angle: Field) -> Field:
    pectoral = 12.0 * np.exp(-(((at.z - 10.0) / 45.0) ** 2)) * np.exp(-(((angle - 2.4) / 0.5) ** 2))
    flank = 13.0 * np.exp(-(((angle - 1.1) / 0.45) ** 2)) * np.clip((at.z + 90.0) / 80.0, 0.0, 1.0)
    front, back = np.clip((angle - 2.2) / 0.8, 0.0, 1.0), np.clip((0.75 - angle) / 0.6, 0.0, 1.0)
    midline = 12.0 * np.exp(-((at.x / 9.0) ** 2)) * (at.y > 0)
    padding: Field = (
        SIDE_MM + (FRONT_MM - SIDE_MM) * front + (BACK_MM - SIDE_MM) * back + pectoral + flank - 0.4 * midline
    )
    padded: Field = padding.astype(np.float32)
    return padded


def _fat_share(at: Coords, angle: Field) -> Field:
    """Fat is thin over the sternum and the spine, thick at the sides of the belly."""
    thin = 1.0 - 0.45 * np.clip((angle - 2.6) / 0.4, 0.0, 1.0) - 0.3 * np.clip((0.3 - angle) / 0.3, 0.0, 1.0)
    low = 1.0 + 0.5 * np.clip((-80.0 - at.z) / 120.0, 0.0, 1.0)
    part: Field = (thin * low).astype(np.float32)
    return part


def _shoulders(at: Coords) -> Field:
    """Neck, shoulders and the raised upper arms."""
    neck = np.hypot(at.x, (at.y - 20.0) * 0.95) - profile(at.z, (60, 95, 120, 145), (70, 84, 72, 60))
    neck = np.maximum(neck, 40.0 - at.z)
    shoulder = smooth_min(
        _mirrored(at, (55, 42, 78), (128, 38, 70), 36.0, 40.0),
        _mirrored(at, (128, 38, 70), (172, 20, 140), 40.0, 44.0),
        20.0,
    )
    return smooth_min(neck.astype(np.float32), shoulder, 26.0)


def _mirrored(at: Coords, a: tuple[float, float, float], b: tuple[float, float, float], ra: float, rb: float) -> Field:
    return capsule(Coords(np.abs(at.x), at.y, at.z), a, b, ra, rb)


def _limbs(at: Coords) -> Field:
    """Collar bones and the upper arms raised beside the head."""
    clavicle = _mirrored(at, (20, -46, 56), (58, -44, 72), 7.5, 6.0)
    clavicle = smooth_min(clavicle, _mirrored(at, (58, -44, 72), (104, -4, 92), 5.5, 5.5), 4.0)
    clavicle = smooth_min(clavicle, _mirrored(at, (104, -4, 92), (140, 16, 96), 5.5, 6.5), 4.0)
    head = _mirrored(at, (150, 34, 92), (154, 32, 98), 22.0, 22.0)
    shaft = _mirrored(at, (156, 32, 100), (176, 18, 150), 13.0, 10.5)
    return np.minimum(clavicle, smooth_min(head, shaft, 8.0))


def _outline(at: Coords) -> Field:
    """The least the trunk measures, so that no waist is cut in."""
    norm = np.sqrt((at.x / 146.0) ** 2 + ((at.y - 6.0) / 106.0) ** 2)
    outline: Field = np.maximum((norm - 1.0) * 106.0, at.z - 40.0).astype(np.float32)
    return outline


def _breasts(at: Coords, fatness: float) -> Field:
    size = 26.0 + 14.0 * fatness
    return ellipsoid(Coords(np.abs(at.x), at.y, at.z), (74.0, -96.0, -48.0), (52.0, size, 56.0))
