"""Heart, great vessels, gullet and the fat between them, in reference coordinates (mm)."""

from __future__ import annotations

import numpy as np

from quant.training.phantom.shapes import Coords, Field, Point, ellipsoid, profile, smooth_max, smooth_min, tube

Way = tuple[tuple[Point, ...], tuple[float, ...]]

# Polylines (x, y, z) with radii. The origin is the carina's height, x = 0 the midline.
AORTA: Way = (
    (
        (8, -28, -48), (-6, -36, -32), (-16, -38, -12), (-15, -34, 6), (-8, -22, 20), (4, -6, 26), (16, 12, 26),
        (25, 28, 18), (27, 38, 4), (25, 42, -20), (22, 43, -60), (17, 40, -110), (10, 36, -150), (5, 34, -240),
    ),
    (17, 16.5, 15.5, 15, 14, 13.5, 13, 12.5, 12, 11.5, 11.5, 11, 10.5, 9.5),
)  # fmt: skip
SUPERIOR_CAVA: Way = (((-26, -12, -42), (-29, -14, -15), (-28, -18, 15), (-24, -24, 38)), (9.5, 9, 8.5, 8))
LEFT_BRACHIOCEPHALIC: Way = (((-24, -24, 38), (0, -34, 43), (22, -30, 54), (34, -14, 72)), (8, 6.5, 6, 6))
RIGHT_BRACHIOCEPHALIC: Way = (((-24, -24, 38), (-29, -18, 56), (-34, -8, 78), (-40, -6, 110)), (8, 7, 6.5, 6))
BRACHIOCEPHALIC_ARTERY: Way = (
    ((-6, -20, 27), (-12, -14, 44), (-22, -8, 66), (-34, 2, 84), (-56, 4, 100)),
    (6.5, 6, 5.5, 5, 4.5),
)
RIGHT_CAROTID: Way = (((-22, -8, 66), (-22, -6, 90), (-24, -4, 145)), (4, 3.8, 3.6))
LEFT_CAROTID: Way = (((4, -8, 32), (9, -4, 52), (20, -2, 84), (24, -4, 145)), (4.2, 4, 3.8, 3.6))
LEFT_SUBCLAVIAN: Way = (((17, 10, 34), (23, 12, 56), (28, 14, 78), (40, 8, 96), (62, 4, 104)), (5.2, 5, 4.8, 4.6, 4.4))
PULMONARY_TRUNK: Way = (((22, -44, -52), (23, -40, -36), (20, -28, -22), (17, -17, -14)), (14, 14, 14, 13.5))
RIGHT_PULMONARY: Way = (((17, -16, -16), (2, -10, -20), (-16, -7, -22), (-33, -4, -23)), (12, 10.5, 10.5, 9.5))
LEFT_PULMONARY: Way = (((17, -17, -12), (28, -6, -6), (36, 8, -8), (40, 18, -18)), (12.5, 11.5, 10.5, 9.5))
INFERIOR_CAVA: Way = (((-22, -14, -84), (-24, -8, -106), (-22, 2, -130), (-20, 14, -240)), (11, 12, 12.5, 12))
AZYGOS: Way = (
    ((-6, 33, -200), (-7, 32, -40), (-9, 30, 2), (-18, 18, 13), (-26, -2, 11), (-28, -12, 8)),
    (3, 3.5, 4, 4.5, 4.5, 4.5),
)
GULLET: Way = (
    ((2, 22, 140), (3, 24, 60), (4, 26, 10), (3, 27, -30), (4, 24, -70), (10, 18, -110), (18, 6, -140)),
    (7, 7.5, 7.5, 7.5, 8, 9, 10),
)
TRACHEA: Way = (((0, 4, 140), (0, 8, 80), (0, 12, 30), (0, 15, 2)), (11.5, 11.5, 11.5, 12.5))
RIGHT_MAIN: Way = (((0, 15, 4), (-14, 17, -12), (-25, 18, -24), (-34, 19, -42)), (10.5, 10, 9.5, 9))
LEFT_MAIN: Way = (((0, 15, 4), (14, 18, -14), (28, 19, -26), (39, 20, -34)), (10.5, 9, 8.5, 8.5))
VESSELS = (
    AORTA, SUPERIOR_CAVA, LEFT_BRACHIOCEPHALIC, RIGHT_BRACHIOCEPHALIC, BRACHIOCEPHALIC_ARTERY, RIGHT_CAROTID,
    LEFT_CAROTID, LEFT_SUBCLAVIAN, PULMONARY_TRUNK, RIGHT_PULMONARY, LEFT_PULMONARY, INFERIOR_CAVA, AZYGOS, GULLET,
)  # fmt: skip
AIRWAYS = (TRACHEA, RIGHT_MAIN, LEFT_MAIN)
# The ridge between the main bronchi, where their lumens part: below the meeting point of their axes. At this height
# the axes lie 11.4 mm to the right and 10.1 mm to the left, and the lumens cut aslant are 11.0 and 9.7 mm wide.
CARINA_Z = -9.0
FAR_MM = 40.0
# Heights of the Goh levels 1 and 3 in the reference chest: top of the arch, inferior veins entering the atrium.
GREAT_VESSELS_Z, VENOUS_CONFLUENCE_Z = 37.0, -56.0
HEART_AXES = np.array([[0.76, -0.42, -0.50], [0.55, 0.82, 0.15], [0.35, -0.39, 0.85]])


def spine_y(z: Field) -> Field:
    """How far back the middle of the vertebral bodies lies: the curve of the back."""
    return profile(z, (-235, -160, -90, -40, 10, 60, 100, 140), (44, 50, 56, 58, 56, 48, 38, 28))


def envelope(at: Coords, great: Field) -> Field:
    """Everything between the lungs, its fat included; `great` are the great vessels."""
    contents = smooth_min(heart(at) - 3.5, great - 1.5, 10.0)
    contents = smooth_min(contents, airways(at) - 1.0, 8.0)
    return smooth_min(smooth_min(contents, _core(at), 8.0), _fat(at), 9.0)


def heart(at: Coords) -> Field:
    """The muscle and the blood of the heart without its fat."""
    ventricles = ellipsoid(at, (24, -32, -76), (62, 43, 41), HEART_AXES)
    right_atrium = ellipsoid(at, (-18, -24, -68), (27, 29, 36))
    left_atrium = ellipsoid(at, (2, 8, -52), (37, 18, 21))
    return smooth_min(smooth_min(ventricles, right_atrium, 12.0), left_atrium, 8.0)


def vessels(at: Coords) -> Field:
    """The great vessels, the azygos vein and the gullet."""
    return _union(at, VESSELS)


def airways(at: Coords) -> Field:
    """Trachea and main bronchi with their walls."""
    return _union(at, AIRWAYS)


def _union(at: Coords, ways: tuple[Way, ...]) -> Field:
    """Tubes, looked at only where they can be; far from them a distance that takes no part."""
    found = np.full(at.x.shape, FAR_MM, np.float32)
    columns, rows = (np.abs(at.x) < 95.0).any(axis=(0, 1)), ((at.y > -85.0) & (at.y < 75.0)).any(axis=(0, 2))
    cut = (slice(None), *(slice(hit[0], hit[-1] + 1) for hit in map(np.flatnonzero, (rows, columns))))
    for points, radii in ways:
        np.minimum(found[cut], tube(at.part(cut), points, radii), out=found[cut])
    return found


def _core(at: Coords) -> Field:
    """The tissue between the vessels; behind the heart on the right it is thin: the azygo-oesophageal recess."""
    knots = (-150, -110, -60, -20, 20, 60, 90, 115)
    half = profile(at.z, knots, (6, 8, 12, 20, 20, 21, 28, 40))
    middle = profile(at.z, knots, (4, 8, 12, 4, 2, 0, 0, 0))
    behind = np.clip((at.y - 8.0) / 22.0, 0.0, 1.0) * np.clip((10.0 - at.z) / 20.0, 0.0, 1.0)
    side = np.abs(at.x - middle) - half * (1.0 - 0.75 * behind)
    ends = np.maximum(profile(at.z, knots, (-10, -20, -30, -42, -34, -30, -14, 0)) - at.y, at.y - 42.0)
    return smooth_max(side.astype(np.float32), ends.astype(np.float32), 6.0)


def _fat(at: Coords) -> Field:
    """The septum between the lungs, and the wedge of fat behind the sternum where the thymus was."""
    front = profile(at.z, (-140, -100, -40, 0, 30, 60, 90), (-88, -91, -90, -80, -66, -44, -12))
    behind = at.y - front
    widest = profile(at.z, (-140, -90, -50, -20, 10, 40, 70, 100), (34, 22, 7, 5, 10, 24, 34, 40))
    reach = profile(at.z, (-140, -90, -50, 20, 60, 100), (50, 40, 26, 34, 40, 50))
    half = 1.6 + widest * np.clip(1.0 - behind / reach, 0.0, 1.0)
    septum = np.abs(at.x - 6.0 * np.clip((-30.0 - at.y) / 40.0, 0.0, 1.0)) - half
    return smooth_max(septum.astype(np.float32), at.y - 40.0, 3.0)
