"""Stages and scores at their boundaries, and with something missing."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product

import pytest

from patients.models.people import DiagnosisCode
from patients.prognosis import cpi, dubois, gap, goh, sadl
from patients.prognosis.gap import Subtype
from patients.prognosis.goh import QuickRead, Stage
from patients.prognosis.score import NoDlco, Score
from patients.prognosis.scores import NAMES, SUBTYPES, Facts, scores

JUST = 1e-12


def points(score: Score, item: str) -> int | None:
    (found,) = (one.points for one in score.items if one.name == item)
    return found


@pytest.mark.parametrize(
    ("age", "expected"), [(60, 0), (60 + JUST, 0), (60.5, 1), (61, 1), (65, 1), (65.01, 2), (66, 2)]
)
def test_gap_age(age: float, expected: int) -> None:
    assert points(gap.gap(False, age, 80, 60), "age") == expected


@pytest.mark.parametrize(("fvc", "expected"), [(75.01, 0), (75, 1), (50, 1), (50 - JUST, 1), (49.9, 2)])
def test_gap_fvc(fvc: float, expected: int) -> None:
    assert points(gap.gap(False, 50, fvc, 60), "FVC % predicted") == expected


@pytest.mark.parametrize(
    ("dlco", "expected"), [(55.1, 0), (55, 1), (36, 1), (35.5, 1), (35, 2), (1, 2), (NoDlco.CANNOT, 3)]
)
def test_gap_dlco(dlco: float | NoDlco, expected: int) -> None:
    assert points(gap.gap(False, 50, 80, dlco), "DLCO % predicted") == expected


@pytest.mark.parametrize("dlco", [None, NoDlco.NOT_ORDERED])
def test_gap_cannot_be_applied_to_a_dlco_that_nobody_ordered(dlco: NoDlco | None) -> None:
    score = gap.gap(True, 66, 60, dlco)
    assert (score.points, score.lowest, score.highest, score.stage) == (None, 4, 7, "")
    assert score.missing == ("DLCO % predicted (or that the patient could not perform it)",)
    assert not score.risk
    assert score.sentence.startswith("GAP: 4 to 7 points; it lacks DLCO")


def test_a_stage_that_nothing_missing_can_change_is_said_but_not_given() -> None:
    score = gap.gap(False, 50, 90, None)
    assert (score.points, score.stage, score.settled, score.risk) == (None, "", "I", {})
    assert score.sentence.startswith("GAP: 0 to 3 points, stage I whatever is missing; it lacks DLCO % predicted")
    assert gap.gap(False, 50, 90, 60).settled == ""


def test_gap_without_anything_is_open() -> None:
    score = gap.gap(None, None, None, None)
    assert (score.lowest, score.highest, score.stage, len(score.missing)) == (0, 8, "", 4)


@pytest.mark.parametrize(
    ("subtype", "expected"),
    [(Subtype.IPF, 3), (Subtype.UNCLASSIFIABLE, 3), (Subtype.CTD, 1), (Subtype.INSIP, 1), (Subtype.CHP, 1)],
)
def test_ild_gap_subtypes(subtype: Subtype, expected: int) -> None:
    assert gap.ild_gap(subtype, True, 62, 60, 60).points == expected


def test_ild_gap_never_falls_below_nothing_and_lacks_a_diagnosis_it_does_not_know() -> None:
    assert gap.ild_gap(Subtype.CTD, False, 40, 90, 80).points == 0
    score = gap.ild_gap(None, False, 40, 90, 80)
    assert (score.points, score.stage, score.settled) == (None, "", "0-1")
    assert gap.ild_gap(None, True, 70, 60, 30).settled == ""


@pytest.mark.parametrize(("total", "band"), [(1, "0-1"), (2, "2-3"), (3, "2-3"), (4, "4-5"), (5, "4-5"), (6, ">5")])
def test_ild_gap_bands(total: int, band: str) -> None:
    of = {1: (True, 50, 80, 60), 2: (True, 62, 80, 60), 3: (True, 62, 60, 60), 4: (True, 66, 60, 60),
          5: (True, 66, 60, 50), 6: (True, 66, 60, 30)}  # fmt: skip
    score = gap.ild_gap(Subtype.IPF, *of[total])
    assert (score.points, score.stage) == (total, band)
    assert score.risk["3-year mortality"] == {"0-1": "10.2 %", "2-3": "26.9 %", "4-5": "49.2 %", ">5": "74.8 %"}[band]


@pytest.mark.parametrize(
    ("age", "dlco", "expected"),
    [(54.9, 60.1, 0), (55, 60.1, 1), (70, 60.1, 1), (70.1, 60.1, 2), (40, 60, 3), (40, 40, 3), (40, 39.9, 4)],
)
def test_sadl_boundaries(age: float, dlco: float, expected: int) -> None:
    assert sadl.sadl(False, age, dlco).points == expected


@pytest.mark.parametrize(
    ("age", "fvc", "change", "expected"),
    [
        (59.9, 80, 0, 0), (60, 80, 0, 4), (69.9, 80, 0, 4), (70, 80, 0, 8),
        (50, 79.9, 0, 8), (50, 66, 0, 8), (50, 65.9, 0, 13), (50, 50.1, 0, 13), (50, 50, 0, 18),
        (50, 80, -4.9, 0), (50, 80, -5, 10), (50, 80, -9.9, 10), (50, 80, -10, 21),
    ],
)  # fmt: skip
def test_du_bois_boundaries(age: float, fvc: float, change: float, expected: int) -> None:
    assert dubois.du_bois(age, False, fvc, change).points == expected


def test_every_sum_of_du_bois_has_its_printed_band_and_the_one_without_is_named() -> None:
    printed = {
        "<2": (0, 4), "2-5": (8, 14), "5-10": (16, 21), "10-20": (22, 29), "20-30": (30, 33), "30-40": (34, 37),
        "40-50": (38, 40), "50-60": (41, 43), "60-70": (44, 45), "70-80": (47, 49), ">80": (50, 61),
    }  # fmt: skip
    sums = {sum(one) for one in product((0, 4, 8), (0, 14), (0, 8, 13, 18), (0, 10, 21))}
    found = {total: [name for name, (low, high) in printed.items() if low <= total <= high] for total in sums}
    assert [total for total, names in found.items() if not names] == [dubois.UNPRINTED]
    assert all(names in ([dubois.band(total)], []) for total, names in found.items())
    score = dubois.du_bois(65, True, 50, -7)
    assert (score.points, score.stage) == (46, "70-80")
    assert "no band for 46 points" in score.caution


def test_cpi_is_unrounded_and_lacks_what_it_lacks() -> None:
    assert cpi.index(55, 70, 72) == pytest.approx(42.63, abs=1e-12)
    assert cpi.cpi(55, 70, 72).value == cpi.index(55, 70, 72)
    open_one = cpi.cpi(None, 70, None)
    assert (open_one.value, open_one.missing) == (None, ("DLCO % predicted", "FEV1 % predicted"))


@pytest.mark.parametrize(
    ("extent", "read", "fvc", "expected"),
    [
        (9.99, None, None, "limited"), (10 - JUST, None, None, "not classifiable"), (10, None, 69.9, "extensive"),
        (30, None, 70, "limited"), (30 + JUST, None, 70, "limited"), (30.01, None, 99, "extensive"),
        (20, None, None, "not classifiable"), (None, None, 50, "not classifiable"),
        (None, "severe", None, "extensive"), (None, "minimal", None, "limited"),
        (None, "indeterminate", 69.9, "extensive"), (None, "indeterminate", None, "not classifiable"),
        (5, "severe", 50, "limited"),
    ],
)  # fmt: skip
def test_goh_three_way(extent: float | None, read: str | None, fvc: float | None, expected: str) -> None:
    assert goh.stage(extent, QuickRead(read) if read else None, fvc) == expected


def test_goh_says_what_decided_or_what_it_lacks() -> None:
    assert goh.goh(25, None, 62).sentence == "Goh extensive: extent 25.0 %, FVC 62.0 % predicted decides."
    assert goh.goh(25, None, None).sentence == "Goh not classifiable: extent 25.0 %; it lacks FVC % predicted."
    assert goh.goh(None, None, 50).missing == ("the extent of disease on CT",)
    assert goh.goh(None, QuickRead.SEVERE, None).sentence == "Goh extensive: extent read as severe."


def test_the_plain_cut_is_a_scheme_of_its_own() -> None:
    assert [goh.plain_stage(one) for one in (20, 20.01, None)] == [
        Stage.LIMITED,
        Stage.EXTENSIVE,
        Stage.NOT_CLASSIFIABLE,
    ]


def test_all_scores_of_a_patient_travel_as_json() -> None:
    facts = Facts(True, 66.2, True, "SSc-ILD", 62, 70, 41, -7, False, goh_extent_percent=25)
    documents = [json.loads(json.dumps(one.to_dict())) for one in scores(facts)]
    assert [one["name"] for one in documents] == list(NAMES)
    assert [one["stage"] for one in documents] == ["extensive", "extensive", "II", "2-3", "moderate", "10-20", ""]
    assert [one["missing"] for one in documents] == [[]] * len(NAMES)


def test_a_patient_of_whom_nothing_is_known_has_no_stage() -> None:
    for one in scores(Facts()):
        assert (one.stage, one.points, one.value) == ("", None, None)
        assert one.missing


def test_dlco_that_could_not_be_performed_counts_in_gap_only() -> None:
    by_name = {one.name: one for one in scores(Facts(True, 70, True, "IPF", 40, 50, NoDlco.CANNOT))}
    assert by_name["GAP"].points == 8
    assert by_name["SADL"].points is by_name["CPI"].value is None


def test_every_diagnosis_that_ild_gap_knows_is_one_of_the_portal() -> None:
    assert set(SUBTYPES) <= set(DiagnosisCode.values)
    assert set(DiagnosisCode.values) - set(SUBTYPES) == {"sarcoidosis", "other"}


def test_what_a_table_writes_as_nan_gives_no_points() -> None:
    facts = Facts(True, 70.0, True, "SSc-ILD", 60.0, 62.0, 50.0, -3.0, False, goh_extent_percent=20.0)
    assert all(one.stage or one.value for one in scores(facts))
    for name in (
        "age_years",
        "fvc_percent",
        "dlco_percent",
        "fvc_change_24_weeks",
        "fev1_percent",
        "goh_extent_percent",
    ):
        absent, nan = (scores(replace(facts, **{name: value})) for value in (None, float("nan")))  # type: ignore[arg-type]
        assert nan == absent
        assert any(one.missing for one in nan)
