"""Three-valued logic: the truth tables, and that every rule is undecided exactly where it could go either way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

import pytest

from patients.progression import erice, eustar, inbuild, omeract, ppf2022, relief
from patients.progression.history import History
from patients.progression.judge import Case
from patients.progression.logic import (
    Formula,
    Truth,
    all_of,
    any_of,
    at_least,
    deciding,
    exceeds,
    reaches,
    settling,
)
from patients.progression.period import Period
from patients.progression.rule import Rule
from tests.progression.histories import START

T, F, U = True, False, None
RULES = [inbuild.RULE, ppf2022.RULE, omeract.RULE, erice.RULE]


@pytest.mark.parametrize(
    ("one", "other", "both", "either"),
    [
        (T, T, T, T), (T, F, F, T), (T, U, U, T),
        (F, T, F, T), (F, F, F, F), (F, U, F, U),
        (U, T, U, T), (U, F, F, U), (U, U, U, U),
    ],
)  # fmt: skip
def test_kleene_tables(one: Truth, other: Truth, both: Truth, either: Truth) -> None:
    assert all_of((one, other)) is both
    assert any_of((one, other)) is either


def test_of_nothing() -> None:
    assert (all_of(()), any_of(()), at_least(1, ())) == (True, False, False)


@pytest.mark.parametrize(
    ("truths", "expected"),
    [
        ((T, T, U), T), ((T, U, F), U), ((U, F, F), F), ((T, F, F), F),
        ((U, U, F), U), ((U, U, U), U), ((T, T, F), T), ((T, U, U), U),
    ],
)  # fmt: skip
def test_two_of_three(truths: tuple[Truth, ...], expected: Truth) -> None:
    assert at_least(2, truths) is expected


def test_thresholds_are_inclusive_and_unrounded() -> None:
    assert reaches(10.0, 10) is reaches(10 - 1e-12, 10) is True
    assert reaches(9.9999, 10) is False
    assert exceeds(10 + 1e-12, 10) is False
    assert exceeds(10.0001, 10) is True
    assert reaches(None, 10) is exceeds(None, 10) is None


def codes(rule: Rule) -> list[str]:
    period = Period(History(), (), rule.settings, START, START)
    return [one.code for one in (*rule.of_pair(None, rule.settings), *rule.of_period(period))]


def completions(truths: Mapping[str, Truth]) -> Iterator[dict[str, Truth]]:
    unknown = [name for name, truth in truths.items() if truth is None]
    for outcome in product((True, False), repeat=len(unknown)):
        yield {**truths, **dict(zip(unknown, outcome, strict=True))}


def tables(rule: Rule) -> Iterator[dict[str, Truth]]:
    for row in product((True, False, None), repeat=len(codes(rule))):
        yield dict(zip(codes(rule), row, strict=True))


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_a_rule_is_open_exactly_where_what_is_missing_could_change_it(rule: Rule) -> None:
    for truths in tables(rule):
        answers = {rule.formula(one) for one in completions(truths)}
        expected = answers.pop() if len(answers) == 1 else None
        assert rule.formula(truths) is expected, truths


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_what_settles_a_rule_and_what_decided_it(rule: Rule) -> None:
    for truths in tables(rule):
        named, kept = settling(rule.formula, truths), deciding(rule.formula, truths)
        assert bool(named) is (rule.formula(truths) is None), truths
        assert all(truths[name] is None for name in named)
        alone: dict[str, Truth] = {name: truths[name] if name in kept else None for name in truths}
        assert rule.formula(alone) is rule.formula(truths), truths
        assert not any(_does_without(rule.formula, alone, name) for name in kept), truths


def _does_without(formula: Formula, truths: Mapping[str, Truth], name: str) -> bool:
    without: dict[str, Truth] = {**truths, name: None}
    return formula(without) is formula(truths)


def test_a_case_without_visits_sorts_below_any_other() -> None:
    period = Period(History(), (), inbuild.RULE.settings, START, START)
    assert Case(period, None, (), None).fall == float("-inf")


NAN = float("nan")


def test_what_a_table_writes_as_nan_is_missing_and_never_a_no() -> None:
    assert reaches(NAN, 5) is exceeds(NAN, 5) is None
    assert inbuild.two_visits(80, NAN, 12, worse_symptoms=False, more_fibrosis=False) is None
    assert ppf2022.two_visits(80, 80, NAN, 60, 12, worse_symptoms=True, worse_ct=False) is None
    assert omeract.two_visits(80, 75, 60, NAN) is None
    assert erice.two_visits(NAN, 75, 60, 60, 12, worse_symptoms=False, more_fibrosis=False) is None
    assert eustar.two_visits(80, NAN) is None
    assert relief.measurements([0, 0.5, 1], [80, NAN, 70]) == (None, None)
    assert relief.measurements([0, 0.3, 0.5, 1], [80, None, 77, 75]) == (True, -5.0)
