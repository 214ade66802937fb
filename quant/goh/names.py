"""The five Goh levels by name. Standard library only: the web process reads it."""

from __future__ import annotations

from collections.abc import Iterable

NAMES = {
    1: "Origin of the great vessels",
    2: "Main carina",
    3: "Pulmonary venous confluence",
    4: "Halfway between 3 and 5",
    5: "1 cm above the right hemidiaphragm",
}


def mean_of_five(scores: Iterable[float | None]) -> float | None:
    """Of the whole lungs, in %: the mean over the five levels (of TOT it is the extent); None unless all are scored.

    >>> mean_of_five([10.0, 20.0, 30.0, 0.0, 5.0]), mean_of_five([10.0, 20.0, 30.0, 0.0, None])
    (13.0, None)
    """
    known = [one for one in scores if one is not None]
    return sum(known) / len(NAMES) if len(known) == len(NAMES) else None
