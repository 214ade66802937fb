"""The rib cage, the diaphragm and the lungs between them and the mediastinum, in reference coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quant.training.phantom import mediastinum
from quant.training.phantom.frame import PITCH_MM, Frame
from quant.training.phantom.shapes import Coords, Field, profile, smooth_max, smooth_min, to_distance

# The inner wall of the cage by height: half width, front and back.
LEVELS = (-225.0, -180.0, -140.0, -100.0, -60.0, -20.0, 20.0, 50.0, 72.0, 88.0, 100.0, 112.0)
HALF_WIDTH = (124.0, 129.0, 132.0, 132.0, 129.0, 123.0, 112.0, 98.0, 82.0, 62.0, 38.0, 14.0)
FRONT = (-72.0, -80.0, -87.0, -91.0, -91.0, -86.0, -72.0, -52.0, -32.0, -10.0, 10.0, 30.0)
BACK = (82.0, 88.0, 92.0, 95.0, 95.0, 93.0, 89.0, 83.0, 77.0, 71.0, 64.0, 56.0)
SQUARENESS = 2.25
# Domes: centre x, centre y, top z; radii to the wall; drop at the wall in front, at the side, behind.
DOMES = {"right": (-66.0, -12.0, -108.0), "left": (68.0, -8.0, -120.0)}
DOME_RADII = (68.0, 80.0, 100.0)
DROPS = (42.0, 78.0, 98.0)
STEEPNESS = 1.25


@dataclass(frozen=True, eq=False)
class Thorax:
    """Distances in mm on the model grid, negative inside.

    `cage` the inner wall; `diaphragm` negative above it; `lungs` both; `right` negative on the right side.
    `depth` is the distance to the nearest costal or diaphragmatic pleura, positive within the lung.
    """

    cage: Field
    diaphragm: Field
    lungs: Field
    right: Field
    depth: Field


def build(frame: Frame, great: Field) -> Thorax:
    """The thorax of a person with these great vessels."""
    at = frame.soft
    wall = cage(at)
    below = to_distance(dome(at) - at.z, PITCH_MM)
    outside = smooth_min(mediastinum.envelope(at, great), spine_column(frame.bony), 6.0)
    lungs = smooth_max(smooth_max(wall, below, 2.5), -outside, 3.0)
    return Thorax(wall, below, lungs, at.x + _midline_bend(at), np.minimum(-wall, -0.8 * below))


def cage(at: Coords) -> Field:
    """The inner wall of the rib cage."""
    half, front, back = (profile(at.z, LEVELS, values) for values in (HALF_WIDTH, FRONT, BACK))
    middle, depth = (front + back) / 2, (back - front) / 2
    norm = (np.abs(at.x / half) ** SQUARENESS + np.abs((at.y - middle) / depth) ** SQUARENESS) ** (1 / SQUARENESS)
    top = at.z - 113.0
    return to_distance(np.maximum((norm - 1.0) * depth, top), PITCH_MM)


def dome(at: Coords) -> Field:
    """Height of the diaphragm above each point of the plane."""
    sides = [_hemidiaphragm(at, centre) for centre in DOMES.values()]
    return -smooth_min(-sides[0], -sides[1], 12.0)


def _hemidiaphragm(at: Coords, centre: tuple[float, float, float]) -> Field:
    cx, cy, top = centre
    across, front, back = DOME_RADII
    dx = (at.x - cx) / across
    dy = np.where(at.y < cy, (at.y - cy) / front, (at.y - cy) / back)
    square = dx**2 + dy**2
    # The side of the middle falls off little: there the pericardium rests on it.
    inward = (at.x * np.sign(cx)) < abs(cx)
    side = np.where(inward, 30.0, DROPS[1])
    ends = np.where(at.y < cy, DROPS[0], DROPS[2])
    drop = (side * dx**2 + ends * dy**2) / np.maximum(square, 1e-6)
    height: Field = (top - drop * square**STEEPNESS).astype(np.float32)
    return height


def spine_column(at: Coords) -> Field:
    """What the vertebrae and the rib heads keep the lungs away from."""
    y = at.y - mediastinum.spine_y(at.z)
    half = np.interp(y, (-17.0, -13.0, 0.0, 14.0, 28.0, 40.0, 60.0), (0.0, 13.0, 20.0, 20.0, 24.0, 32.0, 56.0))
    side = np.abs(at.x) - half.astype(np.float32)
    return smooth_max(side.astype(np.float32), -16.5 - y, 4.0)


def _midline_bend(at: Coords) -> Field:
    """Behind the sternum the right lung reaches over the midline, below it the heart pushes the left one aside."""
    front = np.clip((-30.0 - at.y) / 40.0, 0.0, 1.0)
    bend: Field = (-6.0 * front).astype(np.float32)
    return bend
