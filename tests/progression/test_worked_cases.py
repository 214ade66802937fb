"""Worked cases of the rules that were made elsewhere, on two visits and as whole histories."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from patients.progression import erice, eustar, inbuild, omeract, ppf2022, relief
from patients.progression.history import History
from patients.progression.logic import Truth
from patients.progression.months import add_months
from patients.progression.verdict import Verdict
from tests.progression.histories import START, complete, pft, reading, symptoms


def truth(flag: object) -> Truth:
    return None if flag is None else bool(flag)


TWO_VISITS: dict[str, Callable[..., object]] = {
    "inbuild": lambda f0, f1, m, sym, ct: inbuild.two_visits(f0, f1, m, truth(sym), truth(ct)),
    "ppf2022": lambda f0, f1, d0, d1, m, sym, ct, *rest: ppf2022.two_visits(
        f0, f1, d0, d1, m, truth(sym), truth(ct), *map(truth, rest)
    ),
    "omeract": omeract.two_visits,
    "erice": lambda f0, f1, d0, d1, m, sym, ct: erice.two_visits(f0, f1, d0, d1, m, truth(sym), truth(ct)),
    "eustar": eustar.two_visits,
    "relief": relief.measurements,
}


def cases(reference: Path, rule: str) -> list[tuple[list[Any], Any]]:
    document = json.loads((reference / "rule_cases.json").read_text())
    (found,) = (value for key, value in document.items() if key.startswith(f"{rule}("))
    return [(case["args"], case["expected"]) for case in found]


@pytest.mark.parametrize("rule", TWO_VISITS)
def test_two_visits_give_the_worked_answer(reference: Path, rule: str) -> None:
    given = cases(reference, rule)
    answers = [TWO_VISITS[rule](*args) for args, _expected in given]
    if rule == "relief":
        assert answers == [(met, pytest.approx(slope)) for _args, (met, slope) in given]
    else:
        assert answers == [expected for _args, expected in given]


def history(f0: float, f1: float, d0: float | None, d1: float | None, months: int, sym: object, ct: object) -> History:
    """What the arguments of a case say, as two visits with all that belongs to them."""
    later = add_months(START, months)
    return History(
        pfts=(pft(START, fvc=f0, dlco_hb=d0), pft(later, fvc=f1, dlco_hb=d1)),
        symptoms=(symptoms(later, worse=bool(sym)),),
        readings=(reading(later, START, more=bool(ct)),),
        diagnosis="SSc-ILD",
    )


@pytest.mark.parametrize(
    ("rule", "evaluate"),
    [("inbuild", inbuild.evaluate), ("erice", erice.evaluate), ("ppf2022", ppf2022.evaluate)],
)
def test_a_history_of_two_visits_gives_the_worked_answer(
    reference: Path, rule: str, evaluate: Callable[[History], Verdict]
) -> None:
    """Those whose lung function is known and that lie inside the window: outside, a history cannot say."""
    window = {"inbuild": 24, "erice": 24, "ppf2022": 12}[rule]
    tried = 0
    for args, expected in cases(reference, rule):
        f0, f1 = args[:2]
        d0, d1 = args[2:4] if rule != "inbuild" else (None, None)
        months, sym, ct = args[2:5] if rule == "inbuild" else args[4:7]
        if f0 is None or months > window or len(args) > 7:
            continue
        tried += 1
        verdict = evaluate(history(f0, f1, d0, d1, months, sym, ct))
        assert verdict.state == ("met" if expected else "not met"), args
    assert tried >= 3


def test_the_exceptions_of_ppf_hold_for_a_history() -> None:
    plain = history(80, 70, 60, 50, 12, 1, 1)
    assert ppf2022.evaluate(plain).state == "met"
    ipf = ppf2022.evaluate(complete(plain, diagnosis="IPF"))
    assert (ipf.state, ipf.sentence) == (
        "not met",
        "PPF 2022 not met: the diagnosis is IPF, to which the rule does not apply.",
    )
    assert ppf2022.evaluate(complete(plain, fibrosis_present=False)).state == "not met"
    assert ppf2022.evaluate(complete(plain, alternative_explanation=True)).state == "not met"
    assert ppf2022.evaluate(complete(plain, diagnosis="")).state == "indeterminate"
    assert ppf2022.evaluate(complete(plain, alternative_explanation=None)).state == "indeterminate"
