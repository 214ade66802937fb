"""Every patient beside every rule: what the table says, to whom, and the file of it."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest
from django.test import Client

from ildportal.pages import progression
from ildportal.standings import keep
from patients.models import Diagnosis, Patient, Site
from quant.engine.identity import SIMULATED_ENGINE
from quant.models import LevelScore
from tests import courses
from tests.factories import make_measured_study, make_patient
from tests.pages.reading import line, lines_of, words

pytestmark = pytest.mark.django_db
# SSc-0147 is followed for years and falls; SSc-0200 has one session; DM/12 nothing at all.
MET = "/verdicts?rule=inbuild&answer=met"


@pytest.fixture
def followed(bern: Site) -> Patient:
    patient = make_patient("SSc-0147", site=bern)
    Diagnosis.objects.create(patient=patient, code="SSc-ILD", date=date(2019, 3, 1))
    courses.record_sessions(patient, courses.SESSIONS)
    courses.scan(patient, courses.SCANS[-1])
    return patient


@pytest.fixture
def three(followed: Patient, bern: Site) -> None:
    one = make_patient("SSc-0200", site=bern)
    courses.record_sessions(one, courses.SESSIONS[:1])
    courses.scan(one, courses.SCANS[0], engine=SIMULATED_ENGINE, version="1")
    make_patient("DM/12", site=bern)


def codes(response: Any) -> list[str]:
    return [row.split(" ")[0] for row in lines_of(response)]


def read(response: Any) -> list[dict[str, str]]:
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def test_a_line_says_what_every_rule_answers(owner: Client, three: None) -> None:
    page = owner.get("/verdicts")
    said = line(page, "SSc-0147")
    assert said.startswith("SSc-0147 SSc-ILD Bern 12 1 Extensive ")
    for answer in ("Met 2023-10-21", "Indeterminate", "Moderate decline 2024-08-13"):
        assert answer in said
    assert "No diagnosis recorded" in line(page, "DM/12")
    assert " 1 1 simulated " in line(page, "SSc-0200")


def test_the_head_counts_everybody_once_a_rule(owner: Client, three: None) -> None:
    page = words(owner.get("/verdicts"))
    assert "3 patients of your sites" in page
    assert "Of 3 patients 1 met 2 indeterminate 0 not met" in page


def test_an_answer_leads_to_its_card_and_carries_its_sentence(owner: Client, three: None) -> None:
    page = owner.get("/verdicts").content.decode()
    assert 'href="/patients/SSc-0147/#verdict-omeract" data-why="OMERACT criterion met on 2023' in page
    assert 'id="verdict-omeract"' in owner.get("/patients/SSc-0147/").content.decode()
    assert 'href="/patients/DM/12/#verdicts"' in page
    assert 'id="verdicts"' in owner.get("/patients/DM/12/").content.decode()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("code_contains=ssc", ["SSc-0147", "SSc-0200"]), ("site=bern&diagnosis=SSc-ILD", ["SSc-0147"]),
        ("rule=inbuild&answer=met", ["SSc-0147"]), ("answer=met", ["SSc-0147"]),
        ("rule=relief&answer=indeterminate", ["DM/12", "SSc-0200"]),
        ("rule=inbuild", ["DM/12", "SSc-0147", "SSc-0200"]),
        ("site=geneva", []), ("ordering=-code", ["SSc-0200", "SSc-0147", "DM/12"]),
        ("ordering=inbuild", ["SSc-0147", "DM/12", "SSc-0200"]), ("ordering=-pfts", ["SSc-0147", "SSc-0200", "DM/12"]),
        ("ordering=nonsense", ["DM/12", "SSc-0147", "SSc-0200"]),
    ],
)  # fmt: skip
def test_narrowed_and_sorted(owner: Client, three: None, asked: str, found: list[str]) -> None:
    assert codes(owner.get(f"/verdicts?{asked}")) == found


@pytest.mark.parametrize("asked", ["rule=foo", "answer=yes", "at=noon", "diagnosis=flu"])
def test_a_slip_in_the_address_shows_nobody(owner: Client, three: None, asked: str) -> None:
    page = owner.get(f"/verdicts?{asked}")
    assert codes(page) == []
    assert "Nobody is shown." in words(page)
    assert owner.get(f"/verdicts.csv?{asked}").status_code == 400


def test_the_three_times_of_an_answer(owner: Client, three: None) -> None:
    assert "Met 2023-10-21" in line(owner.get("/verdicts"), "SSc-0147")
    assert "2024-08-13" in line(owner.get("/verdicts?at=latest"), "SSc-0147")
    assert "Met 2024-08-13" in line(owner.get("/verdicts?at=confirmed"), "SSc-0147")


def test_settings_stand_below(owner: Client, three: None) -> None:
    page = words(owner.get("/verdicts"))
    assert "INBUILD Window 24 months; visits at least 90 days apart" in page
    assert "EUSTAR Window 15 months; visits at least 9 months apart" in page


def test_a_fact_that_comes_changes_the_answer(owner: Client, three: None) -> None:
    assert codes(owner.get(MET)) == ["SSc-0147"]
    courses.record_sessions(Patient.objects.get(code="SSc-0200"), (("2020-03-09", "2.10", "4.0", "A"),))
    assert codes(owner.get(MET)) == ["SSc-0147", "SSc-0200"]


@pytest.mark.parametrize(
    "path",
    ["/verdicts", "/verdicts.csv", "/verdicts-evidence.csv", "/verdicts?site=bern", "/verdicts?code_contains=SSc"],
)
def test_strangers_see_nobody_and_no_hint(stranger: Client, three: None, path: str) -> None:
    answer = stranger.get(path)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    assert answer.status_code == 200
    for hint in (b"SSc-0147", b"DM/12", b"Bern", b"SSc-ILD"):
        assert hint not in body


def test_without_a_login_there_is_no_table(client: Client, three: None) -> None:
    for path in ("/verdicts", "/verdicts.csv", "/verdicts-evidence.csv"):
        assert client.get(path).headers["Location"].startswith("/login/")


def test_what_is_not_worked_out_yet_is_left_out_and_said(
    owner: Client, three: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keep, "AT_ONCE", 1)
    monkeypatch.setattr(progression, "SECONDS", 0.0)
    first = owner.get("/verdicts")
    assert len(codes(first)) == 1
    assert "the verdicts of 2 patients are still being worked out" in words(first)
    assert 'hx-trigger="load delay' in first.content.decode()
    assert owner.get("/verdicts.csv").status_code == 503
    last = owner.get("/verdicts", headers={"HX-Request": "true"})
    assert len(codes(last)) == 3
    assert "<html" not in last.content.decode()
    assert "hx-trigger" not in last.content.decode()


def test_the_file_of_evidence_holds_exactly_what_is_narrowed(owner: Client, three: None) -> None:
    rows = read(owner.get("/verdicts-evidence.csv?rule=inbuild&answer=met"))
    assert {row["patient"] for row in rows} == {"SSc-0147"}
    assert [row["rule"] for row in rows] == ["INBUILD", "PPF 2022", "OMERACT", "Erice 2020", "EUSTAR", "RELIEF"]
    open_one, met, eustar = rows[1], rows[2], rows[4]
    assert (met["ever"], met["first_met"], met["confirmed_on"]) == ("met", "2023-10-21", "2024-08-13")
    assert (met["window_months"], met["fvc_basis"], met["grades"]) == ("24", "% predicted", "ungraded A B C")
    assert met["sentence"].startswith("OMERACT criterion met on 2023-10-21")
    assert "GLI" in met["basis"]
    assert open_one["ever"] == "indeterminate"
    assert "a reader's" in open_one["what_is_missing"]
    assert (eustar["ever"], eustar["state"]) == ("met", "moderate")
    assert {row["filters"] for row in rows} == {"rule=inbuild&answer=met"}
    assert all(row["rule_set"] and row["made"] and row["facts_as_of"] == "2024-08-13" for row in rows)


def test_the_file_of_patients_has_a_line_each_and_a_column_a_rule(owner: Client, three: None) -> None:
    first, second, third = read(owner.get("/verdicts.csv"))
    assert [one["patient"] for one in (first, second, third)] == ["DM/12", "SSc-0147", "SSc-0200"]
    answered = {rule: second[rule] for rule in ("inbuild", "ppf_2022", "omeract", "erice_2020", "eustar", "relief")}
    assert answered["omeract"] == "met"
    assert answered["ppf_2022"] == "indeterminate"
    assert (second["omeract_first_met"], second["omeract_confirmed_on"]) == ("2023-10-21", "2024-08-13")
    assert (second["eustar"], second["eustar_said"]) == ("met", "moderate")
    assert third["inbuild_first_met"] == ""
    assert {first["filters"], second["filters"]} == {""}
    assert second["rule_set"]


@pytest.mark.parametrize(("default", "made_by"), [("measured", ""), ("network", "goh_scores 2")])
def test_the_file_names_the_source_of_the_goh_stage(owner: Client, bern: Site, default: str, made_by: str) -> None:
    one = make_measured_study(make_patient("SSc-0147", site=bern), goh_default=default)
    for source, model, version in (("measured", "", ""), ("network", "goh_scores", "2")):
        LevelScore.objects.bulk_create(
            LevelScore(quantification=one, source=source, level=level, tot=40.0, model=model, model_version=version)
            for level in range(1, 6)
        )
    (row,) = read(owner.get("/verdicts.csv"))
    assert (row["goh_source"], row["goh_made_by"]) == (default, made_by or f"{one.engine} {one.engine_version}")


def test_no_cell_of_the_file_is_a_formula(owner: Client, bern: Site) -> None:
    for code in ("=1+1", "@SUM(A1)", "+31", "-5"):
        make_patient(code, site=bern)
    rows = read(owner.get("/verdicts.csv"))
    assert {row["patient"] for row in rows} == {"'=1+1", "'@SUM(A1)", "'+31", "'-5"}
