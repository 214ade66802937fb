"""What is asked of the engine: one row a measure, with what it must and what it should reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Literal

Take = Literal["mean", "median", "worst"]
PATTERN_DICE = {
    "ground_glass": (0.75, 0.85),
    "consolidation": (0.85, 0.90),
    "reticulation": (0.60, 0.75),
    "honeycombing": (0.40, 0.60),
    "emphysema": (0.70, 0.80),
}


@dataclass(frozen=True, slots=True)
class Target:
    """`take` says which of several values is held against `must` and `aim`; both None for a row that only informs."""

    key: str
    words: str
    unit: str
    must: float | None
    aim: float | None
    more_is_better: bool
    take: Take


def _up(key: str, words: str, must: float | None, aim: float | None, take: Take = "mean", unit: str = "") -> Target:
    return Target(key, words, unit, must, aim, True, take)


def _down(key: str, words: str, unit: str, must: float | None, aim: float | None, take: Take = "mean") -> Target:
    return Target(key, words, unit, must, aim, False, take)


TARGETS = (
    _up("lung_dice_median", "lung Dice, clean scans", 0.98, 0.99, "median"),
    _up("lung_dice_worst", "lung Dice, clean scans", 0.97, 0.99, "worst"),
    _up("lung_dice_diseased", "lung Dice with disease inserted", None, None),
    _up("small_inside", "small pleural consolidation inside the lungs", 0.90, 0.95),
    _up("large_inside", "large pleural consolidation inside the lungs", 0.75, 0.90),
    _down("outside_ml", "added outside the lungs, clean scans", "mL", 30.0, 10.0, "worst"),
    _up("nodules_inside", "annotated nodules inside the lungs", 1.0, 1.0, "worst"),
    _down("carina_mm", "carina", "mm", 5.0, 2.5, "worst"),
    _up("bronchi_wide", "bronchi of 3.6 mm and wider, length found", None, None, unit="%"),
    _up("bronchi_fine", "bronchi of 2.4 to 3.6 mm, length found", None, None, unit="%"),
    _down("bronchi_false_ml", "airway drawn more than 2 mm beside one", "mL", None, None, "worst"),
    _up("vessel_dice", "vessels within the lungs, Dice", None, None),
    _down("vessel_error", "volume of vessels, error", "%", None, None),
    _up("lobe_dice", "lobe Dice, each but the middle lobe", 0.90, 0.94, "worst"),
    _up("middle_lobe_dice", "lobe Dice, right middle lobe", 0.80, 0.94, "worst"),
    _down("ild_error", "extent error, total ILD", "points", 3.0, 2.0),
    _down("ground_glass_error", "extent error, ground glass", "points", 3.0, 2.0),
    _down("consolidation_error", "extent error, consolidation", "points", 3.0, 2.0),
    _down("reticulation_error", "extent error, reticulation", "points", 3.0, 2.0),
    _down("honeycombing_error", "extent error, honeycombing", "points", None, None),
    _down("emphysema_error", "extent error, emphysema", "points", None, None),
    *(_up(f"{name}_dice", f"Dice, {name.replace('_', ' ')}", *limits) for name, limits in PATTERN_DICE.items()),
    _up("limits_hold", "extents within their limits", None, None, unit="%"),
    _down("limits_width", "from low to high", "points", None, None),
    _down("false_ild", "false ILD on clean lungs", "%", 2.5, 1.0, "worst"),
    _down("change_error", "change between two scans", "points", 3.0, 2.0, "worst"),
    _up("change_sign", "sign of the change right", 1.0, 1.0, "worst"),
    _up("identical", "two runs give identical numbers", 1.0, 1.0, "worst"),
    _down("seconds_300", "300 slices, wall, with networks", "s", 30.0, 15.0, "worst"),
    _down("processor_300", "300 slices, processor", "s", None, None),
    _down("memory_300", "300 slices, memory", "GiB", 4.0, 4.0, "worst"),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One value of one measure: from which scan and which case."""

    key: str
    base: str
    case: str
    value: float


@dataclass(frozen=True, slots=True)
class Row:
    """A target with what was reached: `value` by its `take`, `worst`, over `count` values."""

    target: Target
    value: float
    worst: float
    worst_at: str
    count: int

    @property
    def verdict(self) -> str:
        """aim, must, MISS, or empty where nothing is asked."""
        target = self.target
        if target.must is None or target.aim is None:
            return ""
        sign = 1 if target.more_is_better else -1
        if sign * self.value >= sign * target.aim:
            return "aim"
        return "must" if sign * self.value >= sign * target.must else "MISS"


def rows(seen: Sequence[Seen]) -> list[Row]:
    """One row for each target of which something was seen."""
    found = []
    for target in TARGETS:
        of = [one for one in seen if one.key == target.key]
        if of:
            worst = (min if target.more_is_better else max)(of, key=lambda one: one.value)
            values = [one.value for one in of]
            taken = {"mean": fmean(values), "median": median(values), "worst": worst.value}[target.take]
            found.append(Row(target, taken, worst.value, f"{worst.base}, {worst.case}", len(of)))
    return found
