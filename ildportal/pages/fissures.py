"""How much of each fissure was seen, and so what the borders of the lobes rest on."""

from __future__ import annotations

from dataclasses import dataclass

from quant.models import Quantification

NAMES = {"right_oblique": "Right oblique", "horizontal": "Horizontal", "left_oblique": "Left oblique"}


@dataclass(frozen=True, slots=True)
class Fissure:
    """`percent` of it was seen beyond chance; one not `followed` was taken from its usual place."""

    name: str
    percent: float
    followed: bool


def fissures(one: Quantification) -> tuple[Fissure, ...]:
    """Empty where the engine looks for none."""
    # Here, not above: brings in scipy.
    from quant.engine.fissures import LEAST_SEEN

    found = [(NAMES[name], one.fissures[name]) for name in NAMES if name in one.fissures]
    return tuple(Fissure(name, 100 * seen, seen >= LEAST_SEEN) for name, seen in found)
