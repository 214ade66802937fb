"""Numbers of patterns that nobody looked for are missing, not 0; so is every share that rests on one of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

LESION = frozenset(("ground_glass", "consolidation"))
FIBROSIS = frozenset(("reticulation", "honeycombing"))
Json = dict[str, Any]


def only(numbers: Json, looked_for: Collection[str]) -> Json:
    """The document's numbers with None for all but the patterns in `looked_for`; changed in place."""
    for table in (numbers["patterns"], *(region["patterns"] for region in _regions(numbers))):
        for name in set(table) - set(looked_for):
            table[name] = dict.fromkeys(table[name])
    shares = {"lesion_percent": LESION, "fibrosis_percent": FIBROSIS, "ild_percent": LESION | FIBROSIS}
    for key, parts in shares.items():
        if not parts <= set(looked_for):
            numbers[key] = None
    if not set(looked_for) >= LESION:
        _without_lesion(numbers)
    return numbers


def without_limits(numbers: Json) -> Json:
    """The numbers without the bounds of extents, which are those of our own patterns; changed in place."""
    for table in (numbers["patterns"], *(region["patterns"] for region in _regions(numbers))):
        for found in table.values():
            found["low"] = found["high"] = None
    return numbers


def _without_lesion(numbers: Json) -> None:
    for region in _regions(numbers):
        region.update(dict.fromkeys(region.keys() & {"lesion_ml", "lesion_percent", "severity"}))
    numbers["severity"]["total"] = None


def _regions(numbers: Json) -> Iterator[Json]:
    yield from numbers["lobes"].values()
    yield from numbers["zones"].values()
