"""The worklist as a member of a site reads it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from patients.models import Site
from quant.models import State
from tests.factories import (
    make_measured_study,
    make_patient,
    make_quantification,
    make_run,
    make_series,
    make_study,
)
from tests.pages.reading import line, lines_of, words

pytestmark = pytest.mark.django_db
MOST_QUERIES = 13


def test_empty(owner: Client) -> None:
    page = words(owner.get("/"))
    assert "No CT yet." in page
    assert "Nothing waits, nothing failed." in page
    assert "refreshes every 30 s" in page


def test_a_finished_study(owner: Client, bern: Site) -> None:
    make_measured_study(make_patient("SSc-0201", site=bern, birth_date=date(1962, 1, 1)), lesion=18.94)
    said = line(owner.get("/"), "SSc-0201")
    assert said.startswith("Done SSc-0201 F ")
    for part in ("2024-03-04", "Lung 1.0 mm, 1 mm, Br40, 296 slices", "18.9%", "12 est.", "None", "Open"):
        assert part in said, part
    assert "— [First measured CT of this patient]" in said
    assert "Retry" not in said


def test_the_age_is_that_of_today_or_of_death(owner: Client, bern: Site) -> None:
    today = timezone.localdate()
    for code, born, died in (
        ("A-1", today.replace(year=today.year - 60, day=1), None),
        ("A-2", date(1950, 6, 2), date(2024, 6, 1)),
    ):
        make_measured_study(make_patient(code, site=bern, birth_date=born, death_date=died))
    page = owner.get("/")
    assert "A-1 F 60" in line(page, "A-1")
    assert "A-2 F 73" in line(page, "A-2")


def test_a_patient_of_whom_nothing_is_known(owner: Client, bern: Site) -> None:
    make_measured_study(make_patient("A-1", site=bern, birth_date=None, sex=""))
    assert line(owner.get("/"), "A-1").startswith("Done A-1 2024-03-04")


def test_a_failed_study_says_why_and_can_be_retried(owner: Client, bern: Site) -> None:
    make_run(make_series(make_study(make_patient("SSc-0174", site=bern))), State.FAILED)
    said = line(owner.get("/"), "SSc-0174")
    assert said.startswith("Failed")
    assert "Lung mask failed: 1 lung found, 2 expected." in said
    assert "Retry" in said


def test_a_held_study_says_what_it_waits_for(owner: Client, bern: Site) -> None:
    make_quantification(make_series(make_study(None, site=bern)))
    said = line(owner.get("/"), "Needs a person")
    assert "— [Not linked to a patient yet]" in said
    assert "PatientID is missing: name the patient (--patient CODE)." in said
    assert "18.9%" in said, "what is measured is shown"
    assert "earlier measurement" not in said


def test_a_study_without_a_usable_series_says_why(owner: Client, bern: Site) -> None:
    study = make_study(make_patient("SSc-0093", site=bern))
    for number in (2, 3, 4):
        make_series(study, number=number, chosen=False, choice_reason=f"covers {number}.0 cm; lungs need 15 cm")
    said = line(owner.get("/"), "SSc-0093")
    assert said.startswith("Needs a person")
    assert "No series can be measured. Series 2: covers 2.0 cm; lungs need 15 cm." in said
    assert "1 more series on the patient page." in said


def test_a_running_study_says_how_far_it_is(owner: Client, bern: Site) -> None:
    make_run(make_series(make_study(make_patient("SSc-0211", site=bern))), State.RUNNING)
    page = owner.get("/")
    assert line(page, "SSc-0211").startswith("Running 62 % 62 % SSc-0211")
    assert "Step: lungs." in line(page, "SSc-0211")
    assert 'aria-label="SSc-0211, measured so far"' in page.content.decode()
    assert "refreshes every 5 s" in words(page)


def test_a_silent_worker_is_told(owner: Client, bern: Site) -> None:
    series = make_series(make_study(make_patient("SSc-0188", site=bern)))
    make_run(series, State.RUNNING, lease_until=timezone.now() - timedelta(minutes=14), attempts=2)
    said = line(owner.get("/"), "SSc-0188")
    assert said.startswith("Stalled")
    assert "Attempt 2. No sign of its worker since" in said


def test_waiting_studies_say_their_place(owner: Client, bern: Site, geneva: Site) -> None:
    make_run(make_series(make_study(make_patient("G-1", site=geneva))), State.QUEUED)
    for code in ("B-1", "B-2"):
        make_run(make_series(make_study(make_patient(code, site=bern))), State.QUEUED)
    page = owner.get("/")
    assert "2nd in the queue." in line(page, "B-1"), "the queue is one for all sites"
    assert "3rd in the queue." in line(page, "B-2")
    assert [row.split()[1] for row in lines_of(page)] == ["B-1", "B-2"], "first come, first shown"


def test_a_study_that_waits_again_says_why(owner: Client, bern: Site) -> None:
    series = make_series(make_study(make_patient("B-1", site=bern)))
    make_run(series, State.QUEUED, attempts=1, reason="The worker stopped; it will be measured again.")
    assert "1st in the queue. The worker stopped; it will be measured again." in line(owner.get("/"), "B-1")


def test_old_numbers_are_named_as_such_while_a_new_measurement_waits(owner: Client, bern: Site) -> None:
    made = make_measured_study(make_patient("B-1", site=bern))
    make_run(made.series, State.QUEUED)
    said = line(owner.get("/"), "B-1")
    assert "18.9%" in said
    assert "Numbers are of the earlier measurement." in said


def test_a_result_that_needs_review_is_marked(owner: Client, bern: Site) -> None:
    flags = [{"code": f"flag_{n}", "detail": f"detail {n}"} for n in range(3)]
    make_measured_study(make_patient("B-1", site=bern), accepted=False, warnings=flags)
    assert "Needs review Detail 0; Detail 1; and 1 more" in line(owner.get("/"), "B-1")


def test_no_number_is_made_up(owner: Client, bern: Site) -> None:
    make_measured_study(make_patient("B-1", site=bern), lesion_percent=None, severity_total=None)
    said = line(owner.get("/"), "B-1")
    assert said.count("—") == 3
    assert "— [Lesion % is missing]" in said
    assert "est." not in said


def test_an_undated_ct(owner: Client, bern: Site) -> None:
    patient = make_patient("B-1", site=bern)
    make_measured_study(patient, None)
    said = line(owner.get("/"), "B-1")
    assert said.count("— [The CT has no date]") == 2


def test_failed_and_held_come_first_then_the_newest(owner: Client, bern: Site) -> None:
    for code, state in (("F", State.FAILED), ("D1", State.DONE), ("R", State.RUNNING), ("Q", State.QUEUED)):
        make_run(make_series(make_study(make_patient(code, site=bern))), state)
    make_run(make_series(make_study(None, site=bern)))
    make_run(make_series(make_study(make_patient("D2", site=bern))))
    starts = [row.split(" ")[0] for row in lines_of(owner.get("/"))]
    assert starts == ["Failed", "Needs", "Running", "Waiting", "Done", "Done"]
    page = words(owner.get("/"))
    assert page.index("D2") < page.index("D1")
    assert "1 failed, 1 needs a person, 1 running, 1 waiting." in page


def test_tabs_filter_and_count(owner: Client, bern: Site) -> None:
    make_run(make_series(make_study(make_patient("F-1", site=bern))), State.FAILED)
    make_measured_study(make_patient("D-1", site=bern))
    page = owner.get("/?state=failed")
    assert len(lines_of(page)) == 1
    assert "F-1" in words(page)
    assert "D-1" not in words(page)
    for tab in ("All 2", "Failed 1", "Needs a person 0", "Running 0", "Waiting 0", "Done 1"):
        assert tab in words(page), tab
    assert 'id="tab-failed" href="/?state=failed" aria-current="page"' in page.content.decode()
    assert "No study in this state." in words(owner.get("/?state=running"))


def test_pages_of_fifty(owner: Client, bern: Site) -> None:
    patient = make_patient("B-1", site=bern)
    for _ in range(53):
        make_run(make_series(make_study(patient)))
    first, second = owner.get("/?state=done"), owner.get("/?state=done&page=2")
    assert [len(lines_of(page)) for page in (first, second)] == [50, 3]
    assert "1\u201350 of 53 studies" in words(first)
    assert 'href="?state=done&amp;page=2"' in first.content.decode()
    assert "51\u201353 of 53 studies" in words(second)
    assert words(owner.get("/worklist/table?state=done&page=2")).count("Open") == 3


@pytest.mark.parametrize("query", ["?page=0", "?page=99", "?page=-1", "?page=x", "?state=x", "?page=9" + "9" * 30])
def test_odd_addresses_do_no_harm(owner: Client, bern: Site, query: str) -> None:
    make_measured_study(make_patient("B-1", site=bern))
    assert "B-1" in words(owner.get(f"/{query}"))


def test_what_came_with_the_scan_is_shown_as_text(owner: Client, bern: Site) -> None:
    evil = "<script>alert(1)</script>"
    series = make_series(
        make_study(make_patient("B-1", site=bern), description=evil), description=evil, kernel='"><img src=x>'
    )
    make_quantification(series, accepted=False, warnings=[{"code": "x", "detail": evil}])
    for path in ("/", "/worklist/table", "/patients/B-1/"):
        page = owner.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize("count", [1, 60])
def test_queries_do_not_grow_with_the_rows(
    owner: Client, bern: Site, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    states = [State.DONE, State.QUEUED, State.RUNNING, State.FAILED]
    for number in range(count):
        patient = make_patient(f"B-{number}", site=bern)
        make_measured_study(patient, date(2022, 1, 1))
        make_run(make_series(make_study(patient)), states[number % 4])
    with django_assert_max_num_queries(MOST_QUERIES):
        assert len(lines_of(owner.get("/"))) == min(2 * count, 50)
