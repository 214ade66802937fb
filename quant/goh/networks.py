"""A ConvNeXt that scores one slice: three linear outputs, read at every place and averaged over the lung.

Built from the description of ConvNeXt (Liu 2022): depthwise 7 x 7, LayerNorm over channels, four times as many
channels between two pointwise products, GELU, layer scale. A linear output of averaged features is the average of
linear outputs, so the head can tell of each place what it adds to the score, and be taught there too.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import adaptive_avg_pool2d

from quant.goh.planes import PLANES

SCORES = ("tot", "gg", "ret")
# Depths and widths of the stages. The last of `small` is left out: its cells are half as wide.
SIZES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "tiny": ((3, 3, 9, 3), (96, 192, 384, 768)),
    "atto": ((2, 2, 6, 2), (40, 80, 160, 320)),
    "small": ((2, 2, 4), (32, 64, 128)),
    "mini": ((1, 1), (8, 16)),
}
STEM = 4
LAYER_SCALE = 1e-1


class Norm(nn.LayerNorm):
    """LayerNorm over the channels of (n, channels, y, x)."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """See the class."""
        last = super().forward(image.permute(0, 2, 3, 1))
        return last.permute(0, 3, 1, 2)


class Block(nn.Module):
    """What is around a place, then what each place makes of it, added to what was there."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.around = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)
        self.scale = nn.Parameter(torch.full((width,), LAYER_SCALE))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Of the same shape (n, width, y, x)."""
        seen = self.norm(self.around(image).permute(0, 2, 3, 1))
        seen = self.narrow(nn.functional.gelu(self.widen(seen))) * self.scale
        found: torch.Tensor = image + seen.permute(0, 3, 1, 2)
        return found


class ScoreNet(nn.Module):
    """From slices (n, PLANES, size, size) 0..1 and lung shares (n, 1, size, size) to TOT, GG, RET (n, 3), as shares."""

    def __init__(self, arch: str) -> None:
        super().__init__()
        depths, widths = SIZES[arch]
        layers: list[nn.Module] = [nn.Conv2d(PLANES, widths[0], STEM, STEM), Norm(widths[0])]
        for stage, (depth, width) in enumerate(zip(depths, widths, strict=True)):
            if stage:
                layers += [Norm(widths[stage - 1]), nn.Conv2d(widths[stage - 1], width, 2, 2)]
            layers += [Block(width) for _ in range(depth)]
        self.features = nn.Sequential(*layers, Norm(widths[-1]))
        self.head = nn.Conv2d(widths[-1], len(SCORES), 1)
        nn.init.zeros_(self.head.weight)

    def places(self, slices: torch.Tensor) -> torch.Tensor:
        """What each place (n, 3, y, x) says: the share of the lung there that is diseased, by score."""
        told: torch.Tensor = self.head(self.features(slices))
        return told

    def forward(self, slices: torch.Tensor, lung: torch.Tensor) -> torch.Tensor:
        """See the class."""
        return mean(self.places(slices), lung)


def mean(places: torch.Tensor, lung: torch.Tensor) -> torch.Tensor:
    """The mean (n, 3) of what places (n, 3, y, x) say, each weighing as much as there is lung (n, 1, size, size)."""
    weight = adaptive_avg_pool2d(lung, places.shape[-1])
    return (places * weight).sum((2, 3)) / weight.sum((2, 3)).clamp(min=1e-6)
