"""What make demo-check calls right and wrong."""

from __future__ import annotations

from typing import Any

import pytest

from ildportal.demo import check
from ildportal.demo.check import Line
from quant.models import LevelScore, Quantification
from tests.factories import make_measured_study, make_patient

TRUTH: dict[str, Any] = {
    "lungs": {"volume_ml": 4000.0},
    "patterns": {
        "ground_glass": {"percent": 12.0}, "consolidation": {"percent": 2.0}, "reticulation": {"percent": 4.0},
        "honeycombing": {"percent": 1.0}, "emphysema": {"percent": 0.5},
    },
    "lesion_percent": 14.0,
    "fibrosis_percent": 5.0,
}  # fmt: skip
MEASURED = {
    "volume_ml": 4150.0, "lesion_percent": 12.0, "ground_glass_percent": 10.0, "consolidation_percent": 2.0,
    "emphysema_percent": 0.4,
}  # fmt: skip


def wrong(**changed: float | None) -> set[str]:
    found = check.compare("SSc-0147-2026-01-01", TRUTH, Quantification(**{**MEASURED, **changed}))
    return {line.name for line in found if line.ok is False}


def test_within_the_bounds_is_right_and_patterns_beyond_the_engine_are_no_fault() -> None:
    assert wrong() == set()


@pytest.mark.parametrize(
    ("column", "value", "name"),
    [
        ("volume_ml", 4210.0, "lung volume"),
        ("volume_ml", None, "lung volume"),
        ("lesion_percent", 10.4, "lesion"),
        ("lesion_percent", None, "lesion"),
        ("lesion_percent", 22.6, "lesion"),
        ("ground_glass_percent", 20.1, "ground_glass"),
        ("consolidation_percent", 4.1, "consolidation"),
        ("emphysema_percent", 2.6, "emphysema"),
        ("reticulation_percent", 7.1, "reticulation"),
    ],
)
def test_beyond_its_bound_a_number_is_wrong(column: str, value: float | None, name: str) -> None:
    assert wrong(**{column: value}) == {name}


def test_an_engine_without_a_name_for_fibrosis_may_count_it_as_ground_glass() -> None:
    assert wrong(lesion_percent=21.9, ground_glass_percent=19.9) == set()


def test_an_engine_that_measures_fibrosis_may_not() -> None:
    assert wrong(lesion_percent=17.6, fibrosis_percent=5.0) == {"lesion"}
    assert wrong(fibrosis_percent=1.9) == {"fibrosis"}


def test_a_scan_that_was_never_measured_is_wrong() -> None:
    assert {line.name for line in check.compare("x", TRUTH, None) if line.ok is False} >= {"lung volume", "lesion"}


@pytest.mark.parametrize(("last", "right"), [(17.0, True), (9.0, False), (None, False)])
def test_a_change_goes_the_true_way(last: float | None, right: bool) -> None:
    lines = [lesion("A-1-2024-01-01", 12.0, 10.0), lesion("A-1-2025-01-01", 16.0, last)]
    assert [line.ok for line in check.directions(lines)] == [right]


def test_small_changes_and_other_patients_are_not_judged() -> None:
    lines = [lesion("A-1-2024-01-01", 12.0, 12.0), lesion("A-1-2025-01-01", 14.0, 11.0)]
    lines.append(lesion("B-2-2025-01-01", 30.0, 3.0))
    assert not list(check.directions(lines))


def lesion(scan: str, true: float, measured: float | None) -> Line:
    return Line(scan, "lesion", true, measured, "3 points", True)


LEVELS = {"goh_levels": [{"level": level, "tot": 10.0 * level} for level in range(1, 5)] + [{"level": 5, "tot": None}]}


def scored(*totals: float | None) -> Quantification:
    found = make_measured_study(make_patient())
    for level, tot in enumerate(totals, 1):
        LevelScore.objects.create(quantification=found, source="measured", level=level, tot=tot)
    return found


@pytest.mark.django_db
def test_tot_of_each_level_is_counted() -> None:
    found = scored(14.9, 25.1, 30.0, None)
    LevelScore.objects.create(quantification=found, source="network", level=4, tot=40.0)
    lines = list(check.goh_lines("x", LEVELS, found))
    assert [(line.name, line.ok, line.counted) for line in lines] == [
        ("TOT 1", True, True), ("TOT 2", False, True), ("TOT 3", True, True), ("TOT 4", False, False),
    ]  # fmt: skip
    assert check.goh_summary(lines) == "TOT of 2 of 4 Goh levels within 5 points, off by 3.3 in the mean, 5.1 at most"


@pytest.mark.django_db
@pytest.mark.parametrize(("last", "right"), [(64.0, True), (76.0, False), (None, False)])
def test_the_extent_is_held_to_its_bound(last: float | None, right: bool) -> None:
    whole = {"goh_levels": [*LEVELS["goh_levels"][:4], {"level": 5, "tot": 50.0}]}
    extent = list(check.goh_lines("x", whole, scored(12.0, 22.0, 32.0, 42.0, last)))[-1]
    assert (extent.name, extent.true, extent.ok, extent.counted) == ("Goh extent", 30.0, right, False)


def test_an_older_truth_without_goh_scores_asks_for_none() -> None:
    levels = {"goh_levels": [{"level": 1, "slice": 40, "position_mm": 3.0}]}
    assert list(check.goh_lines("x", levels, None)) == []
    assert check.goh_summary([]) == "no Goh level was scored"
