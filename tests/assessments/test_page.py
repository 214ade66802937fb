"""The form of a reader's word, as a page of its own and inside the patient's."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ildportal.models import User
from patients.models import CTAssessment, CTStudy, Patient, Site
from tests.assessments.conftest import answers
from tests.factories import make_patient, make_study
from tests.pages.reading import words

pytestmark = pytest.mark.django_db
PATH = "/patients/SSc-0147/"


def add(scan: CTStudy) -> str:
    return f"/ct/{scan.pk}/assessments/new"


def badge(client: Client, key: str) -> str:
    source = client.get(PATH).content.decode()
    card = source[source.index(f'id="verdict-{key}"') :]
    return str(re.findall(r'class="badge badge--\w+">([^<]*)<', card)[0])


def faults(answer: Any) -> list[str]:
    """The summary on top of the form, a line a field."""
    assert answer.status_code == 200
    source = answer.content.decode()
    top = re.search(r'<div class="notice notice--error".*?</div>\s*</div>', source, re.S)
    assert top, "nothing was refused"
    return [
        html.unescape(re.sub(r"<[^>]+>", "", one)).strip() for one in re.findall(r"<(?:li|p)>.*?</(?:li|p)>", top[0])
    ]


def test_a_new_word_starts_with_the_reader_today_and_the_ct_before(owner: Client, scans: list[CTStudy]) -> None:
    source = owner.get(add(scans[2])).content.decode()
    assert 'name="assessor" value="owner"' in source
    assert f'name="date" value="{timezone.localdate()}"' in source
    about = source[source.index('name="prior_study"') : source.index("This scan")]
    options = re.findall(r'<option value="(\d*)"( selected)?>([^<]*)<', about)
    assert options == [
        ("", "", "not compared"), (str(scans[1].pk), " selected", "CT of 2023-06-16"),
        (str(scans[0].pk), "", "CT of 2022-06-03"),
    ]  # fmt: skip
    assert len(re.findall(r'type="radio"[^>]*value="unknown"[^>]*checked', source)) == 9
    assert "form=" not in source


def test_kept_it_is_shown_and_settles_the_rule(owner: Client, scans: list[CTStudy], member: User) -> None:
    assert badge(owner, "ppf-2022") == "Indeterminate"
    answer = owner.post(add(scans[2]), answers(prior_study=scans[1].pk, text="Bases <b>worse</b>", pattern="NSIP"))
    assert (answer.status_code, answer["Location"]) == (302, f"/ct/{scans[2].pk}/assessments")
    page = words(owner.get(answer["Location"]))
    assert "SSc-0147, CT of 2024-03-04: the reader's assessment is kept." in page
    assert "R1read on 2024-03-05, against the CT of 2023-06-16More fibrosis" in page
    assert "Yes Fibrosis on this scan; Reticulation more extensive or coarser" in page
    assert "No Something other than progression explains the change" in page
    assert "Pattern NSIP In words Bases <b>worse</b> Recorded by owner" in page
    assert badge(owner, "ppf-2022") == "Met"
    kept = CTAssessment.objects.get()
    assert (kept.recorded_by, kept.source, kept.honeycombing_more) == (member, "form", "unknown")
    assert "; R1: more fibrosis" in html.unescape(owner.get(PATH).content.decode())


def test_from_the_patients_page_the_whole_page_follows(owner: Client, scans: list[CTStudy]) -> None:
    answer = owner.post(add(scans[2]), answers(), headers={"HX-Request": "true"})
    assert (answer.status_code, answer["Location"]) == (302, PATH)
    source = owner.get(PATH).content.decode()
    section = source[source.index(f'id="assessments-{scans[2].pk}"') :]
    assert "the reader&#x27;s assessment is kept" in section[: section.index("</section>")]
    for part in ("messages", "verdicts", "verdict-strip", "scans-lane"):
        assert f'id="{part}"' in source, "HTMX takes it from there"


def test_amending_starts_from_what_was_said_and_keeps_the_rest_as_history(owner: Client, scans: list[CTStudy]) -> None:
    owner.post(add(scans[2]), answers(prior_study=scans[1].pk))
    one = CTAssessment.objects.get()
    source = owner.get(f"/assessments/{one.pk}").content.decode()
    assert re.search(r'name="reticulation_more" value="yes"[^>]* checked', source)
    owner.post(f"/assessments/{one.pk}", answers(prior_study=scans[1].pk, reticulation_more="no", fibrosis_more="no"))
    page = words(owner.get(f"/ct/{scans[2].pk}/assessments"))
    assert "No more fibrosis" in page
    assert "amended once, last on" in page
    assert CTAssessment.objects.count() == 1
    events = CTAssessment.pgh_event_models["update"].objects.order_by("pgh_id")  # type: ignore[attr-defined]
    assert [(one.pgh_label, one.reticulation_more) for one in events] == [("insert", "yes"), ("update", "no")]


def test_the_same_readers_second_word_amends_the_first(owner: Client, scans: list[CTStudy]) -> None:
    owner.post(add(scans[2]), answers(prior_study=scans[1].pk, pattern="UIP"))
    owner.post(add(scans[2]), answers(assessor=" r1 ", prior_study=scans[1].pk, honeycombing_more="yes"))
    one = CTAssessment.objects.get()
    assert (one.honeycombing_more, one.reticulation_more, one.pattern, one.assessor) == ("yes", "yes", "", "R1")
    owner.post(add(scans[2]), answers(prior_study=scans[0].pk))
    owner.post(add(scans[2]), answers(assessor="R2", prior_study=scans[1].pk))
    assert CTAssessment.objects.count() == 3, "another prior or another reader is a word of its own"


def test_amended_into_another_of_the_same_reader_is_refused(owner: Client, scans: list[CTStudy]) -> None:
    for prior in scans[:2]:
        owner.post(add(scans[2]), answers(prior_study=prior.pk))
    first = CTAssessment.objects.get(prior_study=scans[0])
    answer = owner.post(f"/assessments/{first.pk}", answers(prior_study=scans[1].pk))
    said = "Reader has assessed this scan against the same prior before: amend that assessment"
    assert faults(answer) == [said]


TODAY = timezone.localdate()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"assessor": " "}, ["Reader is missing"]),
        ({"date": ""}, ["Reading date is missing"]),
        ({"date": "5.3.2024"}, ["Reading date is no day such as 2026-11-20"]),
        ({"date": "2024-03-03"}, ["Reading date lies before the scan of 2024-03-04: nobody can have read it then"]),
        ({"date": (TODAY + timedelta(days=1)).isoformat()}, ["Reading date lies in the future: check the year"]),
        ({"fibrosis_present": "perhaps"}, ["Fibrosis on this scan"]),
        (
            {"fibrosis_present": "no"},
            [
                "Fibrosis on this scan is “no”, but “Reticulation more extensive or coarser” is “yes”: "
                "change one of the two",
                "Reticulation more extensive or coarser is “yes”, but “Fibrosis on this scan” is “no”: "
                "change one of the two",
            ],
        ),
        (
            {"fibrosis_more": "no"},
            [
                "More fibrosis overall is “no”, but “Reticulation more extensive or coarser” is “yes”: "
                "change one of the two",
                "Reticulation more extensive or coarser is “yes”, but “More fibrosis overall” is “no”: "
                "change one of the two",
            ],
        ),
        (
            {"fibrosis_present": "", "alternative_explanation": "", "reticulation_more": ""},
            ["It says nothing yet: answer at least one question."],
        ),
    ],
)
def test_what_is_refused(owner: Client, scans: list[CTStudy], changes: dict[str, Any], said: list[str]) -> None:
    answer = owner.post(add(scans[2]), answers(**changes))
    found = faults(answer)
    assert len(found) == len(said)
    assert all(one.startswith(start) for one, start in zip(found, said, strict=True)), found
    assert not CTAssessment.objects.exists()
    assert b'value="R1"' in answer.content or "assessor" in changes, "what was typed stays"


@pytest.mark.parametrize("which", ["itself", "later", "other", "undated", "held", "none"])
def test_a_prior_scan_is_an_earlier_one_of_the_patient(
    owner: Client, scans: list[CTStudy], patient: Patient, bern: Site, which: str
) -> None:
    priors: dict[str, Callable[[], int]] = {
        "itself": lambda: scans[1].pk,
        "later": lambda: scans[2].pk,
        "other": lambda: make_study(make_patient(site=bern), date(2020, 1, 1)).pk,
        "undated": lambda: make_study(patient, None).pk,
        "held": lambda: make_study(None, date(2020, 1, 1)).pk,
        "none": lambda: 999999,
    }
    answer = owner.post(add(scans[1]), answers(date="2024-03-05", prior_study=priors[which]()))
    assert faults(answer) == ["Prior CT is no earlier CT of this patient"]
    assert not CTAssessment.objects.exists()


def test_a_ct_without_a_date_may_be_read_but_not_compared(
    owner: Client, patient: Patient, scans: list[CTStudy]
) -> None:
    undated = make_study(patient, None)
    assert owner.post(add(undated), answers()).status_code == 302
    assert faults(owner.post(add(undated), answers(assessor="R2", prior_study=scans[0].pk)))


def test_only_those_who_see_the_patient(owner: Client, stranger: Client, scans: list[CTStudy]) -> None:
    owner.post(add(scans[2]), answers())
    one = CTAssessment.objects.get()
    held = make_study(None)
    for path in (add(scans[2]), f"/ct/{scans[2].pk}/assessments", f"/assessments/{one.pk}"):
        assert stranger.get(path).status_code == 404
        assert Client().get(path).headers["Location"].startswith("/login/")
    assert stranger.post(add(scans[2]), answers(assessor="X")).status_code == 404
    assert stranger.post(f"/assessments/{one.pk}", answers(assessor="X")).status_code == 404
    assert owner.get(add(held)).status_code == owner.get("/assessments/999999").status_code == 404
    assert CTAssessment.objects.get().assessor == "R1"


def test_a_post_needs_its_token(member: User, scans: list[CTStudy]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(member)
    assert client.post(add(scans[2]), answers()).status_code == 403


def test_a_patients_page_shows_each_ct_its_own_words(owner: Client, scans: list[CTStudy]) -> None:
    for scan, reader in zip(scans, ("R1", "R2", "R3"), strict=True):
        owner.post(add(scan), answers(assessor=reader))
    source = owner.get(PATH).content.decode()
    for scan, reader in zip(scans, ("R1", "R2", "R3"), strict=True):
        section = source[source.index(f'id="assessments-{scan.pk}"') :]
        assert re.findall(r'aria-label="By (R\d)', section[: section.index("</section>")]) == [reader]
