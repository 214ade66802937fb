"""Erice 2020: progressive fibrosing ILD by an expert meeting (George et al., Lancet Respir Med 2020;8:925-34)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from patients.progression.evidence import Evidence, dlco_relative, fvc_relative
from patients.progression.history import History
from patients.progression.judge import judge
from patients.progression.kernel import relative_fall, too_long
from patients.progression.logic import Truth, all_of, any_of, reaches
from patients.progression.period import Period, fibrosis, symptoms
from patients.progression.rule import Rule, with_fvc
from patients.progression.settings import Settings
from patients.progression.verdict import Verdict
from patients.progression.visits import Pair

LARGE, MODERATE, DLCO = 10.0, 5.0, 15.0


def formula(known: Mapping[str, Truth]) -> Truth:
    """FVC large; or FVC moderate with DLCO, fibrosis or symptoms; or symptoms with fibrosis."""
    worse, more = known["symptoms"], known["fibrosis"]
    beside = any_of((known["dlco"], more, worse))
    return any_of((known["fvc_large"], all_of((known["fvc_moderate"], beside)), all_of((worse, more))))


def two_visits(
    fvc_before: float | None,
    fvc_after: float | None,
    dlco_before: float | None,
    dlco_after: float | None,
    months: float,
    worse_symptoms: Truth,
    more_fibrosis: Truth,
) -> Truth:
    """The rule on two visits, lung function in % predicted, DLCO corrected for haemoglobin; all falls are relative.

    False beyond 24 months, None where a missing value could change the answer.
    """
    fall = relative_fall(fvc_before, fvc_after)
    known = {
        "fvc_large": reaches(fall, LARGE),
        "fvc_moderate": reaches(fall, MODERATE),
        "dlco": reaches(relative_fall(dlco_before, dlco_after), DLCO),
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
        dlco_relative("dlco", DLCO, pair, settings),
    )


def _of_period(period: Period) -> Sequence[Evidence]:
    return symptoms(period), fibrosis(period)


RULE = Rule(
    name="Erice 2020",
    title="Progressive fibrosing ILD, Erice working group",
    source="George et al., Lancet Respir Med 2020;8:925-34, as cited in reviews",
    settings=Settings(window_months=24),
    formula=formula,
    of_pair=_of_pair,
    of_period=_of_period,
    compares=with_fvc,
)
