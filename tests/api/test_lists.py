"""Lists: narrowed, sorted, in pages, and at the same number of queries however long."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from patients.models import (
    Antibody,
    ClinicalEvent,
    Diagnosis,
    Observation,
    PFTFinding,
    Site,
    SymptomAssessment,
    Treatment,
)
from patients.models.imaging import CTAssessment
from patients.services import derive_patient
from quant.engine.identity import SIMULATED_ENGINE
from quant.models import LevelScore, Scoring
from tests.api.test_access import RESOURCES
from tests.factories import (
    make_measured_study,
    make_patient,
    make_pft,
    make_quantification,
    make_run,
    make_series,
    make_study,
)

pytestmark = pytest.mark.django_db


def codes(client: APIClient, path: str) -> list[str]:
    return [one["code"] for one in client.get(f"/api/v1/{path}").json()["results"]]


def dates(client: APIClient, path: str) -> list[str]:
    return [one["date"] for one in client.get(f"/api/v1/{path}").json()["results"]]


@pytest.fixture
def two(bern: Site) -> None:
    for code, years in (("SSc-0001", (2021, 2022, 2023)), ("SSc-0002", (2022,))):
        patient = make_patient(code, site=bern, sex="F" if code.endswith("1") else "M")
        for year in years:
            make_pft(patient, date(year, 5, 6))


def test_patients_are_found_by_code_and_site(owner: APIClient, two: None) -> None:
    assert codes(owner, "patients/?code=ssc-0002") == ["SSc-0002"]
    assert codes(owner, "patients/?code_contains=ssc") == ["SSc-0001", "SSc-0002"]
    assert codes(owner, "patients/?site=bern&sex=M") == ["SSc-0002"]
    assert codes(owner, "patients/?site=geneva") == []
    assert codes(owner, "patients/?ordering=-code") == ["SSc-0002", "SSc-0001"]


def test_facts_are_narrowed_by_patient_and_dates(owner: APIClient, two: None) -> None:
    assert dates(owner, "pfts/?patient=SSc-0001&date_from=2022-05-06") == ["2022-05-06", "2023-05-06"]
    assert dates(owner, "pfts/?patient=SSc-0001&date_to=2022-05-06&ordering=-date") == ["2022-05-06", "2021-05-06"]
    assert dates(owner, "pfts/?patient=SSc") == []


def test_pages_hold_everything_once(owner: APIClient, two: None) -> None:
    first = owner.get("/api/v1/pfts/?page_size=3").json()
    assert (first["count"], len(first["results"])) == (4, 3)
    second = owner.get(first["next"]).json()
    assert len({one["id"] for one in first["results"] + second["results"]}) == 4
    assert second["next"] is None
    assert len(owner.get("/api/v1/pfts/?page_size=100000").json()["results"]) == 4, "the size is capped, not refused"


def test_who_took_what_on_a_day(owner: APIClient, bern: Site) -> None:
    patient = make_patient("SSc-0001", site=bern)
    for drug, start, stop in (("rituximab", "2022-01-01", "2023-01-01"), ("nintedanib", "2022-06-01", None)):
        Treatment.objects.create(patient=patient, drug=drug, start=start, stop=stop)

    def on(day: str) -> list[str]:
        return [one["drug"] for one in owner.get(f"/api/v1/treatments/?on={day}").json()["results"]]

    assert on("2022-07-01") == ["rituximab", "nintedanib"]
    assert on("2023-01-01") == ["nintedanib"], "the stop is the first day without"


def test_runs_by_state_and_quantifications_by_whether_they_count(owner: APIClient, bern: Site) -> None:
    patient = make_patient("SSc-0001", site=bern)
    make_run(make_series(make_study(patient)), "failed")
    old = make_measured_study(patient, date(2022, 1, 1), current=False)
    make_quantification(old.series, run=make_run(old.series), accepted=False)

    def count(path: str) -> int:
        found: int = owner.get(f"/api/v1/{path}").json()["count"]
        return found

    assert [count(f"runs/?state={state}") for state in ("failed", "done", "queued")] == [1, 2, 0]
    assert [count(f"quantifications/?current={one}") for one in ("true", "false")] == [1, 1]
    assert count("quantifications/?accepted=false") == 1
    assert count("quantifications/?date_from=2022-01-02") == 0
    assert count(f"quantifications/?study={old.series.study_id}") == 2


def test_invented_numbers_are_left_out_unless_asked_for(owner: APIClient, bern: Site) -> None:
    patient = make_patient("SSc-0001", site=bern)
    make_measured_study(patient)
    run = make_run(make_series(make_study(patient, date(2023, 1, 1))), engine=SIMULATED_ENGINE)
    made = make_quantification(run.series, run=run)
    for resource in ("quantifications", "runs"):
        for query, expected in (
            ("", [False]), ("?simulated=exclude", [False]), ("?simulated=include", [False, True]),
            ("?simulated=only", [True]), (f"?engine={SIMULATED_ENGINE}", [True]),
        ):  # fmt: skip
            found = owner.get(f"/api/v1/{resource}/{query}").json()["results"]
            assert sorted(one["simulated"] for one in found) == expected, (resource, query)
    assert owner.get(f"/api/v1/quantifications/{made.pk}/").json()["simulated"] is True


def test_goh_scores_in_the_words_of_the_contract(owner: APIClient, bern: Site) -> None:
    made = make_measured_study(make_patient("SSc-0001", site=bern), goh_default="measured")
    for level in range(1, 6):
        LevelScore.objects.create(
            quantification=made, source="measured", level=level, slice=level * 40, tot=10.0 * level, gg=5.0, ret=5.0
        )
        LevelScore.objects.create(quantification=made, source="network", level=level, tot=None if level == 5 else 3.0)
    goh = owner.get(f"/api/v1/quantifications/{made.pk}/").json()["goh"]
    assert goh["default"] == "measured"
    assert goh["sources"]["measured"]["extent_percent"] == pytest.approx(30)
    assert [one["level"] for one in goh["sources"]["measured"]["levels"]] == [1, 2, 3, 4, 5]
    assert goh["sources"]["network"]["extent_percent"] is None, "a level outside the scan leaves no extent"
    engine = {"name": made.engine, "version": made.engine_version, "sha256": None}
    assert goh["sources"]["measured"]["model"] == engine, "the engine made what it measured"
    assert goh["earlier"] == {}


def test_goh_scores_of_an_earlier_model_stay_readable(owner: APIClient, bern: Site) -> None:
    made = make_measured_study(make_patient("SSc-0001", site=bern), goh_default="network")
    for version, tot, current in (("1.0", 10.0, False), ("1.1", 20.0, True)):
        about = {"model": "goh-scores", "model_version": version, "weights_sha256": "ab" * 32, "current": current}
        LevelScore.objects.bulk_create(
            LevelScore(quantification=made, source="network", level=level, tot=tot, tot_low=tot - 2, **about)
            for level in range(1, 6)
        )
    goh = owner.get(f"/api/v1/quantifications/{made.pk}/").json()["goh"]
    now, (before,) = goh["sources"]["network"], goh["earlier"]["network"]
    assert (now["extent_percent"], now["model"]["version"]) == (20.0, "1.1")
    assert now["levels"][0]["tot_low"] == 18.0
    assert (before["extent_percent"], before["model"]["version"]) == (10.0, "1.0")
    assert before["model"]["sha256"] == "ab" * 32


def fill(site: Site, code: str) -> None:
    patient = make_patient(code, site=site)
    day = date(2023, 1, 2)
    pft = make_pft(patient)
    PFTFinding.objects.create(pft=pft, code="unusual", kind="implausible", field="fvc_l", sentence="FVC 0.2 L.")
    derive_patient(patient)
    numbers = make_measured_study(patient)
    LevelScore.objects.create(quantification=numbers, source="measured", level=1, tot=10.0)
    Scoring.objects.create(quantification=numbers, model="goh_scores", model_version="0")
    CTAssessment.objects.create(study=numbers.series.study, assessor="R1", date=day)
    Diagnosis.objects.create(patient=patient, code="IPF", date=day)
    Antibody.objects.create(patient=patient, code="Ro52", result="negative")
    Observation.objects.create(patient=patient, date=day, code="kl-6", value=400, unit="U/mL")
    SymptomAssessment.objects.create(patient=patient, date=day)
    Treatment.objects.create(patient=patient, drug="rituximab", start=day)
    ClinicalEvent.objects.create(patient=patient, type="infection", date=day)


def test_long_lists_cost_no_more_queries_than_short_ones(owner: APIClient, bern: Site) -> None:
    def queries(resource: str) -> tuple[int, int]:
        owner.get(f"/api/v1/{resource}/")  # verdicts are worked out when they are first asked for, and kept
        with CaptureQueriesContext(connection) as seen:
            count = owner.get(f"/api/v1/{resource}/").json()["count"]
        return count, len(seen)

    fill(bern, "SSc-0001")
    one = {resource: queries(resource) for resource in RESOURCES}
    for number in range(2, 5):
        fill(bern, f"SSc-000{number}")
    for resource in set(RESOURCES) - {"sites"}:
        count, cost = queries(resource)
        assert (count, one[resource][0]) == (4, 1), resource
        assert cost == one[resource][1] <= 8, resource
