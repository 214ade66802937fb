"""OMERACT: progression of CTD-ILD by lung function alone (Khanna et al., J Rheumatol 2015;42:2168-71)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from patients.progression.evidence import Evidence, dlco_relative, fvc_relative
from patients.progression.history import History
from patients.progression.judge import judge
from patients.progression.kernel import relative_fall
from patients.progression.logic import Truth, all_of, any_of, reaches
from patients.progression.period import Period
from patients.progression.rule import Rule, with_fvc
from patients.progression.settings import Settings
from patients.progression.verdict import Verdict
from patients.progression.visits import Pair

LARGE, MODERATE, DLCO = 10.0, 5.0, 15.0


def formula(known: Mapping[str, Truth]) -> Truth:
    """FVC large, or FVC moderate with DLCO."""
    return any_of((known["fvc_large"], all_of((known["fvc_moderate"], known["dlco"]))))


def two_visits(
    fvc_before: float | None,
    fvc_after: float | None,
    dlco_before: float | None = None,
    dlco_after: float | None = None,
) -> Truth:
    """The rule on two visits, all in % predicted: relative fall of FVC >= 10 %, or >= 5 % with DLCO >= 15 %.

    DLCO corrected for haemoglobin. None where a missing value could change the answer.
    """
    fall = relative_fall(fvc_before, fvc_after)
    known = {
        "fvc_large": reaches(fall, LARGE),
        "fvc_moderate": reaches(fall, MODERATE),
        "dlco": reaches(relative_fall(dlco_before, dlco_after), DLCO),
    }
    return formula(known)


def evaluate(history: History, settings: Settings | None = None) -> Verdict:
    """The verdict over a whole history."""
    return judge(RULE, history, settings)


def _of_pair(pair: Pair | None, settings: Settings) -> Sequence[Evidence]:
    return (
        fvc_relative("fvc_large", LARGE, pair, settings),
        fvc_relative("fvc_moderate", MODERATE, pair, settings),
        dlco_relative("dlco", DLCO, pair, settings),
    )


def _of_period(period: Period) -> Sequence[Evidence]:
    return ()


RULE = Rule(
    name="OMERACT",
    title="Progression of CTD-ILD, OMERACT",
    source="Khanna et al., J Rheumatol 2015;42:2168-71",
    settings=Settings(window_months=24),
    formula=formula,
    of_pair=_of_pair,
    of_period=_of_period,
    compares=with_fvc,
)
