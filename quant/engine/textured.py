"""The five patterns: density rules and the texture network joined, their limits, and the vessels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quant.engine import fusion, patterns, recognise
from quant.engine.arrays import Hu, Image, Labels, Mask, Spacing
from quant.engine.identity import DEFAULTS
from quant.engine.patterns import CONSOLIDATION, EMPHYSEMA, GROUND_GLASS, HONEYCOMBING, RETICULATION, Patterns
from quant.engine.sampling import block_mean, factors_for, upsample

if TYPE_CHECKING:
    import torch

    from quant.engine.pattern_net import PatternNet

LATER_WINS = (GROUND_GLASS, RETICULATION, HONEYCOMBING, CONSOLIDATION)


def find(hu: Hu, lung: Mask, voxel_mm: Spacing, device: torch.device, net: PatternNet | None = None) -> Patterns:
    """Patterns and vessels of a crop around the lungs; by the network that this engine brings, if none is given."""
    factors = factors_for(voxel_mm, DEFAULTS.pattern_mm)
    z, y, x = (mm * f for mm, f in zip(voxel_mm, factors, strict=True))
    texture = patterns.describe(block_mean(hu, factors, device), block_mean(lung, factors, device) > 0.5, (z, y, x))
    seen = recognise.probabilities(net or recognise.trained(str(device)), hu, lung, factors, voxel_mm[0], device)
    # Where a pixel is a block, walls and holes are blurred into one another: honeycombing looks less like itself, and
    # all fibrosis more like ground glass.
    coarse = factors[1:] == (1, 1)
    odds = DEFAULTS.coarse_honeycombing_odds if coarse else DEFAULTS.honeycombing_odds
    glass = DEFAULTS.coarse_glass_odds if coarse else DEFAULTS.glass_odds
    joined = fusion.join(
        patterns.classify(texture), seen, texture.smoothed, texture.lung, texture.voxel_mm, odds, glass
    )

    def up(image: Image | Mask) -> Image:
        return upsample(image.astype(np.float32), factors, hu.shape, device)

    fine: Labels = np.zeros(hu.shape, np.uint8)
    if joined.hollow.any():
        dark = patterns.holes(hu, lung, voxel_mm, patterns.normal_density(texture))
        fine[dark & (up(joined.hollow) > 0.5)] = EMPHYSEMA
    for value in LATER_WINS:
        if (joined.labels == value).any():
            fine[lung & (up(joined.labels == value) > 0.5)] = value
    vessels = patterns.vessels(hu, lung, fine, up(np.minimum(texture.opened, DEFAULTS.blood_hu)))
    return Patterns(fine, vessels, joined.surely, joined.possibly, factors)
