"""Which of somebody's labels is which lobe, told by where they lie: their numbering need not be known."""

from __future__ import annotations

import numpy as np

from quant.engine.arrays import LEFT, RIGHT, Labels
from quant.engine.errors import UnusableInput

RUL, RML, RLL, LUL, LLL = 1, 2, 3, 4, 5


def lungs(found: Labels, values: tuple[int, int]) -> Labels:
    """Two lungs in the portal's values: the patient's right is where x is small.

    Raises:
        UnusableInput: one of the two was not found.
    """
    first, second = sorted(values, key=lambda value: _centre(found, value)[2])
    return _named(found, {first: RIGHT, second: LEFT})


def lobes(found: Labels, values: tuple[int, int, int, int, int]) -> Labels:
    """Five lobes in the portal's values.

    Three lie right and two left; on each side the highest is the upper one, and the middle one lies before the lower.

    Raises:
        UnusableInput: one of the five was not found.
    """
    centres = {value: _centre(found, value) for value in values}
    across = sorted(values, key=lambda value: centres[value][2])
    right, left = across[:3], across[3:]
    upper, *others = sorted(right, key=lambda value: -centres[value][0])
    middle, lower = sorted(others, key=lambda value: centres[value][1])
    left_upper, left_lower = sorted(left, key=lambda value: -centres[value][0])
    return _named(found, {upper: RUL, middle: RML, lower: RLL, left_upper: LUL, left_lower: LLL})


def _centre(found: Labels, value: int) -> tuple[float, float, float]:
    places = np.nonzero(found == value)
    if not places[0].size:
        raise UnusableInput("engine_failed", f"the engine drew nothing with its label {value}")
    z, y, x = (float(place.mean()) for place in places)
    return z, y, x


def _named(found: Labels, names: dict[int, int]) -> Labels:
    table = np.zeros(256, np.uint8)
    for value, name in names.items():
        table[value] = name
    named: Labels = table[found]
    return named
