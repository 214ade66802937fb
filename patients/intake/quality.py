"""Which series of a study is measured, and why. No Django here.

The order of preference and its reasons are written down in docs/intake.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from patients.intake import geometry, kernels
from patients.intake.assemble import SeriesGroup
from patients.intake.findings import THICK_ABOVE_MM, Finding, inspect
from patients.intake.geometry import Geometry
from patients.intake.header import InstanceHeader

__all__ = ["Choice", "Finding", "choose", "inspect"]

THIN_UP_TO_MM = 1.5
# Lungs of an adult are 20 to 30 cm high; a longer stack (neck, abdomen) is no better for them.
WHOLE_LUNG_MM = 250.0
SHARE_OF_LONGEST = 0.85
BROKEN = frozenset(("missing_slices", "uneven_spacing", "gaps_between_slices", "tilted"))
BREATH = frozenset(("expiration", "prone"))


@dataclass(frozen=True, slots=True)
class Choice:
    """The series to measure (None when there is none), why, and why not each of the others by UID."""

    series: SeriesGroup | None
    reason: str
    rejected: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Candidate:
    series: SeriesGroup
    findings: tuple[Finding, ...]
    stack: Geometry
    longest: float

    @property
    def first(self) -> InstanceHeader:
        return self.series.headers[0]

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(finding.code for finding in self.findings)

    @property
    def thickness(self) -> float:
        return self.first.slice_thickness or self.stack.spacing or THICK_ABOVE_MM

    @property
    def coverage(self) -> float:
        return self.stack.coverage or 0.0


# What is better, the measure of it (smaller is better), in the order in which it counts.
CRITERIA: tuple[tuple[str, Callable[[_Candidate], float]], ...] = (
    ("an original rather than a derived image", lambda c: "derived" in c.codes),
    ("the whole lung", lambda c: c.coverage < min(WHOLE_LUNG_MM, SHARE_OF_LONGEST * c.longest)),
    ("an even stack without gaps or tilt", lambda c: bool(BROKEN & c.codes)),
    ("supine and in inspiration", lambda c: len(BREATH & c.codes)),
    ("thinner slices", lambda c: (c.thickness > THIN_UP_TO_MM) + (c.thickness > THICK_ABOVE_MM)),
    ("a kernel that is not sharp", lambda c: "sharp_kernel" in c.codes),
    ("no contrast medium", lambda c: "contrast" in c.codes),
    ("thinner slices", lambda c: c.thickness),
    ("the longer stack", lambda c: -round(c.coverage)),
    ("more slices", lambda c: -len(c.stack.positions)),
    ("the lower series number", lambda c: c.first.series_number or 0),
)


def choose(series: Sequence[SeriesGroup]) -> Choice:
    """The axial, thinnest, lung-suitable series of a study; the order given has no influence."""
    inspected = [(one, inspect(one), geometry.measure(one.headers)) for one in series]
    longest = max((stack.coverage or 0.0 for _, found, stack in inspected if not _unfit(found)), default=0.0)
    candidates = [_Candidate(one, found, stack, longest) for one, found, stack in inspected]
    rejected = {c.series.series_uid: _unfit(c.findings) for c in candidates if _unfit(c.findings)}
    fit = sorted((c for c in candidates if not _unfit(c.findings)), key=_rank)
    if not fit:
        return Choice(None, _no_series(rejected), rejected)
    best = fit[0]
    for other in fit[1:]:
        rejected[other.series.series_uid] = f"{_described(other)}: {_better(best, other)} was preferred"
    return Choice(best.series, _why(best, fit[1:], len(candidates)), rejected)


def _unfit(findings: Sequence[Finding]) -> str:
    return "; ".join(finding.detail for finding in findings if finding.unfit)


def _rank(candidate: _Candidate) -> tuple[tuple[float, ...], str]:
    return tuple(measure(candidate) for _, measure in CRITERIA), candidate.series.series_uid


def _better(best: _Candidate, other: _Candidate) -> str:
    """The first criterion that tells them apart."""
    differing = (words for words, measure in CRITERIA if measure(best) != measure(other))
    return next(differing, "the lower series UID, all else equal,")


def _why(best: _Candidate, others: Sequence[_Candidate], total: int) -> str:
    if total == 1:
        return f"{_described(best)}; the only series"
    if not others:
        return f"{_described(best)}; the only usable of {total} series"
    return f"{_described(best)}; preferred to {_described(others[0])} for {_better(best, others[0])}"


def _described(candidate: _Candidate) -> str:
    first = candidate.first
    number = "" if first.series_number is None else f"series {first.series_number}: "
    kernel = kernels.kernel_class(first.kernel) or "unknown class"
    return (
        f"{number}axial, {candidate.thickness:g} mm, {len(candidate.stack.positions)} slices over "
        f"{candidate.coverage / 10:.1f} cm, kernel {first.kernel or 'not named'} ({kernel}), "
        f"contrast {kernels.contrast(first)}"
    )


def _no_series(rejected: dict[str, str]) -> str:
    if not rejected:
        return "no CT series to measure"
    return "no series to measure: " + " | ".join(rejected[uid] for uid in sorted(rejected))
