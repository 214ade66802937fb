"""What differs between two CTs beside the lungs, and so may look like a change of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ildportal.pages.changes import ENGINE_MARK, QUALITY_MARK, method
from ildportal.pages.compare.choice import Side
from ildportal.pages.goh import Extent
from ildportal.pages.numbers import decimals, plain, signed
from patients.models import CTSeries

# A lung of -850 HU with a tenth more air is 14 HU less dense: beyond what counts as no change.
VOLUME_PERCENT = 10.0
THICKER = 1.5


@dataclass(frozen=True, slots=True)
class Caution:
    """One difference: a word for the badge, a sentence with both values and what it means."""

    badge: str
    words: str


def cautions(before: Side, now: Side, extents: Mapping[int, Extent]) -> list[Caution]:
    """None for two CTs that were made and measured alike."""
    series = before.numbers.series, now.numbers.series
    return [
        *_invented(before, now),
        *_measured(before, now),
        *_scored(before, now, extents),
        *_breath(before, now),
        *_reconstructed(*series),
        *_doubted(before, now),
    ]


def _invented(before: Side, now: Side) -> Iterator[Caution]:
    simulated = [side.day.isoformat() for side in (before, now) if side.numbers.is_simulated]
    if simulated:
        yield Caution("Simulated", f"{' and '.join(simulated)}: invented numbers, no scan lies behind them.")


def _measured(before: Side, now: Side) -> Iterator[Caution]:
    if method(before.numbers) == method(now.numbers):
        return
    by = [f"{side.numbers.engine} {side.numbers.engine_version}" for side in (before, now)]
    both = f"by {by[0]} and by {by[1]}" if by[0] != by[1] else f"by {by[0]} with other weights or settings"
    if before.numbers.is_simulated != now.numbers.is_simulated:
        yield Caution("Simulated", "One of the two has invented numbers: no change is one of the lungs.")
    words = (
        f"The two were measured {both}: changes ({ENGINE_MARK}) are told and never judged. Measure the older one again."
    )
    yield Caution(f"{ENGINE_MARK} Engine", words)


def _scored(before: Side, now: Side, extents: Mapping[int, Extent]) -> Iterator[Caution]:
    both = [extents.get(side.numbers.pk) for side in (before, now)]
    if both[0] and both[1] and both[0].method != both[1].method:
        words = f"The Goh scores are {both[0].in_words} and {both[1].in_words}: two that score are not one."
        yield Caution(f"{ENGINE_MARK} Goh scores", words)


def _breath(before: Side, now: Side) -> Iterator[Caution]:
    was, is_now = before.numbers.volume_ml, now.numbers.volume_ml
    if not was or not is_now:
        return
    change = 100 * (is_now - was) / was
    if abs(change) >= VOLUME_PERCENT:
        both = f"{signed(change, 1)} % ({decimals(was, 0)} to {decimals(is_now, 0)} mL)"
        less = "a rise of density and of ground glass" if change < 0 else "a fall of density and of ground glass"
        words = f"Total lung volume differs by {both}: {less} can come from another breath."
        yield Caution("Volume", words)


def _reconstructed(before: CTSeries, now: CTSeries) -> Iterator[Caution]:
    if before.kernel_class != now.kernel_class or before.kernel != now.kernel:
        both = f"{_kernel(before)} and {_kernel(now)}"
        yield Caution("Kernel", f"{both}: a sharper kernel shows more lines and more noise.")
    thin, thick = sorted(one.slice_thickness_mm or 0 for one in (before, now))
    if thin and thick / thin >= THICKER:
        both = f"{plain(before.slice_thickness_mm or 0)} and {plain(now.slice_thickness_mm or 0)} mm"
        yield Caution("Slices", f"{both} thick: thick slices blur lines and small lesions.")
    if before.contrast != now.contrast:
        both = f"{_contrast(before)} and {_contrast(now)}"
        yield Caution("Contrast", f"{both}: a contrast medium makes lung and vessels denser.")


def _doubted(before: Side, now: Side) -> Iterator[Caution]:
    doubtful = [side.day.isoformat() for side in (before, now) if not side.numbers.accepted]
    if doubtful:
        words = (
            f"{' and '.join(doubtful)}: doubtful by the engine's own flags; changes ({QUALITY_MARK}) are not judged."
        )
        yield Caution(f"{QUALITY_MARK} Quality", words)


def _kernel(one: CTSeries) -> str:
    return f"{one.kernel} ({one.get_kernel_class_display()})" if one.kernel else "none given"


def _contrast(one: CTSeries) -> str:
    return {"yes": "with contrast medium", "no": "without"}.get(one.contrast, "not known with or without")
