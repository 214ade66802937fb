"""What an invented radiologist says of the scans of an invented patient, as the disease really went. No Django."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from ildportal.demo.people import Rng
from ildportal.demo.records import Extents, Fact

READER = "Dr Reader (invented)"
# In points of the lung volume: what a reader sees at all, sees as more, and how far the eye errs.
VISIBLE, MORE, ERROR = 0.8, 0.8, 0.3
MORE_GROUND_GLASS = 3.0
# Shares of scans nobody read, of readings that leave a sign unsaid, and of a sign among those with more fibrosis.
UNREAD, UNSAID = 0.04, 0.01
TRACTION, FINE, VOLUME_LOSS = 0.55, 0.25, 0.30
# Honeycombing is seen as more when it has grown by so many points.
MORE_HONEYCOMBING = 0.5
SIGNS = (
    "traction_bronchiectasis_more", "new_ggo_with_traction", "new_fine_reticulation", "reticulation_more",
    "honeycombing_more", "volume_loss_more",
)  # fmt: skip
PATTERNS = {"UIP": "UIP", "probable UIP": "probable UIP", "fibrotic HP": "HP"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A scan as it truly was."""

    day: date
    extents: Extents


def readings(rng: Rng, scans: Sequence[Seen], text: str, until: date, *, all_read: bool = False) -> tuple[Fact, ...]:
    """Columns of CTAssessment, with the days of the scan and of the one before it in place of the studies.

    text: of the diagnosis, whose pattern the reader names. Nobody reads after `until`.
    """
    ordered = sorted(scans, key=lambda one: one.day)
    pairs = [(None, ordered[0]), *pairwise(ordered)] if ordered else []
    return tuple(_reading(rng, prior, scan, text, until) for prior, scan in pairs if _read(rng) or all_read)


def _read(rng: Rng) -> bool:
    return bool(rng.random() >= UNREAD)


def _reading(rng: Rng, prior: Seen | None, scan: Seen, text: str, until: date) -> Fact:
    present = scan.extents.fibrosis >= VISIBLE
    told: dict[str, Any] = {
        "scan": scan.day,
        "prior": prior.day if prior else None,
        "assessor": READER,
        "date": min(scan.day + timedelta(days=int(rng.integers(1, 12))), until),
        "fibrosis_present": _said(present),
        "pattern": PATTERNS.get(text, "NSIP") if present else "",
    }
    if prior:
        told |= {"alternative_explanation": "no", **dict(_compared(rng, prior.extents, scan.extents, present))}
    return Fact(told)


def _compared(rng: Rng, before: Extents, now: Extents, present: bool) -> Iterator[tuple[str, str]]:
    """Every sign against the scan before; none of them where there is no fibrosis."""
    more = present and now.fibrosis - before.fibrosis + float(rng.normal(0.0, ERROR)) > MORE
    chance = rng.random(len(SIGNS) + 1)
    traction = more and chance[0] < TRACTION
    found = (
        traction,
        traction and now.lesion - before.lesion > MORE_GROUND_GLASS,
        more and chance[2] < FINE,
        more and now.reticulation - before.reticulation > MORE / 2,
        more and now.honeycombing - before.honeycombing > MORE_HONEYCOMBING,
        more and chance[5] < VOLUME_LOSS,
    )
    yield "fibrosis_more", _said(more)
    unsaid = int(rng.integers(len(SIGNS))) if chance[-1] < UNSAID * len(SIGNS) else None
    for place, (name, seen) in enumerate(zip(SIGNS, found, strict=True)):
        yield name, "unknown" if place == unsaid and not more else _said(seen)


def _said(seen: bool | np.bool_) -> str:
    return "yes" if seen else "no"
