"""Retry from the worklist: by POST with a token, only what has failed, and back where one came from."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from ildportal.models import User
from patients.models import Site
from quant import services
from quant.models import Run, State
from tests.factories import make_patient, make_run, make_series, make_study
from tests.pages.reading import line, words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Which runs were passed to the broker."""
    passed: list[int] = []
    monkeypatch.setattr(services, "send", passed.append)
    return passed


@pytest.fixture
def failed(bern: Site) -> Run:
    return make_run(make_series(make_study(make_patient("SSc-0174", site=bern))), State.FAILED)


def test_the_study_waits_again(
    owner: Client,
    member: User,
    failed: Run,
    sent: list[int],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = owner.post(reverse("run-retry", args=[failed.pk]), follow=True)
    assert "SSc-0174: the measurement waits in the queue again." in words(answer)
    assert line(answer, "SSc-0174").startswith("Waiting")
    failed.refresh_from_db()
    assert (failed.state, failed.attempts, failed.requested_by) == (State.QUEUED, 0, member)
    assert sent == [failed.pk]


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.DONE, State.SUPERSEDED])
def test_what_has_not_failed_stays_as_it_is(owner: Client, bern: Site, state: State, sent: list[int]) -> None:
    run = make_run(make_series(make_study(make_patient("SSc-0174", site=bern))), state)
    answer = owner.post(reverse("run-retry", args=[run.pk]), follow=True)
    assert "Not done SSc-0174: Only a failed measurement can be retried." in words(answer)
    run.refresh_from_db()
    assert run.state == state
    assert sent == []


def test_a_run_that_was_replaced_is_not_retried(owner: Client, failed: Run) -> None:
    make_run(failed.series, State.DONE)
    answer = owner.post(reverse("run-retry", args=[failed.pk]), follow=True)
    assert "A newer measurement of this CT has replaced it." in words(answer)
    failed.refresh_from_db()
    assert failed.state == State.FAILED


def test_a_held_study_can_be_retried(owner: Client, bern: Site) -> None:
    run = make_run(make_series(make_study(None, site=bern)), State.FAILED)
    answer = owner.post(reverse("run-retry", args=[run.pk]), follow=True)
    assert "The study: the measurement waits in the queue again." in words(answer)


@pytest.mark.parametrize("path", ["/?state=failed&page=2", "/patients/SSc-0174/"])
def test_one_comes_back_to_where_one_was(owner: Client, failed: Run, path: str) -> None:
    assert owner.post(reverse("run-retry", args=[failed.pk]), {"next": path}).headers["Location"] == path


@pytest.mark.parametrize("path", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""])
def test_nobody_is_sent_elsewhere(owner: Client, failed: Run, path: str) -> None:
    assert owner.post(reverse("run-retry", args=[failed.pk]), {"next": path}).headers["Location"] == "/"


def test_each_page_sends_the_way_back(owner: Client, failed: Run) -> None:
    for path, back in (
        ("/?state=failed", "/?state=failed"),
        ("/worklist/table?state=failed", "/?state=failed"),
        ("/patients/SSc-0174/", "/patients/SSc-0174/"),
    ):
        assert f'name="next" value="{back}"' in owner.get(path).content.decode()


def test_a_link_cannot_retry(owner: Client, failed: Run) -> None:
    assert owner.get(reverse("run-retry", args=[failed.pk])).status_code == 405


def test_another_page_cannot_retry(member: User, failed: Run) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(member)
    answer = careful.post(reverse("run-retry", args=[failed.pk]))
    assert answer.status_code == 403
    assert "Not allowed" in answer.content.decode()
    failed.refresh_from_db()
    assert failed.state == State.FAILED


def test_a_number_that_no_database_can_hold(owner: Client) -> None:
    assert owner.post(f"/runs/{'9' * 30}/retry").status_code == 404
