"""What the two-visit form of every rule shares."""

from __future__ import annotations

from patients.progression.logic import EPSILON
from patients.progression.settings import Settings


def relative_fall(before: float | None, after: float | None) -> float | None:
    """In % of `before`, positive when the value fell; None when one is missing or `before` is not above 0."""
    if before is None or after is None or before <= 0:
        return None
    return 100 * (before - after) / before


def absolute_fall(before: float | None, after: float | None) -> float | None:
    """In the unit of the values, positive when the value fell; None when one is missing."""
    return None if before is None or after is None else before - after


def too_long(months: float, settings: Settings) -> bool:
    """More months than the window of the rule, whose end is included."""
    return settings.window_months is not None and months > settings.window_months + EPSILON
