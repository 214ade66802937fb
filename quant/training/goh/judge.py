"""How good scores are, in figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quant.engine.arrays import Image
from quant.goh.constraint import consistent


@dataclass(frozen=True, slots=True)
class Figures:
    """Mean absolute errors in points, and the mean TOT where there is no disease."""

    mae_tot: float
    mae_gg: float
    mae_ret: float
    zero_tot: float

    @property
    def worth(self) -> float:
        """What a training is judged by; less is better."""
        return self.mae_tot + self.mae_gg + self.mae_ret + self.zero_tot

    def __str__(self) -> str:
        errors = f"MAE TOT {self.mae_tot:.2f} GG {self.mae_gg:.2f} RET {self.mae_ret:.2f}"
        return f"{errors}, without disease {self.zero_tot:.2f} %"


def figures(found: Image, truth: Image) -> Figures:
    """Of scores (n, 3) as shares 0..1, brought into line as they are shown."""
    shown = 100.0 * consistent(found)
    off = np.abs(shown - 100.0 * truth).mean(axis=0)
    healthy = truth[:, 0] == 0
    tot, gg, ret = off.tolist()
    return Figures(tot, gg, ret, float(shown[healthy, 0].mean()) if healthy.any() else 0.0)
