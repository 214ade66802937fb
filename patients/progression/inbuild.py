"""INBUILD: progressive fibrosing ILD as the trial let patients in (Flaherty et al., N Engl J Med 2019;381:1718-27)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from patients.progression.evidence import Evidence, fvc_relative
from patients.progression.history import History
from patients.progression.judge import judge
from patients.progression.kernel import relative_fall, too_long
from patients.progression.logic import Truth, all_of, any_of, reaches
from patients.progression.period import Period, fibrosis, symptoms
from patients.progression.rule import Rule, with_fvc
from patients.progression.settings import Settings
from patients.progression.verdict import Verdict
from patients.progression.visits import Pair

LARGE, MODERATE = 10.0, 5.0


def formula(known: Mapping[str, Truth]) -> Truth:
    """FVC large, or FVC moderate with symptoms or fibrosis, or symptoms with fibrosis."""
    worse, more = known["symptoms"], known["fibrosis"]
    return any_of((known["fvc_large"], all_of((known["fvc_moderate"], any_of((worse, more)))), all_of((worse, more))))


def two_visits(
    fvc_before: float | None, fvc_after: float | None, months: float, worse_symptoms: Truth, more_fibrosis: Truth
) -> Truth:
    """The rule on two visits: FVC in % predicted of one equation set, None where not measured.

    Relative fall >= 10 %, or >= 5 % with one of the two signs, or both signs; False beyond 24 months, None where a
    missing value could change the answer.
    """
    fall = relative_fall(fvc_before, fvc_after)
    known = {
        "fvc_large": reaches(fall, LARGE),
        "fvc_moderate": reaches(fall, MODERATE),
        "symptoms": worse_symptoms,
        "fibrosis": more_fibrosis,
    }
    return False if too_long(months, RULE.settings) else formula(known)


def evaluate(history: History, settings: Settings | None = None) -> Verdict:
    """The verdict over a whole history."""
    return judge(RULE, history, settings)


def _of_pair(pair: Pair | None, settings: Settings) -> Sequence[Evidence]:
    return (
        fvc_relative("fvc_large", LARGE, pair, settings),
        fvc_relative("fvc_moderate", MODERATE, pair, settings),
    )


def _of_period(period: Period) -> Sequence[Evidence]:
    return symptoms(period), fibrosis(period)


RULE = Rule(
    name="INBUILD",
    title="Progressive fibrosing ILD, INBUILD criteria",
    source="Flaherty et al., N Engl J Med 2019;381:1718-27",
    settings=Settings(window_months=24),
    formula=formula,
    of_pair=_of_pair,
    of_period=_of_period,
    compares=with_fvc,
    caution="A progression criterion, not eligibility for the trial, which also asked for an ILD other than IPF and "
    "fibrosis of more than 10 % of the lungs.",
)
