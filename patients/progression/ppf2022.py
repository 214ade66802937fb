"""PPF 2022: progressive pulmonary fibrosis of ATS/ERS/JRS/ALAT (Raghu et al., AJRCCM 2022;205:e18-47)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from patients.progression.evidence import Evidence, dlco_points, fvc_points
from patients.progression.history import IPF, History
from patients.progression.judge import judge
from patients.progression.kernel import absolute_fall, too_long
from patients.progression.logic import Truth, all_of, any_of, at_least, reaches
from patients.progression.period import Period, fibrosis_present, no_alternative, radiology, symptoms
from patients.progression.rule import Rule, with_fvc_or_dlco
from patients.progression.settings import Settings
from patients.progression.verdict import Verdict
from patients.progression.visits import Pair

FVC, DLCO, DOMAINS = 5.0, 10.0, 2


def formula(known: Mapping[str, Truth]) -> Truth:
    """Fibrotic ILD other than IPF, nothing else explains it, and two of three domains; FVC and DLCO count as one."""
    physiology = any_of((known["fvc"], known["dlco"]))
    domains = at_least(DOMAINS, (known["symptoms"], physiology, known["radiology"]))
    return all_of((known["not_ipf"], known["present"], known["alternative"], domains))


def two_visits(
    fvc_before: float | None,
    fvc_after: float | None,
    dlco_before: float | None,
    dlco_after: float | None,
    months: float,
    worse_symptoms: Truth,
    worse_ct: Truth,
    ipf: Truth = False,
    alternative: Truth = False,
    fibrosis: Truth = True,
) -> Truth:
    """The rule on two visits, lung function in % predicted, DLCO corrected for haemoglobin.

    Absolute fall of FVC >= 5 or of DLCO >= 10 points. False beyond 12 months, None where a missing value could
    change the answer.
    """
    known = {
        "fvc": reaches(absolute_fall(fvc_before, fvc_after), FVC),
        "dlco": reaches(absolute_fall(dlco_before, dlco_after), DLCO),
        "symptoms": worse_symptoms,
        "radiology": worse_ct,
        "not_ipf": None if ipf is None else not ipf,
        "alternative": None if alternative is None else not alternative,
        "present": fibrosis,
    }
    return False if too_long(months, RULE.settings) else formula(known)


def evaluate(history: History, settings: Settings | None = None) -> Verdict:
    """The verdict over a whole history."""
    return judge(RULE, history, settings)


def _of_pair(pair: Pair | None, settings: Settings) -> Sequence[Evidence]:
    return fvc_points("fvc", FVC, pair), dlco_points("dlco", DLCO, pair, settings)


def _of_period(period: Period) -> Sequence[Evidence]:
    return (
        symptoms(period),
        radiology(period),
        _not_ipf(period.history.diagnosis),
        fibrosis_present(period),
        no_alternative(period),
    )


def _not_ipf(diagnosis: str) -> Evidence:
    criterion = "ILD other than IPF"
    if not diagnosis:
        return Evidence("not_ipf", criterion, None, "no diagnosis on record", needs="a diagnosis")
    said = "the diagnosis is IPF, to which the rule does not apply" if diagnosis == IPF else f"diagnosis {diagnosis}"
    return Evidence("not_ipf", criterion, diagnosis != IPF, said, "diagnosis")


RULE = Rule(
    name="PPF 2022",
    title="Progressive pulmonary fibrosis, ATS/ERS/JRS/ALAT 2022",
    source="Raghu et al., Am J Respir Crit Care Med 2022;205:e18-47",
    settings=Settings(window_months=12),
    formula=formula,
    of_pair=_of_pair,
    of_period=_of_period,
    compares=with_fvc_or_dlco,
)
