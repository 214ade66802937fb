"""Findings about lung-function sessions on the patient page: seen beside the session, accepted with a reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from ildportal.models import User
from patients import services
from patients.models import Patient, PFTFinding, PulmonaryFunctionTest, Site
from tests.factories import make_patient
from tests.pages.reading import chart, chart_lines, lines_of, words

pytestmark = pytest.mark.django_db
PATH = "/patients/SSc-0147/"
FACTS = {"height_cm": Decimal(164), "bronchodilator": "pre", "quality_fvc": "A"}


@pytest.fixture
def patient(bern: Site) -> Patient:
    return make_patient("SSc-0147", site=bern)


def record(patient: Patient, day: date, fvc: str) -> PulmonaryFunctionTest:
    return services.record_pft(patient, date=day, fvc_l=Decimal(fvc), **FACTS)


@pytest.fixture
def unusual(patient: Patient) -> PFTFinding:
    """An FVC that nobody expects and that counts all the same."""
    return record(patient, date(2023, 1, 5), "8.6").findings.get()


@pytest.fixture
def twice(patient: Patient) -> PFTFinding:
    """Two different FVC on one date, after one that is not in doubt; the finding of the first of the two."""
    record(patient, date(2022, 1, 5), "2.10")
    first = services.record_pft(patient, date=date(2023, 1, 5), time="09:00", fvc_l=Decimal("2.00"), **FACTS)
    services.record_pft(patient, date=date(2023, 1, 5), time="10:00", fvc_l=Decimal("1.70"), **FACTS)
    return first.findings.get(code="two_values_one_date")


def accept(client: Client, finding: PFTFinding, reason: str = "a rower, measured twice", **more: str) -> list[str]:
    answer = client.post(f"/findings/{finding.pk}/accept", {"reason": reason, **more}, follow=True)
    assert answer.redirect_chain[0][0] == f"{PATH}#finding-{finding.pk}"
    return lines_of(answer)


def test_a_finding_stands_below_its_session_with_both_values(owner: Client, unusual: PFTFinding) -> None:
    answer = owner.get(PATH)
    assert "Lung function 1 open finding newest first" in words(answer)
    lines = [line for line in lines_of(answer) if "FVC 8.6 L" in line]
    assert lines[0].startswith("Implausible FVC 8.6 L is unusual: 0.3 to 8 L is expected.")
    assert "8.6 L on record, compared with 0.3 to 8 L." in lines[0]
    assert "Left out" not in lines[0]


def test_accepted_with_a_reason_that_is_kept_and_shown(owner: Client, member: User, unusual: PFTFinding) -> None:
    lines = accept(owner, unusual)
    kept = PFTFinding.objects.get()
    assert (kept.accepted_by, kept.accepted_reason) == (member, "a rower, measured twice")
    said = next(line for line in lines if line.startswith("Accepted FVC 8.6 L"))
    assert f"Accepted by owner on {kept.accepted_at:%Y-%m-%d}: a rower, measured twice" in said


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"reason": "  "}, "Say why the value is right"),
        ({"reason": "x" * 301}, "Say why the value is right"),
        ({"reason": "right", "seen": "FVC 8.5 L is unusual."}, "The values have changed meanwhile: look again."),
    ],
)
def test_what_is_not_accepted_is_told(owner: Client, unusual: PFTFinding, sent: dict[str, str], told: str) -> None:
    answer = owner.post(f"/findings/{unusual.pk}/accept", sent, follow=True)
    assert f"SSc-0147, lung function of 2023-01-05: {told}" in words(answer)
    assert PFTFinding.objects.get().open


def test_once_and_never_a_note(owner: Client, patient: Patient) -> None:
    pft = services.record_pft(
        patient, date=date(2023, 1, 5), fvc_l=Decimal("8.6"), haemoglobin_g_dl=Decimal(128), **FACTS
    )
    unusual, note = pft.findings.get(code="unusual"), pft.findings.get(code="haemoglobin_in_g_per_l")
    accept(owner, unusual, "first")
    for one in (unusual, note):
        answer = owner.post(f"/findings/{one.pk}/accept", {"reason": "again"}, follow=True)
        assert "There is nothing to accept." in words(answer)
    assert PFTFinding.objects.get(pk=unusual.pk).accepted_reason == "first"
    assert PFTFinding.objects.get(pk=note.pk).open


def test_strangers_find_nothing_and_a_link_accepts_nothing(stranger: Client, owner: Client, twice: PFTFinding) -> None:
    assert stranger.post(f"/findings/{twice.pk}/accept", {"reason": "right"}).status_code == 404
    assert owner.get(f"/findings/{twice.pk}/accept").status_code == 405
    assert Client().post(f"/findings/{twice.pk}/accept", {"reason": "right"}).headers["Location"].startswith("/login/")
    assert PFTFinding.objects.filter(accepted_at=None).count() == PFTFinding.objects.count()


def test_two_values_of_one_date_are_in_no_number(owner: Client, twice: PFTFinding) -> None:
    answer = owner.get(PATH)
    page = words(answer)
    assert "FVC 66.4% 2.10 L" in page, "the key number is the last one without doubt"
    assert "Left out of all numbers until it is accepted." in page
    assert "FVC 66.4 % predicted on 2022-01-05" in chart(answer, "function")
    assert chart_lines(answer, "function")[1].startswith("2023-01-05 2.00 left out —")
    assert "2023-01-05 2.00 left out of all numbers" in " ".join(lines_of(answer))


def test_the_one_that_is_accepted_counts_from_then_on(owner: Client, twice: PFTFinding) -> None:
    accept(owner, twice, "the second blow leaked")
    answer = owner.get(PATH)
    assert "FVC 63.7% 2.00 L, z \u22122.25, 2023-01-05 baseline 2022-01-05 \u22122.7points" in words(answer)
    assert "Left out of all numbers: the other value was accepted." in words(answer)
    assert "open finding" not in words(answer)
    other = PFTFinding.objects.get(accepted_at=None)
    again = owner.post(f"/findings/{other.pk}/accept", {"reason": "both"}, follow=True)
    assert "There is nothing to accept." in words(again)
    verdict = owner.get(f"/api/v1{PATH}verdicts/").json()["verdicts"][0]
    assert (verdict["latest_on"], verdict["excluded"]) == ("2023-01-05", [])


def test_htmx_gets_the_table_again_or_the_whole_page_where_numbers_change(
    owner: Client, unusual: PFTFinding, patient: Patient
) -> None:
    sent = {"reason": "right"}
    answer = owner.post(f"/findings/{unusual.pk}/accept", sent, headers={"hx-request": "true"}, follow=True)
    assert 'id="function"' in answer.content.decode()
    services.record_pft(patient, date=date(2023, 1, 5), time="10:00", fvc_l=Decimal("2.2"), **FACTS)
    blocking = PFTFinding.objects.filter(blocks=True, accepted_at=None).first()
    assert blocking
    answer = owner.post(f"/findings/{blocking.pk}/accept", sent, headers={"hx-request": "true"})
    assert answer.headers["HX-Refresh"] == "true"
