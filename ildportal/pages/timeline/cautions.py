"""What to read with care: doubtful numbers and changes of method, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from ildportal.pages import changes, readings
from ildportal.pages.flags import flags
from ildportal.pages.readings import Function
from ildportal.pages.timeline import frames
from quant.models import Quantification


@dataclass(frozen=True, slots=True)
class Caution:
    day: date
    text: str


def cautions(function: Function, history: Sequence[Quantification]) -> list[Caution]:
    found = [*_sessions(function), *_engines(history), *_scans(history)]
    return sorted(found, key=lambda one: one.day, reverse=True)


def _sessions(function: Function) -> Iterator[Caution]:
    for name, course in function.courses:
        for one in course:
            if one.flagged:
                yield Caution(one.session.date, f"{name} grade {one.grade}. Changes from it carry ‡.")
        for before, after in pairwise(one for one in course if one.reference):
            if before.basis != after.basis:
                yield Caution(after.session.date, f"{name} reference changed from {before.basis} to {after.basis}.")
    for session in function.sessions:
        if session.dlco_mmol_min_kpa is None and session.dlco_not_done_reason:
            yield Caution(session.date, readings.why_no_dlco(session))


def _engines(history: Sequence[Quantification]) -> Iterator[Caution]:
    for before, after in pairwise(history):
        day = after.series.study.date
        if day and changes.method(before) != changes.method(after):
            mixed = before.is_simulated != after.is_simulated
            rule = "Simulated and measured numbers are never compared." if mixed else "Changes across it carry †."
            yield Caution(day, f"{frames.parting(before, after)}. {rule}")


def _scans(history: Sequence[Quantification]) -> Iterator[Caution]:
    for one in history:
        day = one.series.study.date
        told = "; ".join(f"{flag.name}: {flag.meaning}" for flag in flags(one.series, one))
        if day and told:
            yield Caution(day, f"CT {told}.")
