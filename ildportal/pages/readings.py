"""Lung function sessions beside their reference values, on one basis for the whole course of a patient."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from ildportal.pages.changes import Point
from patients import derivation, selectors
from patients.models import DerivedValue, PFTFinding, PulmonaryFunctionTest
from patients.models.function import Measure

NOT_COMPUTED = "not computed for this session yet"
References = Mapping[int, Mapping[str, DerivedValue]]


@dataclass(frozen=True, slots=True)
class Reading:
    """One measure of one session. `value` in its unit; `why` says what a missing `reference` lacks.

    `held`: an open finding keeps it out of every number.
    """

    session: PulmonaryFunctionTest
    value: float
    grade: str
    reference: DerivedValue | None
    why: str
    held: bool = False

    @property
    def flagged(self) -> bool:
        return selectors.flagged_grade(self.grade)

    @property
    def basis(self) -> str:
        """What the % predicted rests on, in words; values on different ones are never compared."""
        if self.reference is None:
            return ""
        corrected = ", corrected for haemoglobin" if self.reference.measure == Measure.DLCO_HB else ""
        return self.reference.get_equation_set_display() + corrected

    @property
    def lln_percent(self) -> float:
        """Lower limit of normal in % predicted; NaN without a reference."""
        return 100 * self.reference.lln / self.reference.predicted if self.reference else float("nan")

    @property
    def is_low(self) -> bool:
        return self.reference is not None and self.reference.percent_predicted < self.lln_percent


@dataclass(frozen=True, slots=True)
class Function:
    """FVC and DLCO of every session before bronchodilator that has them, oldest first.

    `known`: the reference values of all sessions; `gas` is the DLCO, corrected for haemoglobin or not, that is shown.
    """

    sessions: tuple[PulmonaryFunctionTest, ...]
    fvc: tuple[Reading, ...]
    dlco: tuple[Reading, ...]
    known: References
    gas: Measure

    @property
    def courses(self) -> tuple[tuple[str, tuple[Reading, ...]], ...]:
        return ("FVC", self.fvc), ("DLCO", self.dlco)

    def at(self, session: PulmonaryFunctionTest) -> tuple[Reading | None, Reading | None]:
        """FVC and DLCO of one session."""
        return _of(self.fvc, session), _of(self.dlco, session)


def read(sessions: Sequence[PulmonaryFunctionTest], findings: Iterable[PFTFinding]) -> Function:
    """`sessions` oldest first, with `patient__site`; two queries. DLCO is corrected for haemoglobin in all sessions
    or in none, so that its course is on one basis."""
    usable = tuple(one for one in sessions if selectors.is_before_bronchodilator(one))
    known, held = selectors.references(sessions), _held(findings)
    with_dlco = [one for one in usable if one.dlco_mmol_min_kpa is not None]
    judged = [one for one in with_dlco if "dlco_mmol_min_kpa" not in held.get(one.pk, {})]
    gas = Measure.DLCO_HB if all(Measure.DLCO_HB in known[one.pk] for one in judged) else Measure.DLCO
    with_fvc = [one for one in usable if one.fvc_l is not None]
    why = _refusals([one for one in usable if not {Measure.FVC, gas} <= known[one.pk].keys()], held)
    fvc = [_reading(one, Measure.FVC, "fvc_l", one.quality_fvc, known, why, held) for one in with_fvc]
    dlco = [_reading(one, gas, "dlco_mmol_min_kpa", one.quality_dlco, known, why, held) for one in with_dlco]
    return Function(usable, tuple(fvc), tuple(dlco), known, gas)


def percents(course: Sequence[Reading]) -> list[Point]:
    """% predicted, those on the basis of the latest one: others are never compared with it."""
    basis = course[-1].basis
    return [
        Point(one.session.date, one.reference.percent_predicted, "", one.flagged)
        for one in course
        if one.reference and one.basis == basis
    ]


def values(course: Sequence[Reading]) -> list[Point]:
    """As measured, in the unit of the measure."""
    return [Point(one.session.date, one.value, "", one.flagged) for one in course if not one.held]


def low_since(course: Sequence[Reading]) -> date | None:
    """From when on every session of good quality lies below the lower limit of normal; None if the latest does not."""
    judged = [one for one in course if one.reference and not one.flagged]
    lows = list(takewhile(lambda one: one.is_low, reversed(judged)))
    return lows[-1].session.date if lows else None


def why_no_dlco(session: PulmonaryFunctionTest) -> str:
    reason = session.get_dlco_not_done_reason_display() if session.dlco_not_done_reason else ""
    return f"DLCO not done: {reason}" if reason else "Not in this session"


def _reading(
    session: PulmonaryFunctionTest, measure: Measure, field: str, grade: str, known: References,
    why: Mapping[tuple[int, str], str], held: derivation.Held,
) -> Reading:  # fmt: skip
    reference = known[session.pk].get(measure)
    lacking = "" if reference else f"No % predicted: {why.get((session.pk, measure), NOT_COMPUTED)}"
    return Reading(
        session, float(getattr(session, field)), grade, reference, lacking, field in held.get(session.pk, {})
    )


def _held(findings: Iterable[PFTFinding]) -> dict[int, dict[str, str]]:
    """By session the fields that are in no number, with the sentence that says why."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for one in findings:
        if one.blocks and one.open:
            found[one.pft_id][one.field] = one.sentence
    return found


def _refusals(sessions: Sequence[PulmonaryFunctionTest], held: derivation.Held) -> dict[tuple[int, str], str]:
    """By session and measure, why the reference equations give nothing."""
    if not sessions:
        return {}
    computed = derivation.compute(sessions, held)
    return {
        (session.pk, refusal.measure.value): refusal.reason
        for session, derived in zip(sessions, computed, strict=True)
        for refusal in derived.refusals
    }


def _of(readings: Sequence[Reading], session: PulmonaryFunctionTest) -> Reading | None:
    return next((one for one in readings if one.session.pk == session.pk), None)
