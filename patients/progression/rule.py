"""What makes a rule: its criteria and how they combine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from patients.progression.evidence import Evidence
from patients.progression.logic import Formula
from patients.progression.period import Period
from patients.progression.settings import Settings
from patients.progression.visits import Pair


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that is met or not.

    formula: from the results of the criteria, by code, to the answer; monotone: a criterion that turns true never
        turns the answer false.
    of_pair: the criteria read from two visits, None when there are no two; of_period: those read from symptoms, CT
        and diagnosis.
    compares: which visits make a pair worth looking at.
    """

    name: str
    title: str
    source: str
    settings: Settings
    formula: Formula
    of_pair: Callable[[Pair | None, Settings], Sequence[Evidence]]
    of_period: Callable[[Period], Sequence[Evidence]]
    compares: Callable[[Pair, Settings], bool]
    caution: str = ""


def with_fvc(pair: Pair, settings: Settings) -> bool:
    """FVC can be compared."""
    return pair.fvc(settings.fvc_basis) is not None


def with_fvc_or_dlco(pair: Pair, settings: Settings) -> bool:
    """FVC or DLCO % predicted can be compared."""
    return pair.fvc() is not None or pair.dlco(settings.uncorrected_dlco) is not None
