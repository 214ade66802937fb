"""Lobes and the fissures between them: curved surfaces that no two people share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quant.training.phantom.frame import PITCH_MM, Frame
from quant.training.phantom.shapes import Coords, Field, to_distance

RUL, RML, RLL, LUL, LLL = 1, 2, 3, 4, 5
WAVE_MM = 3.5


@dataclass(frozen=True, eq=False)
class Fissures:
    """Distances in mm, negative below the surface, and how far inside the drawn part (positive: drawn)."""

    right_oblique: Field
    left_oblique: Field
    horizontal: Field
    drawn: Field


def build(frame: Frame) -> Fissures:
    """The three fissures of a person."""
    at = frame.soft
    waves = [_waves(frame, i) for i in range(3)]
    right = to_distance(at.z - oblique(at, -1.0) - waves[0], PITCH_MM)
    left = to_distance(at.z - oblique(at, 1.0) - waves[1], PITCH_MM)
    horizontal = to_distance(at.z - _horizontal(at) - waves[2], PITCH_MM)
    return Fissures(right, left, horizontal, _drawn(frame))


def divide(right: Field, oblique_right: Field, oblique_left: Field, horizontal: Field) -> Field:
    """Lobe labels 1..5 from the distances at the same points."""
    upper = np.where(horizontal < 0, RML, RUL)
    on_right = np.where(oblique_right < 0, RLL, upper)
    labels: Field = np.where(right < 0, on_right, np.where(oblique_left < 0, LLL, LUL)).astype(np.uint8)
    return labels


def oblique(at: Coords, side: float) -> Field:
    """Height of an oblique fissure: high behind, low in front, twisted like a propeller blade."""
    lateral = np.abs(at.x) - 70.0
    start, slope = (-42.0, 1.02) if side < 0 else (-34.0, 1.10)
    y = at.y - 5.0
    height: Field = start + slope * y + 0.0016 * y**2 * np.sign(y) - 0.10 * lateral - 0.0018 * lateral * y
    return height.astype(np.float32)


def _horizontal(at: Coords) -> Field:
    """Height of the horizontal fissure: at the hilum, a shallow vault falling to the front and the side."""
    height: Field = (-26.0 - 0.0016 * (at.x + 60.0) ** 2 - 0.0014 * (at.y + 30.0) ** 2 + 0.06 * at.y).astype(np.float32)
    return height


def _waves(frame: Frame, which: int) -> Field:
    """What bends this person's fissure: a few mm over some cm, and where it starts and how steep it is."""
    random = np.random.default_rng([frame.subject.seed, 21, which])
    shift, tilt = random.normal(0.0, 5.0), random.normal(0.0, 0.05)
    bent: Field = WAVE_MM * frame.noise(21 + which, 48.0) + np.float32(shift) + np.float32(tilt) * frame.soft.y
    return bent


def _drawn(frame: Frame) -> Field:
    """Positive where fissures are complete; they fuse near the hilum, and more in some people than in others."""
    at = frame.soft
    random = np.random.default_rng([frame.subject.seed, 22])
    from_hilum = np.sqrt((np.abs(at.x) - 30.0) ** 2 + at.y**2 + (at.z + 25.0) ** 2) / 30.0
    return (frame.noise(25, 38.0) + from_hilum - random.uniform(1.6, 2.2)).astype(np.float32)
