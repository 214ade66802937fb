"""A small strided 3D U-Net. Imports torch: only for the worker, never with the web process."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

SLOPE = 0.1


class _Step(nn.Module):
    """A convolution, which may halve the grid, and where `again` one more added to what it found."""

    def __init__(self, before: int, after: int, stride: int = 1, again: bool = False) -> None:
        super().__init__()
        self.first = nn.Sequential(*_layer(before, after, stride))
        self.second = nn.Sequential(*_layer(after, after)) if again else None

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.first(x)
        return found if self.second is None else found + self.second(found)


def _layer(before: int, after: int, stride: int = 1) -> tuple[nn.Module, ...]:
    return (
        nn.Conv3d(before, after, 3, stride, 1, bias=False),
        nn.InstanceNorm3d(after, affine=True),
        nn.LeakyReLU(SLOPE, inplace=True),
    )


class UNet(nn.Module):
    """Logits (n, classes, z, y, x) of an image (n, inputs, z, y, x) of any size, computed on half its grid.

    `widths` are the channels of each level; each level halves the grid of the one above it. The first, where
    convolutions cost most, has one of them.
    """

    def __init__(self, inputs: int, classes: int, widths: Sequence[int]) -> None:
        super().__init__()
        pairs = zip((inputs, *widths), widths, strict=False)
        self.down = nn.ModuleList(_Step(*pair, stride=2, again=n > 0) for n, pair in enumerate(pairs))
        joined = zip(widths[:0:-1], widths[-2::-1], strict=True)
        self.up = nn.ModuleList(_Step(low + high, high) for low, high in joined)
        self.out = nn.Conv3d(widths[0], classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        levels = [x]
        for down in self.down:
            levels.append(down(levels[-1]))
        found = levels.pop()
        for up in self.up:
            beside = levels.pop()
            found = up(torch.cat((_to(found, beside), beside), 1))
        return _to(self.out(found), x)


def _to(image: Tensor, like: Tensor) -> Tensor:
    """`image` interpolated to the grid of `like`."""
    return interpolate(image, size=like.shape[2:], mode="trilinear", align_corners=False)
