"""Three-valued logic after Kleene: True, False, and None for what is not known."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import product

Truth = bool | None
Formula = Callable[[Mapping[str, Truth]], Truth]

# Numbers are compared unrounded; this only absorbs what binary fractions lose.
EPSILON = 1e-9


def any_of(truths: Iterable[Truth]) -> Truth:
    """True if one is; False if all are; else not known. Of nothing: False."""
    known = set(truths)
    return True if True in known else None if None in known else False


def all_of(truths: Iterable[Truth]) -> Truth:
    """False if one is; True if all are; else not known. Of nothing: True."""
    known = set(truths)
    return False if False in known else None if None in known else True


def at_least(count: int, truths: Collection[Truth]) -> Truth:
    """Whether `count` or more are true; not known while the unknown ones could still decide it."""
    sure = sum(truth is True for truth in truths)
    possible = sure + sum(truth is None for truth in truths)
    return True if sure >= count else False if possible < count else None


def reaches(value: float | None, threshold: float) -> Truth:
    """value >= threshold, both in the same unit, the threshold included; None when there is no finite value."""
    known = finite(value)
    return None if known is None else known >= threshold - EPSILON


def exceeds(value: float | None, threshold: float) -> Truth:
    """value > threshold, the threshold excluded; None when there is no finite value."""
    known = finite(value)
    return None if known is None else known > threshold + EPSILON


def finite(value: float | None) -> float | None:
    """None for what is no number: tables write what is missing as NaN, which would compare as "no" with everything."""
    return None if value is None or not math.isfinite(value) else value


def settling(formula: Formula, truths: Mapping[str, Truth]) -> list[str]:
    """The unknown names that could change the answer, whatever the other unknown ones turn out to be.

    Tries every outcome, 2^n of n unknown names: meant for the handful that a rule has.
    """
    unknown = [name for name, truth in truths.items() if truth is None]
    return [name for name in unknown if _matters(name, [one for one in unknown if one != name], formula, truths)]


def deciding(formula: Formula, truths: Mapping[str, Truth]) -> list[str]:
    """Known names that alone give the same definite answer, none of which can be left out; [] when it is open.

    One that suffices by itself goes first, then the earlier ones.
    """
    answer = formula(truths)
    if answer is None:
        return []
    nothing: dict[str, Truth] = dict.fromkeys(truths)
    for name, truth in truths.items():
        if truth is not None and formula({**nothing, name: truth}) is answer:
            return [name]
    kept: dict[str, Truth] = dict(truths)
    for name in reversed(list(truths)):
        without: dict[str, Truth] = kept | {name: None}
        if formula(without) is answer:
            kept = without
    return [name for name, truth in kept.items() if truth is not None]


def _matters(name: str, others: list[str], formula: Formula, truths: Mapping[str, Truth]) -> bool:
    for outcome in product((True, False), repeat=len(others)):
        supposed = {**truths, **dict(zip(others, outcome, strict=True))}
        if formula({**supposed, name: True}) is not formula({**supposed, name: False}):
            return True
    return False
