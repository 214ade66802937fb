"""Rules and network together: which of the two names each pattern.

Rules follow the density to its edge and know dense tissue and air; the network tells textures apart.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from quant.engine.arrays import Image, Labels, Mask, Spacing
from quant.engine.identity import DEFAULTS
from quant.engine.morphology import drop_small

GROUND_GLASS, CONSOLIDATION, RETICULATION, HONEYCOMBING, EMPHYSEMA = 1, 2, 3, 4, 5
BESIDE = (1, 3, 3)


class Joined(NamedTuple):
    """`labels` 0..5 (z, y, x); `hollow` is where single dark voxels are emphysema, its holes smaller than a block."""

    labels: Labels
    hollow: Mask


class Odds(NamedTuple):
    """What the network must give a place: `fibrosis` its least probability.

    `honeycombing`: how many times likelier it must be than reticulation; `glass`: than fibrosis ground glass, for the
    rules to keep it.
    """

    fibrosis: float = DEFAULTS.fibrosis_share
    honeycombing: float = DEFAULTS.honeycombing_odds
    glass: float = DEFAULTS.glass_odds


USUAL = Odds()


def join(
    ruled: Labels,
    seen: Image,
    smoothed: Image,
    lung: Mask,
    voxel_mm: Spacing,
    hole_hu: Image,
    odds: Odds = USUAL,
) -> Joined:
    """From the labels by rules and the probabilities (classes, z, y, x) by the network, on one grid.

    `hole_hu` (1, y, 1): below it lung is nearer to air alone than to normal lung.
    """
    labels = np.where(lung, ruled, 0).astype(np.uint8)
    voxels_per_ml = 1000.0 / float(np.prod(voxel_mm))
    either = seen[RETICULATION] + seen[HONEYCOMBING]
    # Where the rules see ground glass and the network rather that than lines, it is ground glass.
    agreed = (labels == GROUND_GLASS) & (seen[GROUND_GLASS] > odds.glass * either)
    fibrosis = drop_small(lung & ~agreed & (either > odds.fibrosis), DEFAULTS.least_fibrosis_ml * voxels_per_ml)
    cysts = seen[HONEYCOMBING] > odds.honeycombing * seen[RETICULATION]
    which = np.where(cysts, np.uint8(HONEYCOMBING), np.uint8(RETICULATION))
    labels[fibrosis] = which[fibrosis]
    labels[(labels == EMPHYSEMA) & (seen[EMPHYSEMA] < DEFAULTS.no_emphysema_share)] = 0
    free = (labels == 0) & lung
    labels[free & (seen[EMPHYSEMA] > DEFAULTS.emphysema_share) & (smoothed < hole_hu)] = EMPHYSEMA
    beside = ndimage.maximum_filter(seen[EMPHYSEMA], BESIDE) > DEFAULTS.hollow_share
    return Joined(labels, (free & beside) | (labels == EMPHYSEMA))
