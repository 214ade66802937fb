"""What holds for any history: more facts never unmake a progression, and all the facts decide it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patients.progression import eustar, relief, rules
from patients.progression.history import PFT, Change, CTReading, History, Symptoms
from patients.progression.months import window_start
from patients.progression.verdict import Verdict
from tests.progression.histories import START, pft, reading

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PAIRWISE = ["INBUILD", "PPF 2022", "OMERACT", "Erice 2020"]
percent = st.floats(40, 100).map(lambda value: round(value, 1))
maybe = st.sampled_from([True, False, None])
CHANGES: list[Change] = ["better", "same", "worse", "unknown"]
said = st.sampled_from(CHANGES)
Evaluate = Callable[[History], Verdict]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Two to six visits 90 to 300 days apart, with symptoms and CT read at some of them."""
    gaps = draw(st.lists(st.integers(90, 300), min_size=1, max_size=5))
    days = [START + dt.timedelta(days=sum(gaps[:place])) for place in range(len(gaps) + 1)]
    hb = [draw(st.booleans()) for _day in days]
    pfts = [_pft(draw, day, hb_known=known) for day, known in zip(days, hb, strict=True)]
    told = draw(st.lists(st.sampled_from(days), unique=True))
    read = draw(st.lists(st.sampled_from(days[1:]), unique=True))
    return History(
        tuple(pfts),
        tuple(Symptoms(day, draw(said), draw(said)) for day in told),
        tuple(_reading(draw, day, days) for day in read),
        diagnosis=draw(st.sampled_from(["", "SSc-ILD", "IPF"])),
    )


def _pft(draw: st.DrawFn, day: dt.date, *, hb_known: bool) -> PFT:
    dlco = draw(percent)
    return pft(day, fvc=draw(percent), dlco=dlco, dlco_hb=dlco if hb_known else None)


def _reading(draw: st.DrawFn, day: dt.date, days: list[dt.date]) -> CTReading:
    made = reading(day, days[days.index(day) - 1], more=draw(maybe))
    return replace(made, alternative_explanation=draw(maybe), fibrosis_present=draw(maybe))


@st.composite
def any_visit(draw: st.DrawFn) -> PFT:
    """On a day on which no history has a visit yet (times of the two are kept apart by the caller)."""
    day = START + dt.timedelta(days=draw(st.integers(-2000, 4000)))
    return pft(day, fvc=draw(percent), dlco_hb=draw(percent))


@pytest.mark.parametrize("rule", PAIRWISE)
@given(history=histories(), visit=any_visit())
@FEW
def test_another_visit_never_unmakes_a_progression(rule: str, history: History, visit: PFT) -> None:
    if visit.date in {one.date for one in history.pfts}:
        return
    before = rules.RULES[rule](history, None)
    after = rules.RULES[rule](replace(history, pfts=(*history.pfts, visit)), None)
    if before.state == "met":
        assert after.state == "met"
        assert after.first_met is not None
        assert before.first_met is not None
        assert after.first_met <= before.first_met


@given(history=histories(), visit=any_visit())
@FEW
def test_another_visit_never_makes_the_worst_year_milder(history: History, visit: PFT) -> None:
    if visit.date in {one.date for one in history.pfts}:
        return
    before = eustar.evaluate(history)
    after = eustar.evaluate(replace(history, pfts=(*history.pfts, visit)))
    if before.state in eustar.WORST_LAST:
        worse = [eustar.WORST_LAST.index(eustar.Category(one.state)) for one in (before, after)]
        assert worse == sorted(worse)


@given(history=histories(), visit=any_visit())
@FEW
def test_a_visit_outside_the_course_never_unmakes_a_slope(history: History, visit: PFT) -> None:
    days = [one.date for one in history.pfts]
    if min(days) <= visit.date <= max(days):
        return
    if relief.evaluate(history).state == "met":
        assert relief.evaluate(replace(history, pfts=(*history.pfts, visit))).state == "met"


@pytest.mark.parametrize("rule", rules.RULES)
@given(history=histories(), visit=any_visit())
@FEW
def test_an_unusable_visit_changes_nothing_but_is_named(rule: str, history: History, visit: PFT) -> None:
    if visit.date in {one.date for one in history.pfts}:
        return
    before = rules.RULES[rule](history, None)
    for unusable in (replace(visit, quality_fvc="D", quality_dlco="F"), replace(visit, bronchodilator="post")):
        after = rules.RULES[rule](replace(history, pfts=(*history.pfts, unusable)), None)
        assert {one.date for one in after.excluded} == {visit.date}
        assert replace(after, excluded=before.excluded) == before


@pytest.mark.parametrize("rule", PAIRWISE)
@given(history=histories(), data=st.data())
@FEW
def test_all_that_is_missing_decides_it(rule: str, history: History, data: st.DataObject) -> None:
    before = rules.RULES[rule](history, None)
    after = rules.RULES[rule](filled(history, rule, data.draw), None)
    assert bool(before.missing) is (before.state == "indeterminate")
    assert after.state in {"met", "not met"}
    assert not after.missing


@pytest.mark.parametrize("rule", ["EUSTAR", "RELIEF"])
@given(history=histories(), values=st.tuples(percent, percent, percent))
@FEW
def test_the_visits_that_are_missing_decide_a_rule_of_lung_function(
    rule: str, history: History, values: tuple[float, float, float]
) -> None:
    before = rules.RULES[rule](history, None)
    last = max(one.date for one in history.pfts)
    more = tuple(pft(last + dt.timedelta(180 * (place + 1)), fvc=value) for place, value in enumerate(values))
    after = rules.RULES[rule](replace(history, pfts=(*history.pfts, *more)), None)
    assert bool(before.missing) is (before.state == "indeterminate")
    assert after.state != "indeterminate"
    assert after.latest != "indeterminate"
    assert not after.missing


@pytest.mark.parametrize("rule", PAIRWISE)
@given(history=histories(), data=st.data())
@FEW
def test_a_word_that_was_missing_never_turns_one_definite_answer_into_the_other(
    rule: str, history: History, data: st.DataObject
) -> None:
    """Where visits can be compared, "not met" already allows for what the last reader and the last visit left open.

    A later "not worse" speaks for earlier words left open: the portal's choice.
    """
    history = replace(history, symptoms=history.symptoms[-1:], readings=history.readings[-1:])
    before = rules.RULES[rule](history, None)
    after = rules.RULES[rule](told_in_full(history, data.draw), None)
    if before.state == "met" or (before.state == "not met" and one_window(history, rule)):
        assert after.state == before.state


@given(history=histories(), data=st.data())
@FEW
def test_a_definite_answer_does_not_hang_on_haemoglobin_or_diagnosis(history: History, data: st.DataObject) -> None:
    known = replace(
        history,
        pfts=tuple(replace(one, dlco_hb_percent=one.dlco_percent) for one in history.pfts),
        diagnosis=history.diagnosis or data.draw(st.sampled_from(["SSc-ILD", "IPF"])),
    )
    for rule in PAIRWISE:
        before, after = (rules.RULES[rule](one, None) for one in (history, known))
        if before.state != "indeterminate":
            assert after.state == before.state


def one_window(history: History, rule: str) -> bool:
    days = [one.date for one in history.pfts]
    return min(days) >= window_start(max(days), rules.DEFAULTS[rule].window_months)


def told_in_full(history: History, draw: Callable[[st.SearchStrategy[bool]], bool]) -> History:
    """The same records with every unknown word on them said."""
    return replace(
        history,
        symptoms=tuple(_told(one.date, one, worse=draw(st.booleans())) for one in history.symptoms),
        readings=tuple(_said(one, more=draw(st.booleans())) for one in history.readings),
    )


def _said(one: CTReading, *, more: bool) -> CTReading:
    whole = reading(one.date, one.prior, more=more)
    known = {name: getattr(one, name) for name in one.__slots__ if getattr(one, name) is not None}
    return replace(whole, **known)


def filled(history: History, rule: str, draw: Callable[[st.SearchStrategy[bool]], bool]) -> History:
    """Symptoms, CT, haemoglobin and diagnosis known at every visit."""
    days = [one.date for one in history.pfts]
    told = {one.date: one for one in history.symptoms}
    read = {one.date: one for one in history.readings}
    return History(
        pfts=tuple(replace(one, dlco_hb_percent=one.dlco_percent) for one in history.pfts),
        symptoms=tuple(_told(day, told.get(day), worse=draw(st.booleans())) for day in days),
        readings=tuple(_read(day, days, read.get(day), rule, more=draw(st.booleans())) for day in days),
        diagnosis=history.diagnosis or "SSc-ILD",
    )


def _told(day: dt.date, one: Symptoms | None, *, worse: bool) -> Symptoms:
    word: Change = "worse" if worse else "same"
    if one is None:
        return Symptoms(day, word, word)
    return replace(
        one,
        dyspnoea=word if one.dyspnoea == "unknown" else one.dyspnoea,
        cough=word if one.cough == "unknown" else one.cough,
    )


def _read(day: dt.date, days: list[dt.date], one: CTReading | None, rule: str, *, more: bool) -> CTReading:
    earlier = [other for other in days if window_start(day, rules.DEFAULTS[rule].window_months) <= other < day]
    whole = reading(day, earlier[-1] if earlier else None, more=more)
    if one is None:
        return whole
    known = {name: getattr(one, name) for name in one.__slots__ if getattr(one, name) is not None}
    return replace(whole, **known)
