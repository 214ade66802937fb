"""The same scan measured again: by another engine, back by ours, and never twice at once."""

from __future__ import annotations

from typing import Any

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings

from quant import process, queue, results, services
from quant.engine.errors import UnusableInput
from quant.models import Quantification, Run, State
from tests.queue.documents import document, series

pytestmark = pytest.mark.django_db


def stored(run: Run) -> Quantification:
    claim = queue.claim(run.pk, "w1")
    assert claim is not None
    return results.store(claim, document(), {}, "quantifications/x")


def test_another_engine_and_back() -> None:
    first = services.request_run(series())
    ours = stored(first)
    second = services.measure_again(first.series, "lungmask")
    assert (second.engine, second.state) == ("density+lungmask", State.QUEUED)
    assert services.measure_again(first.series, "density+lungmask").pk == second.pk, "it waits already"
    theirs = stored(second)
    third = services.measure_again(first.series, settings.ENGINE)
    assert third.pk not in {first.pk, second.pk}, "numbers that no longer count do not stand in for new ones"
    back = stored(third)
    ours.refresh_from_db()
    theirs.refresh_from_db()
    assert [ours.superseded_by, theirs.superseded_by, back.current] == [theirs, back, True]


def test_the_one_that_waited_for_the_other_engine_gives_way() -> None:
    first = services.request_run(series())
    second = services.measure_again(first.series, "lungmask")
    first.refresh_from_db()
    assert first.state == State.SUPERSEDED
    assert first.reason == "Another measurement of this series was asked for."
    assert queue.claim(first.pk, "w1") is None
    assert Run.objects.filter(state=State.QUEUED).get() == second


def test_the_setting_names_the_engine_of_new_scans(settings: Any) -> None:
    settings.ENGINE = "lungmask:LTRCLobes"
    run = services.request_run(series())
    assert run.engine == "density+lungmask:LTRCLobes"
    assert services.request_run(run.series).pk == run.pk


@pytest.mark.parametrize(
    ("cause", "state", "code"),
    [(SoftTimeLimitExceeded(), State.QUEUED, "time_limit"), (RuntimeError(), State.FAILED, "engine_failed")],
)
def test_another_engine_out_of_time_is_tried_again_and_a_failed_one_is_not(
    monkeypatch: pytest.MonkeyPatch, cause: Exception, state: State, code: str
) -> None:
    """An engine of others takes the worker's time limit for a fault of its own."""

    def measure(_claim: queue.Claim) -> None:
        raise UnusableInput("engine_failed", "theirs failed") from cause

    monkeypatch.setattr(process, "measure", measure)
    run = services.request_run(series())
    process.process(run.pk, "w1")
    run.refresh_from_db()
    assert (run.state, run.error_code) == (state, code)
