"""Rules and network together: which of the two names each pattern, and between which limits its extent lies.

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
    """`labels` 0..5 (z, y, x); `surely` and `possibly` hold bit n - 1 where a voxel is so of pattern n.

    What is surely of a pattern has its label; what has its label is possibly of it. `hollow` is where single dark
    voxels are emphysema, whose holes may be smaller than a block.
    """

    labels: Labels
    surely: Labels
    possibly: Labels
    hollow: Mask


def join(
    ruled: Labels,
    seen: Image,
    smoothed: Image,
    lung: Mask,
    voxel_mm: Spacing,
    odds: float = DEFAULTS.honeycombing_odds,
    glass_odds: float = DEFAULTS.glass_odds,
) -> Joined:
    """From the labels by rules and the probabilities (classes, z, y, x) by the network, on one grid.

    `odds`: how many times likelier than reticulation honeycombing must be; `glass_odds`: than fibrosis ground glass,
    for the rules to keep it.
    """
    labels = np.where(lung, ruled, 0).astype(np.uint8)
    voxels_per_ml = 1000.0 / float(np.prod(voxel_mm))
    either = seen[RETICULATION] + seen[HONEYCOMBING]
    # Where the rules see ground glass and the network rather that than lines, it is ground glass.
    agreed = (labels == GROUND_GLASS) & (seen[GROUND_GLASS] > glass_odds * either)
    fibrosis = drop_small(
        lung & ~agreed & (either > DEFAULTS.fibrosis_share), DEFAULTS.least_fibrosis_ml * voxels_per_ml
    )
    which = np.where(seen[HONEYCOMBING] > odds * seen[RETICULATION], np.uint8(HONEYCOMBING), np.uint8(RETICULATION))
    labels[fibrosis] = which[fibrosis]
    labels[(labels == EMPHYSEMA) & (seen[EMPHYSEMA] < DEFAULTS.no_emphysema_share)] = 0
    free = (labels == 0) & lung
    labels[free & (seen[EMPHYSEMA] > DEFAULTS.emphysema_share) & (smoothed < DEFAULTS.thin_hu)] = EMPHYSEMA
    beside = ndimage.maximum_filter(seen[EMPHYSEMA], BESIDE) > DEFAULTS.hollow_share
    return Joined(labels, *_limits(labels, seen, lung), (free & beside) | (labels == EMPHYSEMA))


def _limits(labels: Labels, seen: Image, lung: Mask) -> tuple[Labels, Labels]:
    """Where a mean of rules, blurred by a voxel, and network is high, and where it is not low."""
    surely, possibly = np.zeros_like(labels), np.zeros_like(labels)
    for pattern in range(1, len(seen)):
        named = labels == pattern
        if not named.any() and not (seen[pattern] > DEFAULTS.possible_share).any():
            continue
        blurred = ndimage.uniform_filter(named.astype(np.float32), 3)
        score = (blurred + seen[pattern]) / 2
        bit = np.uint8(1 << (pattern - 1))
        surely[named & (score > DEFAULTS.sure_share)] |= bit
        possibly[(named | (score > DEFAULTS.possible_share)) & lung] |= bit
    return surely, possibly
