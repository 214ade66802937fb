"""The five patterns of the lungs, how far their extents are in doubt, and the vessels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quant.engine import blocks, doubt, patterns, recognise
from quant.engine.arrays import Hu, Mask, Spacing
from quant.engine.identity import DEFAULTS
from quant.engine.patterns import Patterns
from quant.engine.sampling import factors_for

if TYPE_CHECKING:
    import torch

    from quant.engine.pattern_net import PatternNet


def find(hu: Hu, lung: Mask, voxel_mm: Spacing, device: torch.device, net: PatternNet | None = None) -> Patterns:
    """Patterns and vessels of a crop around the lungs; by the network that this engine brings, if none is given."""
    view = blocks.View(hu, lung, voxel_mm, factors_for(voxel_mm, DEFAULTS.pattern_mm), device)
    by = net or recognise.trained(str(device))
    seen = blocks.look(view, by)
    labels = blocks.draw(view, seen)
    around = view.up(np.minimum(seen.texture.opened, DEFAULTS.blood_hu))
    return Patterns(labels, patterns.vessels(hu, lung, labels, around), doubt.measure(view, seen, labels, by))
