"""The invented patients beside the figures that docs/demo.md cites; n = 99 leaves the published means some room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from lifelines import KaplanMeierFitter

from ildportal.demo import cohort
from ildportal.demo.people import YEAR
from ildportal.demo.records import Fact, Record
from tests.demo.conftest import LAST_DAY

Records = tuple[Record, ...]


@pytest.fixture(scope="module")
def sclerosis(records: Records) -> list[Record]:
    return [one for one in records if one.diagnoses[-1].values["code"] == "SSc-ILD"]


def test_120_patients_of_whom_most_have_systemic_sclerosis(records: Records, sclerosis: list[Record]) -> None:
    assert len({one.person.code for one in records}) == cohort.PATIENTS == 120
    assert 95 <= len(sclerosis) <= 105


def test_the_same_seed_is_the_same_cohort(records: Records) -> None:
    assert cohort.generate(LAST_DAY) == records
    assert cohort.generate(LAST_DAY, seed=cohort.SEED + 1) != records


def test_another_last_day_moves_dates_and_changes_no_number(records: Records) -> None:
    later = cohort.generate(LAST_DAY + timedelta(days=100))
    for before, after in zip(records, later, strict=True):
        assert after.person.birth_date - before.person.birth_date == timedelta(days=100)
        assert _numbers(after) == pytest.approx(_numbers(before))
        for scan, moved in zip(before.scans, after.scans, strict=True):
            assert moved.document == scan.document


def test_nothing_lies_in_the_future_or_after_death(records: Records) -> None:
    for one in records:
        last = one.end.death_date or LAST_DAY
        days = [fact.day for fact in (*one.pfts, *one.symptoms, *one.observations, *one.treatments, *one.events)]
        days += [scan.day for scan in one.scans] + [volume.day for volume in one.volumes]
        assert one.person.birth_date < min(days)
        assert max(days) <= min(last, LAST_DAY)
        assert one.end.last_seen_alive <= last


def test_nobody_is_followed_for_more_than_eight_years(records: Records) -> None:
    followed = [(one.end.last_seen_alive - one.pfts[0].day).days / YEAR for one in records]
    assert max(followed) <= 8.0
    assert 3.5 < float(np.median(followed)) < 6.0


def test_people_are_those_of_published_cohorts(sclerosis: list[Record]) -> None:
    ages = [(one.diagnoses[-1].values["date"] - one.person.birth_date).days / YEAR for one in sclerosis]
    assert 51.0 < float(np.mean(ages)) < 57.0
    assert 9.5 < float(np.std(ages)) < 14.0
    assert 0.74 < _share(sclerosis, lambda one: one.person.sex == "F") < 0.86
    assert 0.42 < _share(sclerosis, lambda one: one.person.ssc_subset == "diffuse") < 0.54
    assert 0.58 < _share(sclerosis, lambda one: one.person.smoking == "never") < 0.72


@pytest.mark.parametrize(
    ("code", "least", "most"),
    [("anti-Scl-70", 0.50, 0.62), ("anti-centromere", 0.05, 0.16), ("anti-RNA-polymerase III", 0.04, 0.16)],
)
def test_antibodies_are_as_frequent_as_published(sclerosis: list[Record], code: str, least: float, most: float) -> None:
    def positive(one: Record) -> bool:
        return any(fact.values["code"] == code and fact.values["result"] == "positive" for fact in one.antibodies)

    assert least <= _share(sclerosis, positive) <= most


def test_one_in_eight_has_died_after_five_years(records: Records) -> None:
    ends = [one.end.death_date or one.end.last_seen_alive for one in records]
    years = [(end - one.pfts[0].day).days / YEAR for end, one in zip(ends, records, strict=True)]
    curve = KaplanMeierFitter().fit(years, [one.end.death_date is not None for one in records])
    assert 0.08 < 1 - float(curve.predict(5.0)) < 0.17


def test_the_drugs_are_those_in_use(sclerosis: list[Record]) -> None:
    def given(drug: str) -> float:
        return _share(sclerosis, lambda one: any(fact.values["drug"] == drug for fact in one.treatments))

    assert 0.55 < given("mycophenolate") < 0.85
    assert 0.05 < given("rituximab") < 0.30
    assert 0.05 < given("nintedanib") < 0.35
    assert 0.03 < given("tocilizumab") < 0.20
    assert 0.05 < given("cyclophosphamide") < 0.25


def test_no_drug_overlaps_itself(records: Records) -> None:
    for one in records:
        for drug in {fact.values["drug"] for fact in one.treatments}:
            courses = [fact.values for fact in one.treatments if fact.values["drug"] == drug]
            assert all(a["stop"] is not None and a["stop"] <= b["start"] for a, b in pairwise(courses))


def test_sessions_have_what_real_ones_lack(records: Records) -> None:
    sessions = [fact.values for one in records for fact in one.pfts]
    without = [one for one in sessions if one["dlco_not_done_reason"]]
    assert 0.04 < len(without) / len(sessions) < 0.15
    assert all("dlco_mmol_min_kpa" not in one and not one["quality_dlco"] for one in without)
    assert 0.03 < np.mean([one["quality_fvc"] == "D" for one in sessions]) < 0.12
    assert 0.80 < np.mean([one["haemoglobin_g_dl"] is not None for one in sessions]) < 0.95
    assert all(one["fev1_l"] < one["fvc_l"] for one in sessions)
    assert all(one["rv_l"] < one["frc_l"] < one["tlc_l"] for one in sessions if "tlc_l" in one)


def test_simulated_numbers_are_consistent(records: Records) -> None:
    documents = [scan.document for one in records for scan in one.scans]
    assert len(documents) > 300
    for document in documents:
        volume = document["lungs"]["volume_ml"]
        lobes = document["lobes"].values()
        assert sum(lobe["ml"] for lobe in lobes) == pytest.approx(volume)
        for name, pattern in document["patterns"].items():
            assert 0 <= pattern["low"] <= pattern["percent"] <= pattern["high"] <= 100
            assert sum(lobe["patterns"][name]["ml"] for lobe in lobes) == pytest.approx(pattern["ml"])
        assert all(sum(part["ml"] for part in lobe["patterns"].values()) <= lobe["ml"] for lobe in lobes)
        assert document["severity"]["total"] == sum(lobe["severity"] for lobe in lobes)


def test_simulated_goh_scores_obey_their_rule(records: Records) -> None:
    documents = [scan.document for one in records for scan in one.scans]
    for document in documents:
        levels = document["goh"]["sources"]["measured"]["levels"]
        assert [level["level"] for level in levels] == [1, 2, 3, 4, 5]
        for level in levels:
            assert max(level["gg"], level["ret"]) <= level["tot"] <= level["gg"] + level["ret"]
            assert level["tot"] <= 100


def test_three_patients_have_three_phantoms_or_more_and_no_simulated_scan(records: Records) -> None:
    seen = [one for one in records if one.volumes]
    assert len(seen) >= 3
    for one in seen:
        assert len(one.volumes) >= 3
        assert not one.scans


def test_the_showcase_is_as_rich_as_the_page_needs(records: Records) -> None:
    shown = next(one for one in records if one.person.code == "SSc-0147")
    assert len(shown.pfts) >= 11
    assert len(shown.volumes) == 6
    assert len(shown.treatments) >= 5
    assert len(shown.events) >= 5
    assert {"D"} < {fact.values["quality_fvc"] for fact in shown.pfts}


def _share(records: list[Record], holds: Callable[[Record], bool]) -> float:
    return sum(bool(holds(one)) for one in records) / len(records)


def _numbers(one: Record) -> list[float]:
    facts: list[Fact] = [*one.pfts, *one.observations, *one.treatments]
    found = [value for fact in facts for value in fact.values.values()]
    return [float(value) for value in found if isinstance(value, int | float)]
