"""One look at a crop around the lungs: density and texture of its blocks, joined, and drawn at full resolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quant.engine import fusion, patterns, recognise
from quant.engine.arrays import Hu, Image, Labels, Mask, Spacing
from quant.engine.identity import DEFAULTS
from quant.engine.patterns import CONSOLIDATION, EMPHYSEMA, GROUND_GLASS, HONEYCOMBING, RETICULATION, Texture
from quant.engine.sampling import Factors, block_mean, upsample

if TYPE_CHECKING:
    import torch

    from quant.engine.pattern_net import PatternNet

LATER_WINS = (GROUND_GLASS, RETICULATION, HONEYCOMBING, CONSOLIDATION)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """HU and lung (z, y, x) of a crop, and the size in voxels of the blocks that it is looked at in."""

    hu: Hu
    lung: Mask
    voxel_mm: Spacing
    factors: Factors
    device: torch.device

    def up(self, image: Image | Mask) -> Image:
        """Block values on the grid of `hu`."""
        return upsample(image.astype(np.float32), self.factors, self.hu.shape, self.device)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Of the blocks: density, probabilities (classes, z, y, x) by the network; HU of normal lung and holes."""

    texture: Texture
    shares: Image
    normal_hu: float
    hole_hu: Image


def look(view: View, net: PatternNet, known: Seen | None = None) -> Seen:
    """By the normal lung of what is `known`, or else by its own."""
    z, y, x = (mm * f for mm, f in zip(view.voxel_mm, view.factors, strict=True))
    inside = block_mean(view.lung, view.factors, view.device) > 0.5
    texture = patterns.describe(block_mean(view.hu, view.factors, view.device), inside, (z, y, x))
    shares = recognise.probabilities(net, view.hu, view.lung, view.factors, view.voxel_mm[0], view.device)
    if known is not None:
        return Seen(texture, shares, known.normal_hu, known.hole_hu)
    return Seen(texture, shares, patterns.normal_density(texture), patterns.hole_hu(texture))


def draw(view: View, seen: Seen, least_share: float = DEFAULTS.fibrosis_share) -> Labels:
    """Pattern labels 0..5 on the grid of the crop; fibrosis where the network gives it more than `least_share`."""
    # Where a pixel is a block, walls and holes are blurred into one another: honeycombing looks less like itself, and
    # all fibrosis more like ground glass.
    coarse = view.factors[1:] == (1, 1)
    odds = fusion.Odds(
        least_share,
        DEFAULTS.coarse_honeycombing_odds if coarse else DEFAULTS.honeycombing_odds,
        DEFAULTS.coarse_glass_odds if coarse else DEFAULTS.glass_odds,
    )
    texture = seen.texture
    ruled = patterns.classify(texture, seen.normal_hu)
    joined = fusion.join(ruled, seen.shares, texture.smoothed, texture.lung, texture.voxel_mm, seen.hole_hu, odds)
    fine: Labels = np.zeros(view.hu.shape, np.uint8)
    if joined.hollow.any():
        most = np.repeat(seen.hole_hu, view.factors[1], axis=1)[:, : view.hu.shape[1]]
        dark = patterns.holes(view.hu, view.lung, view.voxel_mm, most)
        fine[dark & (view.up(joined.hollow) > 0.5)] = EMPHYSEMA
    for value in LATER_WINS:
        if (joined.labels == value).any():
            fine[view.lung & (view.up(joined.labels == value) > 0.5)] = value
    return fine
