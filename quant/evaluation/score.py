"""One measured scan against what is known of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from quant.engine.arrays import Labels, Mask
from quant.engine.result import Measured
from quant.evaluation import metrics, tubes
from quant.evaluation.base import Base
from quant.evaluation.disease import ILD, VALUES
from quant.evaluation.targets import Seen

# A border that differs by less than this is no volume added outside the lungs.
BORDER_MM = 3.0
HALF = 0.5
MIDDLE_LOBE = 2


def clean(base: Base, measured: Measured) -> Iterator[Seen]:
    """What a scan without disease tells."""
    found, voxel_mm = measured.lungs > 0, base.volume.voxel_mm

    def seen(key: str, value: float) -> Seen:
        return Seen(key, base.name, "clean", value)

    agreed = metrics.dice(found, base.lungs) or 0.0
    yield seen("lung_dice_median", agreed)
    yield seen("lung_dice_worst", agreed)
    yield seen("outside_ml", metrics.beyond_ml(found, base.lungs, BORDER_MM, voxel_mm))
    patterns = measured.patterns.copy()
    for nodule in base.nodules:
        patterns[nodule] = 0
    yield seen("false_ild", metrics.percent(patterns, ILD, found) or 0.0)
    if base.nodules:
        held = [metrics.inside(nodule, found) or 0.0 for nodule in base.nodules]
        yield seen("nodules_inside", sum(share >= HALF for share in held) / len(held))
    if base.carina is not None:
        # A carina that was not seen is as far away as the scan is long.
        depth = measured.lungs.shape[0]
        apart = depth if measured.carina is None else abs(measured.carina - base.carina)
        yield seen("carina_mm", apart * voxel_mm[0])


def branching(base: Base, measured: Measured) -> Iterator[Seen]:
    """Bronchi and vessels of a clean scan against the tubes that it was drawn with."""
    voxel_mm = base.volume.voxel_mm
    if base.bronchi is not None and measured.airways is not None:
        found = tubes.against(base.bronchi, measured.airways > 0, voxel_mm)
        yield Seen("bronchi_wide", base.name, "clean", found.wide_percent)
        yield Seen("bronchi_fine", base.name, "clean", found.fine_percent)
        yield Seen("bronchi_false_ml", base.name, "clean", found.false_ml)
    if base.vessels is not None and measured.vessels is not None:
        drawn, found_ml = (int(np.count_nonzero(mask)) for mask in (base.vessels, measured.vessels))
        yield Seen("vessel_dice", base.name, "clean", metrics.dice(measured.vessels > 0, base.vessels) or 0.0)
        yield Seen("vessel_error", base.name, "clean", 100.0 * abs(found_ml - drawn) / drawn)


def lobes(base: Base, measured: Measured) -> Iterator[Seen]:
    """Each lobe against the exact ones."""
    if base.lobes is None:
        return
    for value in range(1, 6):
        agreed = metrics.dice(measured.lobes == value, base.lobes == value) or 0.0
        key = "middle_lobe_dice" if value == MIDDLE_LOBE else "lobe_dice"
        yield Seen(key, base.name, f"lobe {value}", agreed)


def consolidated(base: Base, case: str, truth: Labels, measured: Measured) -> Iterator[Seen]:
    """How much of what was inserted lies within the lungs found.

    No extent error: these lumps are a few percent of the lungs, and to miss them whole would better the mean.
    """
    drawn = truth == VALUES["consolidation"]
    share = metrics.inside(drawn, measured.lungs > 0) or 0.0
    yield Seen("small_inside" if "small" in case else "large_inside", base.name, case, share)
    yield Seen("lung_dice_diseased", base.name, case, metrics.dice(measured.lungs > 0, base.lungs) or 0.0)
    found = measured.patterns == VALUES["consolidation"]
    yield Seen("consolidation_dice", base.name, case, metrics.dice(found, drawn) or 0.0)


def diseased(base: Base, case: str, truth: Labels, measured: Measured) -> Iterator[Seen]:
    """Extents and overlap of what was inserted. Extents are counted on the label maps, each on its own lungs."""
    found = measured.lungs > 0

    def error(values: tuple[int, ...]) -> float:
        ours, drawn = metrics.percent(measured.patterns, values, found), metrics.percent(truth, values, base.lungs)
        return abs((ours or 0.0) - (drawn or 0.0))

    yield Seen("lung_dice_diseased", base.name, case, metrics.dice(found, base.lungs) or 0.0)
    if np.isin(truth, ILD).any():
        yield Seen("ild_error", base.name, case, error(ILD))
    for name, value in VALUES.items():
        region = truth == value
        if region.any():
            yield Seen(f"{name}_error", base.name, case, error((value,)))
            yield Seen(f"{name}_dice", base.name, case, metrics.dice(measured.patterns == value, region) or 0.0)
    yield from _limits(base, case, truth, measured)


def _limits(base: Base, case: str, truth: Labels, measured: Measured) -> Iterator[Seen]:
    """Whether the document's limits hold the extent of what was inserted, and how far apart they lie."""
    told = measured.document.get("patterns", {})
    for name, value in VALUES.items():
        drawn = metrics.percent(truth, (value,), base.lungs) or 0.0
        if drawn and told.get(name, {}).get("low") is not None:
            low, high = told[name]["low"], told[name]["high"]
            yield Seen("limits_hold", base.name, f"{case}, {name}", 100.0 * (low <= drawn <= high))
            yield Seen("limits_width", base.name, f"{case}, {name}", high - low)


def change(lungs: Mask, patterns: Labels, later_lungs: Mask, later_patterns: Labels) -> float:
    """Change of ILD % from one scan to a later one, in points."""
    before, after = metrics.percent(patterns, ILD, lungs), metrics.percent(later_patterns, ILD, later_lungs)
    return (after or 0.0) - (before or 0.0)
