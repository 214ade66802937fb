"""What renews itself: who works, which CT of a patient stands where, and a retry that swaps its part of the page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ildportal.pages import crew
from patients.models import Site
from quant import services, workers
from quant.models import State, Worker
from tests.factories import make_measured_study, make_patient, make_quantification, make_run, make_series, make_study
from tests.pages.reading import line, words

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def silent(name: str, **ago: float) -> None:
    Worker.objects.filter(name=name).update(seen_at=timezone.now() - timedelta(**ago))


def queued(site: Site, code: str = "SSc-0052") -> None:
    make_run(make_series(make_study(make_patient(code, site=site))), State.QUEUED)


def test_live_workers_are_counted_with_their_last_sign(owner: Client, bern: Site) -> None:
    workers.beat("celery@gpu-1/77")
    workers.measured_on("celery@gpu-1/77", "cuda")
    said = words(owner.get("/"))
    assert "1 worker, last seen 0 s ago." in said
    assert "Live gpu-1 cuda Waits for work, last sign 0 s ago" in said
    assert "Start one with" not in said


def test_no_worker_means_that_measurements_wait(owner: Client, bern: Site) -> None:
    assert "No worker has been seen since yesterday: new CTs would wait. Start one with python -m celery" in words(
        owner.get("/")
    )
    queued(bern)
    workers.beat("gpu-1/77")
    silent("gpu-1/77", minutes=4, seconds=5)
    said = words(owner.get("/"))
    assert "No worker has been seen for 4 min: measurements wait. Start one with python -m celery" in said
    assert "Lost gpu-1 No sign for 4 min" in said


def test_a_worker_that_stopped_is_not_called_lost(owner: Client, bern: Site) -> None:
    workers.beat("gpu-1/77")
    workers.stop("gpu-1/77")
    said = words(owner.get("/"))
    assert "new CTs would wait" in said
    assert "Lost" not in said


def test_what_was_lost_long_ago_is_not_told(owner: Client, bern: Site) -> None:
    for name in ("gpu-1/77", "gpu-2/8"):
        workers.beat(name)
    silent("gpu-2/8", hours=2)
    assert "gpu-2" not in words(owner.get("/"))


def test_a_worker_says_what_it_measures_only_to_those_who_may_know(owner: Client, stranger: Client, bern: Site) -> None:
    make_run(make_series(make_study(make_patient("SSc-0211", site=bern))), State.RUNNING, worker="gpu-1/77")
    workers.beat("gpu-1/77")
    assert "Measures SSc-0211, lungs, 62 %, last sign 0 s ago" in words(owner.get("/"))
    said = words(stranger.get("/"))
    assert "Measures a CT of another site" in said
    assert "SSc-0211" not in said


def test_spans_of_time() -> None:
    assert [crew.ago(seconds) for seconds in (0.4, 59.9, 60, 7199, 7200, 90_000)] == [
        "0 s", "59 s", "1 min", "1 h", "2 h", "1 day",
    ]  # fmt: skip


def test_arrivals_are_counted(owner: Client, bern: Site) -> None:
    queued(bern)
    old = make_study(make_patient("Old-1", site=bern))
    type(old).objects.filter(pk=old.pk).update(received_at=timezone.now() - timedelta(hours=25))
    assert "1 CT arrived in the last 24 h." in words(owner.get("/"))


def test_a_patients_page_is_fetched_again_only_while_something_moves(owner: Client, bern: Site) -> None:
    patient = make_patient("SSc-0147", site=bern)
    make_measured_study(patient)
    assert "every 5s" not in owner.get("/patients/SSc-0147/").content.decode()
    run = make_run(make_series(make_study(patient)), State.RUNNING)
    page = owner.get("/patients/SSc-0147/").content.decode()
    assert 'hx-trigger="every 5s, renew"' in page
    part = owner.get("/ct/patients/SSc-0147/", headers=HTMX)
    assert "Running 62 %" in words(part)
    run.state, run.reason = State.FAILED, "Lung mask failed."
    run.save()
    part = owner.get("/ct/patients/SSc-0147/", headers=HTMX)
    assert "Lung mask failed." in words(part)
    assert "Retry" in words(part)
    assert "every 5s" not in part.content.decode()


def test_new_numbers_are_announced_beside_the_old_ones(owner: Client, bern: Site) -> None:
    patient = make_patient("SSc-0147", site=bern)
    series = make_series(make_study(patient))
    run = make_run(series, State.RUNNING)
    assert 'hx-get="/ct/patients/SSc-0147/?known=0"' in owner.get("/patients/SSc-0147/").content.decode()
    make_quantification(series, run=run)
    said = words(owner.get("/ct/patients/SSc-0147/?known=0", headers=HTMX))
    assert "A CT has been measured since this page was opened" in said
    assert "A CT has been measured" not in words(owner.get("/patients/SSc-0147/"))


def test_the_live_part_is_for_those_who_may_see_the_patient(stranger: Client, teammate: Client, bern: Site) -> None:
    make_patient("DM/12", site=bern)
    assert stranger.get("/ct/patients/DM/12/").status_code == 404
    assert teammate.get("/ct/patients/DM/12/").status_code == 200


@pytest.mark.parametrize("path", ["/", "/patients/SSc-0174/"])
def test_a_retry_by_htmx_gives_the_page_whose_part_is_swapped(
    owner: Client, bern: Site, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "send", lambda _pk: True)
    run = make_run(make_series(make_study(make_patient("SSc-0174", site=bern))), State.FAILED)
    part = "studies" if path == "/" else "cts-live"
    page = owner.get(path).content.decode()
    assert f'hx-target="#{part}" hx-select="#{part}" hx-select-oob="#messages"' in page
    answer = owner.post(f"/runs/{run.pk}/retry", {"next": path}, follow=True, headers=HTMX)
    assert f'id="{part}"' in answer.content.decode()
    assert "SSc-0174: the measurement waits in the queue again." in words(answer)
    if path == "/":
        assert line(answer, "SSc-0174").startswith("Waiting")


def test_who_was_logged_out_meanwhile_gets_a_reload_instead_of_a_login_form() -> None:
    for path in ("/worklist/table", "/ct/patients/SSc-0147/"):
        answer = Client().get(path, headers=HTMX)
        assert (answer.status_code, answer.headers["HX-Refresh"]) == (204, "true")
        assert Client().get(path).status_code == 302
