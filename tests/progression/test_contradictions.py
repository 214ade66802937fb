"""Records that contradict each other, take each other back, or are not dated to the day."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patients.progression import inbuild, ppf2022, relief, rules
from patients.progression.history import PFT, CTReading, History, Symptoms
from tests.progression.histories import START, fvcs, month, pft, reading, symptoms

WORSE = symptoms(month(12), worse=True)
NO_MORE = reading(month(12), START, more=False)


def test_symptoms_taken_back_without_all_being_known_are_not_known_to_be_no_worse() -> None:
    told = (symptoms(month(10), worse=True), Symptoms(month(12), dyspnoea="better"))
    verdict = inbuild.evaluate(History(fvcs(m0=80, m12=75), told, (NO_MORE,)))
    assert (verdict.state, verdict.latest) == ("met", "indeterminate")
    assert "change of symptoms not recorded" in {one.words for one in verdict.latest_evidence}


@pytest.mark.parametrize("turned", [False, True])
def test_readers_who_disagree_about_one_scan_leave_more_fibrosis_open(turned: bool) -> None:
    read = (replace(NO_MORE, reader="Dr A"), replace(reading(month(12), START, more=True), reader="Dr B"))
    verdict = inbuild.evaluate(
        History(fvcs(m0=80, m12=75), (symptoms(month(12), worse=False),), read[::-1] if turned else read)
    )
    assert (verdict.state, [one.needs for one in verdict.missing]) == (
        "indeterminate",
        ["one word of the readers of the CT of 2021-03-02"],
    )
    assert verdict.evidence[3].words == "more fibrosis on CT: the readers of the CT of 2021-03-02 disagree"


def test_a_later_scan_settles_what_two_readers_disagreed_about() -> None:
    read = (reading(month(6), START, more=False), reading(month(6), START, more=True), NO_MORE)
    told = (symptoms(month(12), worse=False),)
    assert inbuild.evaluate(History(fvcs(m0=80, m12=75), told, read)).state == "not met"
    later = (*read[:2], replace(NO_MORE, fibrosis_more=True))
    assert inbuild.evaluate(History(fvcs(m0=80, m12=75), told, later)).state == "met"


def test_an_earlier_scan_does_not_settle_what_two_readers_disagree_about() -> None:
    read = (reading(month(8), START, more=False), NO_MORE, replace(reading(month(12), START, more=True), reader="B"))
    told = (symptoms(month(12), worse=False),)
    assert inbuild.evaluate(History(fvcs(m0=80, m12=75), told, read)).state == "indeterminate"


@pytest.mark.parametrize(
    ("field", "needs"),
    [("alternative_explanation", "one word of the readers"), ("fibrosis_present", "one word of the readers")],
)
def test_readers_who_disagree_about_what_ppf_asks_leave_it_open(field: str, needs: str) -> None:
    one = reading(month(12), START, more=True)
    other = replace(one, reader="Dr B", **{field: not getattr(one, field)})  # type: ignore[arg-type]
    history = History(fvcs(m0=80, m12=75), (WORSE,), (one, other), diagnosis="SSc-ILD")
    verdict = ppf2022.evaluate(history)
    assert verdict.state == "indeterminate"
    assert [one.needs.startswith(needs) for one in verdict.missing] == [True]
    assert ppf2022.evaluate(replace(history, readings=(one,))).state == "met"


def test_a_reader_who_names_no_prior_scan_counts_and_the_verdict_says_so() -> None:
    read = reading(month(12), None, more=True)
    verdict = inbuild.evaluate(History(fvcs(m0=80, m12=75), (), (read,)))
    assert verdict.state == "met"
    assert verdict.evidence[3].note == "No dated prior CT is named: the change is taken as new"


def test_a_sign_of_progression_without_comparable_visits_is_not_passed_over() -> None:
    known = (symptoms(month(6), worse=False), symptoms(month(40), worse=True))
    visits = fvcs(m0=80, m6=79, m40=79)
    history = History(visits, known, (reading(month(6), START, more=False),))
    verdict = inbuild.evaluate(history)
    assert verdict.state == "indeterminate"
    assert "fibrosis" in {one.code for one in verdict.missing}
    read = replace(history, readings=(*history.readings, reading(month(40), None, more=False)))
    assert inbuild.evaluate(read).state == "not met"
    worse = replace(history, readings=(*history.readings, reading(month(40), None, more=True)))
    assert inbuild.evaluate(worse).state == "met"


def test_two_measurements_of_one_month_are_on_the_slope_and_count_once() -> None:
    soon = pft(START + dt.timedelta(10), fvc=79)
    verdict = relief.evaluate(History((*fvcs(m0=80, m6=70), soon)))
    assert verdict.state == "indeterminate"
    assert "90 days apart" in verdict.missing[0].needs
    again = relief.evaluate(History((*fvcs(m0=80, m6=70, m12=60), soon)))
    assert again.state == "met"
    assert "over 4 measurements" in again.sentence


@pytest.mark.parametrize(("day", "state"), [(90, "met"), (89, "indeterminate")])
def test_three_measurements_of_a_slope_are_90_days_apart(day: int, state: str) -> None:
    visits = [pft(START + dt.timedelta(days), fvc=value) for days, value in ((0, 80), (day, 75), (184, 70))]
    assert relief.evaluate(History(tuple(visits))).state == state


def year_of(day: dt.date) -> Symptoms:
    first, last = day.replace(month=1, day=1), day.replace(month=12, day=31)
    return Symptoms(day.replace(month=7, day=2), "worse", "same", between=(first, last))


def test_symptoms_known_to_the_year_are_said_to_be() -> None:
    verdict = inbuild.evaluate(History(fvcs(m0=80, m12=75, m24=74), (year_of(month(12)),)))
    found = next(one for one in verdict.evidence if one.code == "symptoms")
    assert found.words == "symptoms were worse about 2021-07-02 (dyspnoea)"
    assert found.note == "Known to lie between 2021-01-01 and 2021-12-31: the middle is taken"
    assert "dated to the month" not in verdict.caution


def test_an_answer_that_hangs_on_the_day_says_what_it_would_be_by_another() -> None:
    told = (symptoms(month(12), worse=False), year_of(month(24)))
    read = (NO_MORE, reading(month(24), START, more=False))
    history = History(fvcs(m0=80, m12=75), told, read)
    verdict = inbuild.evaluate(history)
    assert verdict.state == "not met"
    assert verdict.caution.endswith(
        "Symptoms are dated to the month or year; by another day of that period the answer would be: ever met, "
        "at the latest visit met."
    )
    by_day = replace(history, symptoms=(told[0], replace(told[1], date=dt.date(2022, 1, 1), between=None)))
    assert (inbuild.evaluate(by_day).state, inbuild.evaluate(by_day).latest) == ("met", "met")


same_days = st.integers(0, 3).map(lambda number: month(6 * number))
words = st.sampled_from(["better", "same", "worse", "unknown"])
truths = st.sampled_from([True, False, None])
facts = st.builds(
    History,
    st.lists(
        st.builds(
            PFT,
            same_days,
            fvc_percent=st.sampled_from([80.0, 75.0, 70.0]),
            fvc_set=st.sampled_from(["one", "two"]),
            dlco_hb_percent=st.sampled_from([60.0, 45.0]),
            quality_fvc=st.sampled_from(["A", "D"]),
        ),
        max_size=5,
    ).map(tuple),
    st.lists(st.builds(Symptoms, same_days, words, words, st.sampled_from([None, 1, 2])), max_size=4).map(tuple),
    st.lists(
        st.builds(
            CTReading,
            same_days,
            st.sampled_from([None, START]),
            st.sampled_from(["Dr A", "Dr B"]),
            truths,
            truths,
            fibrosis_more=truths,
        ),
        max_size=4,
    ).map(tuple),
    diagnosis=st.just("SSc-ILD"),
)


@given(history=facts, data=st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_order_of_facts_means_nothing_even_of_one_day(history: History, data: st.DataObject) -> None:
    turned = History(
        tuple(data.draw(st.permutations(history.pfts))),
        tuple(data.draw(st.permutations(history.symptoms))),
        tuple(data.draw(st.permutations(history.readings))),
        diagnosis=history.diagnosis,
    )
    assert rules.verdicts(turned) == rules.verdicts(history)
