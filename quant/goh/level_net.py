"""The level networks: planes of a chest to where landmarks lie along them. Imports torch: only for the worker.

Two forms that were measured against each other (docs/decisions/013-goh-levels.md): `HeatMaps` says for each plane
how likely it is the landmark's, and has a place below the lowest and one above the highest plane for landmarks that
are not in the crop; `Positions` gives mm at once, as the published network does.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from quant.goh.level_view import CHANNELS, GRID_MM, LANDMARKS, WINDOW

WIDTHS = (16, 32, 48)
ALONG = 64
DILATIONS = (1, 2, 4, 8, 16, 1)
GROUPS = 4
PUBLISHED = (8, 16, 32, 32, 64, 64, 128, 128)
POOL_AFTER = (1, 3, 5)
SCALE_MM = 100.0
WIDTH_PLANES = 2.0


class HeatMaps(nn.Module):
    """Log probabilities (n, landmarks, z + 2) of images (n, CHANNELS, z, *WINDOW): below, each plane, above."""

    def __init__(self) -> None:
        super().__init__()
        pairs = zip((CHANNELS, *WIDTHS), WIDTHS, strict=False)
        # Neighbouring planes are looked at once; what lies further along z is left to the layers along it.
        self.planes = nn.Sequential(*(_layer(*pair, (1, 2, 2), 1 if index else 3) for index, pair in enumerate(pairs)))
        left = tuple(-(-n // 2 ** len(WIDTHS)) for n in WINDOW)
        self.gather = nn.Sequential(nn.Conv3d(WIDTHS[-1], ALONG, (1, *left)), nn.GELU(), nn.Dropout(0.1))
        self.ends = nn.Parameter(torch.zeros(2, ALONG))
        self.along = nn.ModuleList(_Along(dilation) for dilation in DILATIONS)
        self.out = nn.Conv1d(ALONG, len(LANDMARKS), 1)

    def forward(self, image: Tensor) -> Tensor:
        """See the class."""
        found = self.gather(self.planes(image))[..., 0, 0]
        below, above = (end[None, :, None].expand(len(found), -1, 1) for end in self.ends)
        found = torch.cat((below, found, above), 2)
        for step in self.along:
            found = step(found)
        logits: Tensor = self.out(found)
        return logits.log_softmax(2)


class _Along(nn.Module):
    """What other planes show, added."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.step = nn.Sequential(
            nn.Conv1d(ALONG, ALONG, 3, padding=dilation, dilation=dilation), nn.GroupNorm(GROUPS, ALONG), nn.GELU()
        )

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = x + self.step(x)
        return found


class Positions(nn.Module):
    """The published form with a small head and, for speed, a stride in place of the first pooling.

    It gives a plane for each landmark and logits of below, inside, above, put as log probabilities to be read alike.
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for index, (before, after) in enumerate(zip((CHANNELS, *PUBLISHED), PUBLISHED, strict=False)):
            layers.append(_layer(before, after, 1 if index else 2))
            if index in POOL_AFTER:
                layers.append(nn.MaxPool3d(3, 2, 1))
        self.planes = nn.Sequential(*layers, nn.AdaptiveAvgPool3d((4, 2, 2)), nn.Flatten())
        self.head = nn.Sequential(
            nn.Linear(PUBLISHED[-1] * 16, ALONG), nn.GELU(), nn.Dropout(0.1), nn.Linear(ALONG, 4 * len(LANDMARKS))
        )

    def forward(self, image: Tensor) -> Tensor:
        """Log probabilities as those of HeatMaps."""
        mean, *where = self.head(self.planes(image)).view(len(image), 4, len(LANDMARKS)).unbind(1)
        count = image.shape[2]
        plane = torch.arange(count, device=image.device) - (count - 1) / 2
        away = (plane - mean[..., None] * SCALE_MM / GRID_MM[0]) / WIDTH_PLANES
        inside = (-0.5 * away**2).log_softmax(2)
        below, within, above = torch.stack(where, 2).log_softmax(2)[..., None].unbind(2)
        return torch.cat((below, within + inside, above), 2)


FORMS: dict[str, type[HeatMaps | Positions]] = {"heat_maps": HeatMaps, "positions": Positions}


def _layer(before: int, after: int, stride: int | tuple[int, int, int], planes: int = 3) -> nn.Module:
    """A convolution over 3 x 3 places of so many planes."""
    return nn.Sequential(
        nn.Conv3d(before, after, (planes, 3, 3), stride, (planes // 2, 1, 1), bias=False),
        nn.GroupNorm(GROUPS, after),
        nn.LeakyReLU(0.1, inplace=True),
    )
