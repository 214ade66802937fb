"""Every study is in exactly one state, and all ways of asking agree on which."""

from __future__ import annotations

import itertools

import pytest

from patients.models import CTStudy
from quant import selectors
from quant.models import State
from quant.selectors import StudyState
from tests.factories import make_patient, make_quantification, make_run, make_series, make_study

pytestmark = pytest.mark.django_db

EXPECTED = {
    (True, State.FAILED): StudyState.FAILED,
    (True, State.RUNNING): StudyState.RUNNING,
    (True, State.QUEUED): StudyState.WAITING,
    (True, State.DONE): StudyState.DONE,
    (True, State.SUPERSEDED): StudyState.DONE,
    (True, None): StudyState.PERSON,
    (False, State.FAILED): StudyState.FAILED,
    (False, State.RUNNING): StudyState.PERSON,
    (False, State.QUEUED): StudyState.PERSON,
    (False, State.DONE): StudyState.PERSON,
    (False, State.SUPERSEDED): StudyState.PERSON,
    (False, None): StudyState.PERSON,
}


def study(linked: bool, state: str | None, chosen: bool = True) -> CTStudy:
    made = make_study(make_patient() if linked else None)
    series = make_series(made, chosen=chosen)
    if state:
        make_run(series, state)
    return made


def states_by_question(made: CTStudy) -> set[StudyState]:
    return {state for state in StudyState if selectors.in_state(CTStudy.objects.all(), state).filter(pk=made.pk)}


@pytest.mark.parametrize(("linked", "state"), EXPECTED)
def test_state_of_a_study(linked: bool, state: State | None) -> None:
    made = study(linked, state)
    expected = EXPECTED[linked, state]
    assert selectors.rows([made])[0].state == expected
    assert states_by_question(made) == {expected}
    counts = selectors.count_states(CTStudy.objects.all())
    assert counts == {one: int(one == expected) for one in StudyState}


@pytest.mark.parametrize("state", [*State, None])
def test_without_a_chosen_series_a_person_is_needed(state: State | None) -> None:
    made = study(True, state, chosen=False)
    assert selectors.rows([made])[0].state == StudyState.PERSON
    assert states_by_question(made) == {StudyState.PERSON}


@pytest.mark.parametrize(("old", "new"), [*itertools.permutations([State.FAILED, State.QUEUED, State.DONE], 2)])
def test_the_newest_run_decides(old: State, new: State) -> None:
    made = make_study(make_patient())
    series = make_series(made)
    make_run(series, old)
    newest = make_run(series, new)
    row = selectors.rows([made])[0]
    assert (row.run, row.state) == (newest, EXPECTED[True, new])
    assert states_by_question(made) == {EXPECTED[True, new]}


def test_numbers_stay_while_a_new_measurement_waits() -> None:
    series = make_series(make_study(make_patient()))
    numbers = make_quantification(series)
    make_run(series, State.QUEUED, engine_version="9.9.9")
    row = selectors.rows([series.study])[0]
    assert (row.state, row.quantification) == (StudyState.WAITING, numbers)


def test_pages_join_without_gap_or_overlap() -> None:
    for linked, state in [*EXPECTED] * 2:
        study(linked, state)
    everything = CTStudy.objects.all()
    counts = selectors.count_states(everything)
    whole = selectors.page_of_studies(everything, counts, 0, 100)
    parts = [selectors.page_of_studies(everything, counts, start, start + 5) for start in range(0, 25, 5)]
    assert [key for part in parts for key in part] == whole
    assert sorted(whole) == sorted(everything.values_list("pk", flat=True))
    order = [row.state for key in whole for row in selectors.rows([CTStudy.objects.get(pk=key)])]
    assert order == sorted(order, key=list(StudyState).index)


def test_an_empty_worklist() -> None:
    counts = selectors.count_states(CTStudy.objects.all())
    assert counts == dict.fromkeys(StudyState, 0)
    assert selectors.page_of_studies(CTStudy.objects.all(), counts, 0, 50) == []
    assert selectors.rows([]) == []


def test_places_in_the_queue_follow_the_broker() -> None:
    made = [study(True, State.QUEUED) for _ in range(3)]
    row = selectors.rows(made)
    assert [one.place for one in row] == [1, 2, 3]
    first = row[0].run
    assert first is not None
    first.sent_at = None
    first.save(update_fields=["sent_at"])
    assert [one.place for one in selectors.rows(made)] == [3, 1, 2], "what the broker has not got comes last"


def test_places_far_behind_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "PLACES_COUNTED", 1)
    made = [study(True, State.QUEUED) for _ in range(2)]
    assert [one.place for one in selectors.rows(made)] == [1, None]
