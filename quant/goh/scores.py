"""TOT, GG and RET of slices by the score network, each with limits. Research use, not clinically validated.

The score is the mean over several views of the slice. Its limits are those within which 95 % of held-out drawn slices
lay, of scores about as high, wider where the views differ more than they did there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from quant.engine.arrays import Hu, Labels, Spacing
from quant.goh.planes import PLANES
from quant.goh.slices import Square, of_scan

if TYPE_CHECKING:
    from quant.goh.networks import ScoreNet

RESEARCH_USE = "trained on synthetic patterns; research use, not clinically validated"
# Scores below the first are one band, and so on; the last is all above.
BANDS = (2.0, 10.0, 25.0)
UNKNOWN_LIMIT, UNSURE_POINTS = 25.0, 25.0
# The weights that tell how many planes a slice had.
FIRST = "features.0.weight"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A score in % of the lung area with 95 % limits."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SliceScore:
    """What the network says of one slice; `confidence` is 1 where TOT is sure, 0 where its limits are 25 points off."""

    tot: Estimate
    gg: Estimate
    ret: Estimate
    confidence: float


@dataclass(frozen=True, slots=True, eq=False)
class Scorer:
    """A network with what it needs to be asked: the `size` of its squares, its `limits` (bands, 3) in points and the
    usual `spread` (bands, 3) of its views.
    """

    net: ScoreNet
    size: int
    limits: npt.NDArray[np.float64]
    spread: npt.NDArray[np.float64]

    def of_slices(
        self, hu: Hu, lungs: Labels, slices: Sequence[int], voxel_mm: Spacing, device: str = "cpu"
    ) -> list[SliceScore]:
        """Scores of slices of a scan (z, y, x). Raises UnusableInput for a slice outside it or without lung."""
        return self.of_squares([of_scan(hu, lungs, index, voxel_mm, self.size) for index in slices], device)

    def of_squares(self, squares: Sequence[Square], device: str = "cpu") -> list[SliceScore]:
        """Scores of slices on the network's grid."""
        return [self._told(views) for views in self.views(squares, device)]

    def views(self, squares: Sequence[Square], device: str = "cpu") -> npt.NDArray[np.float64]:
        """What the network says of each view, (n, views, 3) in points."""
        import torch

        from quant.goh.views import seen

        on = torch.device(device)
        image = torch.from_numpy(np.stack([one.image for one in squares])).to(on)
        lung = torch.from_numpy(np.stack([one.lung for one in squares]))[:, None].to(on)
        return 100.0 * seen(self.net.to(on), image, lung)

    def _told(self, views: npt.NDArray[np.float64]) -> SliceScore:
        values = views.mean(axis=0)
        spread = views.std(axis=0)
        estimates = []
        for score, (value, own) in enumerate(zip(values.tolist(), spread.tolist(), strict=True)):
            band = int(np.searchsorted(BANDS, value, side="right"))
            wider = max(1.0, own / max(float(self.spread[band, score]), 0.1))
            half = float(self.limits[band, score]) * wider
            estimates.append(Estimate(value, max(0.0, value - half), min(100.0, value + half)))
        tot, gg, ret = estimates
        sure = 1.0 - (tot.high - tot.low) / 2 / UNSURE_POINTS
        return SliceScore(tot, gg, ret, confidence=min(1.0, max(0.0, sure)))


@lru_cache(maxsize=2)
def load(path: Path) -> Scorer:
    """The network of a file.

    Raises:
        ValueError: the file holds no score network, or one for slices of other planes.
    """
    from safetensors import safe_open

    from quant.goh.networks import SIZES, ScoreNet

    with safe_open(path, "pt") as file:
        about = file.metadata() or {}
        if about.get("kind") != "goh-scores" or about.get("arch") not in SIZES:
            raise ValueError(f"{path.name} holds no network of Goh scores")
        net = ScoreNet(about["arch"])
        weights = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    planes = weights[FIRST].shape[1]
    if planes != PLANES:
        raise ValueError(
            f"{path.name} was trained on slices of {planes} planes, this portal shows {PLANES}: "
            "train again (manage.py train_scores)"
        )
    net.load_state_dict(weights)
    limits, spread = (np.array(json.loads(about[name]), np.float64) for name in ("limits", "spread"))
    return Scorer(net.eval(), int(about["size"]), limits, spread)
