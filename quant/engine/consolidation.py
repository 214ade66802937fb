"""Consolidation: lung as dense as tissue, and wider than a vessel.

Enhanced blood is brighter than tissue. Without contrast medium only the width tells a vessel, and near the middle
of the chest vessels are wide: what hangs together with it there must be wider still.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from quant.engine.arrays import Image, Mask, Spacing
from quant.engine.identity import DEFAULTS
from quant.engine.morphology import components, depth, dilate, drop_small


def find(smoothed: Image, opened: Image, lung: Mask, voxel_mm: Spacing) -> Mask:
    """From HU smoothed slightly, and HU without bright structures narrower than about 9 mm, both (z, y, x)."""
    dense = lung & (smoothed > DEFAULTS.consolidation_hu)
    # The border of the lung is no border of the disease: what ends there may be cut from something wide.
    deep = depth(dense | ~lung, voxel_mm)
    hilar = _at_hilum(dense & (deep > DEFAULTS.hilum_vessel_mm), lung, voxel_mm)
    narrow = dense & (deep > DEFAULTS.consolidation_depth_mm) & ~hilar
    wide = dense & dilate(_tissue(lung & (opened > DEFAULTS.consolidation_hu), smoothed), DEFAULTS.shell_mm, voxel_mm)
    core = _tissue(narrow, smoothed) | (wide & (deep > DEFAULTS.consolidation_depth_mm))
    half_dense = lung & (smoothed > DEFAULTS.consolidation_edge_hu)
    reach = DEFAULTS.consolidation_depth_mm + DEFAULTS.consolidation_edge_mm
    # Where vessels cross or fork they are wide for a moment.
    least = DEFAULTS.consolidation_ml * 1000.0 / float(np.prod(voxel_mm))
    return wide | drop_small(half_dense & dilate(core, reach, voxel_mm), least)


def _tissue(core: Mask, smoothed: Image) -> Mask:
    """The parts that are not as bright as enhanced blood."""
    labels = components(core, 26)
    tissue = ndimage.mean(smoothed, labels, np.arange(int(labels.max()) + 1)) < DEFAULTS.enhanced_hu
    tissue[0] = False
    found: Mask = tissue[labels]
    return found


def _at_hilum(thick: Mask, lung: Mask, voxel_mm: Spacing) -> Mask:
    """What is `thick` near the middle of the chest and hangs together with it."""
    away = depth(~_between(lung), voxel_mm)
    near = thick & (away < DEFAULTS.hilum_reach_mm)
    labels = components(near, 26)
    joined = np.zeros(int(labels.max()) + 1, bool)
    joined[labels[near & (away <= DEFAULTS.hilum_edge_mm)]] = True
    joined[0] = False
    found: Mask = joined[labels]
    return found


def _between(lung: Mask) -> Mask:
    """What is no lung and has lung on either hand in its row."""
    before = np.logical_or.accumulate(lung, axis=2)
    after = np.logical_or.accumulate(lung[:, :, ::-1], axis=2)[:, :, ::-1]
    return before & after & ~lung
