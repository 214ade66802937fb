"""Scores brought into line: 0 <= max(GG, RET) <= TOT <= GG + RET <= 2, as shares."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def consistent(shares: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """TOT, GG, RET (..., 3) within 0..1, moved as little as the constraint allows (least squares, one after another).

    Where TOT is below the larger of both, these meet halfway; where it is above their sum, the three share the excess.

    >>> consistent([0.5, 0.2, 0.1]).round(3).tolist()
    [0.433, 0.267, 0.167]
    """
    tot, gg, ret = np.moveaxis(np.clip(np.asarray(shares, np.float64), 0.0, 1.0), -1, 0)
    excess = np.clip(tot - gg - ret, 0.0, None) / 3.0
    tot, gg, ret = tot - excess, gg + excess, ret + excess
    short = np.clip(np.maximum(gg, ret) - tot, 0.0, None) / 2.0
    tot = tot + short
    gg, ret = np.minimum(gg, tot), np.minimum(ret, tot)
    return np.stack((tot, gg, ret), axis=-1)
