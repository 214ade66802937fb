"""Numbers from masks: volumes, histogram measures, shares, severity. Counts are exact integers."""

from typing import Any

import numpy as np
import numpy.typing as npt

from quant.engine import lobes, patterns
from quant.engine.arrays import Doubt, Hu, Labels, Mask
from quant.engine.identity import DEFAULTS

LESION = (patterns.GROUND_GLASS, patterns.CONSOLIDATION)
FIBROSIS = (patterns.RETICULATION, patterns.HONEYCOMBING)
Json = dict[str, Any]


def histogram_measures(hu: Hu, lung: Mask) -> dict[str, float | None]:
    """Density of the lung voxels; all None without any.

    Percent of all lung voxels: HAA within -600..-250 HU, LAA at or below -950 HU, both ends included. Perc15 is
    the lowest HU that at least 15 % of the voxels do not exceed. Skewness and excess kurtosis (0 for a normal
    distribution) over the voxels of -1024..-200 HU, of the population (biased, without small-sample correction).
    """
    found = hu[lung]
    total = found.size
    if not total:
        names = ("mean_density_hu", "haa_percent", "laa950_percent", "perc15_hu", "skewness", "kurtosis")
        return dict.fromkeys(names)
    lowest = int(found.min())
    counts = np.bincount(found.astype(np.int64) - lowest)
    values = np.arange(len(counts), dtype=np.float64) + lowest
    haa = counts[(values >= DEFAULTS.haa_low_hu) & (values <= DEFAULTS.haa_high_hu)].sum()
    laa = counts[values <= DEFAULTS.laa_hu].sum()
    skewness, kurtosis = _shape(counts, values)
    return {
        "mean_density_hu": float(counts @ values / total),
        "haa_percent": 100.0 * int(haa) / total,
        "laa950_percent": 100.0 * int(laa) / total,
        "perc15_hu": float(values[np.searchsorted(100 * np.cumsum(counts), 15 * total)]),
        "skewness": skewness,
        "kurtosis": kurtosis,
    }


def _shape(counts: npt.NDArray[np.int64], values: npt.NDArray[np.float64]) -> tuple[float | None, float | None]:
    within = (values >= DEFAULTS.histogram_low_hu) & (values <= DEFAULTS.histogram_high_hu)
    weights, points = counts[within], values[within]
    total = weights.sum()
    if not total:
        return None, None
    offsets = points - weights @ points / total
    variance = float(weights @ offsets**2 / total)
    if variance == 0:
        return None, None
    third, fourth = float(weights @ offsets**3 / total), float(weights @ offsets**4 / total)
    return third / variance**1.5, fourth / variance**2 - 3.0


def severity(lesion_voxels: int, lobe_voxels: int) -> int | None:
    """0..5 by scheme guiot2025 from exact counts; None for an empty lobe.

    >>> [severity(n, 100) for n in (0, 1, 5, 25, 26, 50, 75, 76)]
    [0, 1, 2, 2, 3, 4, 4, 5]
    """
    if not lobe_voxels:
        return None
    hundred, whole = 100 * lesion_voxels, lobe_voxels
    if hundred < whole:
        return 0
    if hundred < 5 * whole:
        return 1
    if hundred <= 25 * whole:
        return 2
    if hundred < 50 * whole:
        return 3
    return 4 if hundred <= 75 * whole else 5


def pattern_table(
    found: npt.NDArray[np.int64], total: int, voxel_ml: float, doubt: Doubt | None = None
) -> dict[str, Json]:
    """ml and percent of each pattern from label counts, and limits if their `doubt` is known; None for no region."""
    table = {}
    for value, name in enumerate(patterns.NAMES, 1):
        percent = _percent(int(found[value]), total)
        ml = None if percent is None else int(found[value]) * voxel_ml
        low = high = None
        if percent is not None and doubt is not None:
            low, high = _bounds(percent, *(float(share) for share in doubt[value - 1]))
        table[name] = {"ml": ml, "percent": percent, "low": low, "high": high}
    return table


def _bounds(percent: float, less: float, more: float) -> tuple[float, float]:
    """Limits from the shares by which the extent moves, widened to what is missed on scans of known extent."""
    low, high = (DEFAULTS.limit_points + DEFAULTS.limit_times * share * percent for share in (less, more))
    return max(0.0, percent - low), min(100.0, percent + high)


def lobe_table(lobe_labels: Labels, pattern_labels: Labels, voxel_ml: float, doubt: Doubt) -> dict[str, Json]:
    """The contract's lobes; every number of an empty lobe is None."""
    within = lobe_labels > 0
    joint = np.bincount(lobe_labels[within] * np.uint8(8) + pattern_labels[within], minlength=48)
    table = {}
    for value, name in enumerate(lobes.NAMES, 1):
        found = joint[8 * value : 8 * value + 8]
        total, lesion = int(found.sum()), int(sum(found[v] for v in LESION))
        table[name] = {
            "ml": total * voxel_ml if total else None,
            "lesion_ml": lesion * voxel_ml if total else None,
            "lesion_percent": _percent(lesion, total),
            "severity": severity(lesion, total),
            "patterns": pattern_table(found, total, voxel_ml, doubt),
        }
    return table


def region(labels: Labels, within: Mask, voxel_ml: float) -> Json:
    """ml, lesion and patterns of a region; every number of an empty one is None."""
    found = counts_within(labels, within)
    total, lesion = int(found.sum()), int(sum(found[v] for v in LESION))
    return {
        "ml": total * voxel_ml if total else None,
        "lesion_ml": lesion * voxel_ml if total else None,
        "lesion_percent": _percent(lesion, total),
        "patterns": pattern_table(found, total, voxel_ml),
    }


def total_severity(table: dict[str, Json]) -> int | None:
    """The sum over the lobes, None when one of them has none."""
    scores = [lobe["severity"] for lobe in table.values()]
    return None if None in scores else sum(scores)


def counts_within(labels: Labels, mask: Mask) -> npt.NDArray[np.int64]:
    """Voxels of each pattern label (0..5) within a mask."""
    return np.bincount(labels[mask], minlength=len(patterns.NAMES) + 1)


def _percent(part: int, total: int) -> float | None:
    return 100.0 * part / total if total else None
