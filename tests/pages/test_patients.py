"""Finding patients by code."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from patients import services
from patients.models import Diagnosis, Site
from tests.factories import make_patient, make_pft, make_study
from tests.pages.reading import line, lines_of, words

pytestmark = pytest.mark.django_db
MOST_QUERIES = 8


def test_what_the_list_says(owner: Client, bern: Site) -> None:
    patient = make_patient("SSc-0147", site=bern, birth_date=date(1950, 1, 1), death_date=date(2024, 6, 1))
    for day in (date(2021, 1, 1), date(2024, 3, 4)):
        make_study(patient, day)
        make_pft(patient, day)
    Diagnosis.objects.create(patient=patient, code="IPF", date=date(2020, 1, 1))
    Diagnosis.objects.create(patient=patient, code="SSc-ILD", text="NSIP", date=date(2021, 3, 1), date_precision="year")
    assert line(owner.get("/patients/"), "SSc-0147") == (
        "SSc-0147 Female, 74 (died 2024-06-01) SSc-ILD, NSIP (2021) Bern 2024-03-04 2024-03-04"
    )


def test_what_is_not_known_is_said(owner: Client, bern: Site) -> None:
    make_patient("A-1", site=bern, sex="", birth_date=None)
    said = line(owner.get("/patients/"), "A-1")
    for reason in ("Sex not", "Birth date not", "No diagnosis", "No dated CT", "No lung function"):
        assert f"— [{reason}" in said


@pytest.mark.parametrize(
    ("typed", "found"),
    [("014", ["SSc-0140", "SSc-0147"]), ("ssc-014", ["SSc-0140", "SSc-0147"]), ("%", []), ("_", []), ("  ", None)],
)
def test_search_by_a_part_of_the_code(owner: Client, bern: Site, typed: str, found: list[str] | None) -> None:
    codes = ["RA-1", "SSc-0140", "SSc-0147"]
    for code in codes:
        make_patient(code, site=bern, family_name="Muster")
    rows = lines_of(owner.get("/patients/", {"q": typed}))
    assert [row.split(" ")[0] for row in rows] == (codes if found is None else found)


@pytest.mark.parametrize("typed", ["SSc-0147", "ssc-0147", " SSC-0147 "])
def test_a_whole_code_opens_its_patient(owner: Client, bern: Site, typed: str) -> None:
    for code in ("SSc-0147", "SSc-01470"):
        make_patient(code, site=bern)
    assert owner.get("/patients/", {"q": typed}).headers["Location"] == "/patients/SSc-0147/"


def test_codes_that_differ_in_capitals_only_are_listed(owner: Client, bern: Site) -> None:
    for code in ("abc", "ABC"):
        make_patient(code, site=bern)
    assert len(lines_of(owner.get("/patients/?q=Abc"))) == 2


def test_names_find_nobody(owner: Client, bern: Site) -> None:
    make_patient("SSc-0147", site=bern, family_name="Muster")
    page = words(owner.get("/patients/?q=Muster"))
    assert "No patient of your sites has “Muster” in the code." in page
    assert "Names are not searched." in page


def test_what_was_typed_is_shown_as_text(owner: Client) -> None:
    page = owner.get("/patients/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page


def test_those_with_open_findings_are_found(owner: Client, stranger: Client, bern: Site) -> None:
    asking, settled = make_patient("SSc-0147", site=bern), make_patient("SSc-0148", site=bern)
    facts = {"date": date(2023, 1, 5), "fvc_l": Decimal("8.6")}
    services.record_pft(asking, **facts)
    accepted = services.record_pft(settled, **facts).findings.get()
    services.accept_finding(accepted, by=None, reason="a rower")
    assert "1 with open findings on lung function" in words(owner.get("/patients/"))
    rows = lines_of(owner.get("/patients/?findings=open"))
    assert [row.split(" ")[0] for row in rows] == ["SSc-0147"]
    assert "open findings" not in words(stranger.get("/patients/"))
    assert "No open finding." in words(stranger.get("/patients/?findings=open"))


def test_pages_of_fifty(owner: Client, bern: Site, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(51):
        make_study(make_patient(f"P-{number:03d}", site=bern))
    with django_assert_max_num_queries(MOST_QUERIES):
        first = owner.get("/patients/?q=P-")
    assert len(lines_of(first)) == 50
    assert 'href="?q=P-&amp;page=2"' in first.content.decode()
    assert [row.split(" ")[0] for row in lines_of(owner.get("/patients/?q=P-&page=2"))] == ["P-050"]
