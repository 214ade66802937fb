"""The five patterns by density rules and the texture network joined. It waits: `run.quantify` goes by the rules alone.

What would have to hold before it does is in docs/decisions/009.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quant.engine import fusion, patterns, recognise
from quant.engine.arrays import Hu, Labels, Mask, Spacing
from quant.engine.identity import DEFAULTS
from quant.engine.patterns import CONSOLIDATION, EMPHYSEMA, GROUND_GLASS, HONEYCOMBING, RETICULATION
from quant.engine.sampling import block_mean, factors_for, upsample

if TYPE_CHECKING:
    import torch

    from quant.engine.pattern_net import PatternNet

LATER_WINS = (EMPHYSEMA, GROUND_GLASS, RETICULATION, HONEYCOMBING, CONSOLIDATION)


def find(hu: Hu, lung: Mask, voxel_mm: Spacing, device: torch.device, net: PatternNet | None = None) -> Labels:
    """Pattern labels 0..5 of a crop around the lungs; by the weights that lie in the source where no `net` is given."""
    factors = factors_for(voxel_mm, DEFAULTS.pattern_mm)
    z, y, x = (mm * f for mm, f in zip(voxel_mm, factors, strict=True))
    blocks = block_mean(hu, factors, device), block_mean(lung, factors, device) > 0.5
    texture = patterns.describe(*blocks, (z, y, x))
    seen = recognise.probabilities(net or recognise.trained(str(device)), hu, lung, factors, voxel_mm[0], device)
    joined = fusion.join(patterns.classify(texture), seen, texture.smoothed, texture.lung, texture.voxel_mm)
    fine = np.zeros(hu.shape, np.uint8)
    for value in LATER_WINS:
        if (joined.labels == value).any():
            fine[lung & (upsample((joined.labels == value).astype(np.float32), factors, hu.shape, device) > 0.5)] = (
                value
            )
    return fine
