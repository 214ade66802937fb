"""Agreement of masks: Dice, shares, volumes."""

from __future__ import annotations

import numpy as np

from quant.engine.arrays import Labels, Mask, Spacing
from quant.engine.morphology import dilate


def dice(a: Mask, b: Mask) -> float | None:
    """Twice what both hold over the sum of both, 0..1; None where both are empty.

    >>> dice(np.array([True, True, False]), np.array([True, False, False]))
    0.6666666666666666
    """
    total = int(np.count_nonzero(a)) + int(np.count_nonzero(b))
    return 2.0 * int(np.count_nonzero(a & b)) / total if total else None


def inside(part: Mask, whole: Mask) -> float | None:
    """Share 0..1 of `part` that lies in `whole`; None where there is no part.

    >>> inside(np.array([True, True, False]), np.array([True, False, True]))
    0.5
    """
    count = int(np.count_nonzero(part))
    return int(np.count_nonzero(part & whole)) / count if count else None


def beyond_ml(found: Mask, truth: Mask, margin_mm: float, voxel_mm: Spacing) -> float:
    """Volume of `found` that lies more than `margin_mm` outside `truth`, in mL."""
    far = found & ~dilate(truth, margin_mm, voxel_mm)
    return int(np.count_nonzero(far)) * float(np.prod(voxel_mm)) / 1000.0


def percent(labels: Labels, values: tuple[int, ...], lungs: Mask) -> float | None:
    """Lung voxels with one of these labels, in % of all lung voxels; None without lungs."""
    total = int(np.count_nonzero(lungs))
    return 100.0 * int(np.isin(labels[lungs], values).sum()) / total if total else None
