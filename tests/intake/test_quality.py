"""Which series is chosen, and what the headers say against one."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread

from patients.intake.assemble import SeriesGroup, gather
from patients.intake.header import InstanceHeader
from patients.intake.kernels import contrast, kernel_class
from patients.intake.quality import choose, inspect
from tests.phantom import write_series


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """scan(thickness_mm=..., SeriesNumber=...) -> SeriesGroup of 16 cm, one study; the same call, the same series."""
    made: dict[str, SeriesGroup] = {}

    def make(thickness_mm: float = 5.0, height_mm: float = 160, **tags: Any) -> SeriesGroup:
        key = repr((thickness_mm, height_mm, sorted(tags.items())))
        if key not in made:
            folder = tmp_path_factory.mktemp("series")
            write_series(folder, slices=round(height_mm / thickness_mm), size=8, thickness_mm=thickness_mm, **tags)
            made[key] = gather([folder], folder).studies[0].series[0]
        return made[key]

    return make


def moved(series: SeriesGroup, tmp_path: Path, change: Any) -> SeriesGroup:
    """The series with `change(dataset, place)` done to every slice; None leaves the slice out."""
    folder = tmp_path / "moved"
    folder.mkdir()
    for place, header in enumerate(series.headers):
        dataset = dcmread(header.path)
        if change(dataset, place) is not False:
            dataset.save_as(folder / str(place))
    return gather([folder], tmp_path).studies[0].series[0]


def codes(series: SeriesGroup) -> list[str]:
    return [finding.code for finding in inspect(series)]


@pytest.mark.parametrize(
    ("better", "worse", "because"),
    [
        ({"thickness_mm": 1.5}, {"thickness_mm": 5.0}, "thinner slices"),
        ({"thickness_mm": 1.4}, {"thickness_mm": 1.5}, "thinner slices"),
        ({"thickness_mm": 1.5, "ConvolutionKernel": "LUNG"}, {"ConvolutionKernel": "STANDARD"}, "thinner slices"),
        ({"ConvolutionKernel": "B30f"}, {"ConvolutionKernel": "B70f"}, "a kernel that is not sharp"),
        (
            {"thickness_mm": 1.5, "ConvolutionKernel": "STANDARD"},
            {"thickness_mm": 1.4, "ConvolutionKernel": "BONE"},
            "a kernel that is not sharp",
        ),
        ({}, {"ContrastBolusAgent": "OMNIPAQUE"}, "no contrast medium"),
        ({"height_mm": 300}, {"height_mm": 200}, "the whole lung"),
        ({"height_mm": 300}, {"thickness_mm": 1.5, "height_mm": 160}, "the whole lung"),
        ({"height_mm": 260}, {"height_mm": 255}, "the longer stack"),
        ({}, {"ImageType": ["DERIVED", "PRIMARY", "AXIAL"]}, "an original rather than a derived image"),
        ({}, {"SeriesDescription": "HRCT expiration"}, "supine and in inspiration"),
        ({}, {"PatientPosition": "HFP"}, "supine and in inspiration"),
        ({"SeriesNumber": 2}, {"SeriesNumber": 7}, "the lower series number"),
    ],
)
def test_the_better_of_two_series_is_chosen(scan: Any, better: Any, worse: Any, because: str) -> None:
    good, bad = scan(**better), scan(**{"SeriesNumber": 9, **worse})
    for order in ([good, bad], [bad, good]):
        choice = choose(order)
        assert choice.series is good
        assert f"for {because}" in choice.reason
        assert because in choice.rejected[bad.series_uid]


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"RescaleSlope": None}, "not_hu"),
        ({"RescaleType": "US"}, "not_hu"),
        ({"height_mm": 100}, "short_coverage"),
        ({"thickness_mm": 20.0}, "few_slices"),
        ({"ImageType": ["DERIVED", "SECONDARY", "AXIAL", "CT_SOM5 MIP"]}, "reformatted"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "MAX_IP"]}, "reformatted"),
        ({"BodyPartExamined": "HEAD", "SeriesDescription": "Routine"}, "not_chest"),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 0, -1]}, "not_axial"),
        ({"ImageOrientationPatient": None}, "no_position"),
        ({"ImagePositionPatient": None}, "no_position"),
        ({"PixelSpacing": None}, "no_position"),
    ],
)
def test_what_can_never_be_measured_is_not_chosen(scan: Any, tags: Any, code: str) -> None:
    unfit, fit = scan(**tags), scan(SeriesNumber=9)
    assert code in codes(unfit)
    assert choose([unfit, fit]).series is fit
    alone = choose([unfit])
    assert alone.series is None
    detail = next(finding.detail for finding in inspect(unfit) if finding.code == code)
    assert detail in alone.reason
    assert detail in alone.rejected[unfit.series_uid]


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({}, "thick"),
        ({"ConvolutionKernel": "FC52"}, "sharp_kernel"),
        ({"ContrastBolusAgent": "IV"}, "contrast"),
        ({"PatientPosition": "HFP"}, "prone"),
        ({"SliceThickness": 1.0}, "gaps_between_slices"),
        ({"GantryDetectorTilt": 12}, "tilted"),
        ({"ImageType": ["DERIVED", "PRIMARY", "AXIAL"]}, "derived"),
    ],
)
def test_what_speaks_against_a_series_is_flagged_and_does_not_stop_it(scan: Any, tags: Any, code: str) -> None:
    series = scan(**tags)
    assert code in codes(series)
    assert choose([series]).series is series


def test_a_plain_thin_series_has_nothing_against_it(scan: Any) -> None:
    assert codes(scan(thickness_mm=2.5)) == []


def test_a_head_by_its_label_is_a_chest_by_its_description(scan: Any) -> None:
    assert "not_chest" not in codes(scan(BodyPartExamined="NECK", SeriesDescription="Neck and Chest"))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda _, place: place not in (17, 18), "missing_slices"),
        (lambda d, place: shift(d, 2, 2.0 if place == 17 else 0), "uneven_spacing"),
        (lambda d, place: shift(d, 2, -5.0 if place == 17 else 0), "repeated_positions"),
        (lambda d, place: shift(d, 1, math.tan(math.radians(10)) * place * 5), "tilted"),
        (lambda d, place: setattr(d, "PixelSpacing", [1 + place, 1]), "mixed_geometry"),
        (lambda d, place: orient(d, [1, 0, 0, 0, 0, -1]) if place == 9 else None, "mixed_orientation"),
        (lambda d, _: orient(d, [1, 0, 0, 0, math.cos(0.2), math.sin(0.2)]), "tilted"),
        (lambda d, _: orient(d, [1, 0, 0, 0, math.cos(0.7), math.sin(0.7)]), "not_axial"),
        (lambda d, _: orient(d, [2, 0, 0, 0, 2, 0]), "no_position"),
    ],
)
def test_a_stack_that_is_not_even_and_straight_is_named(scan: Any, tmp_path: Path, change: Any, code: str) -> None:
    assert code in codes(moved(scan(), tmp_path, change))


def shift(dataset: Any, axis: int, by: float) -> None:
    position = [float(v) for v in dataset.ImagePositionPatient]
    position[axis] = round(position[axis] + by, 4)
    dataset.ImagePositionPatient = position


def orient(dataset: Any, cosines: list[float]) -> None:
    dataset.ImageOrientationPatient = [round(value, 6) for value in cosines]


def test_how_many_slices_are_missing_is_said(scan: Any, tmp_path: Path) -> None:
    series = moved(scan(), tmp_path, lambda _, place: place not in (9, 17, 18))
    assert "3 slices missing between the first and the last" in [finding.detail for finding in inspect(series)]


def test_nothing_to_choose_from() -> None:
    assert choose([]).series is None
    assert choose([]).reason == "no CT series to measure"


@pytest.mark.parametrize(
    ("kernel", "expected"),
    [
        ("SOFT", "soft"),
        ("STANDARD", "medium"),
        ("DETAIL", "medium"),
        ("BONEPLUS", "sharp"),
        ("CHST", "sharp"),
        ("B30f", "soft"),
        ("Br40d\\3", "medium"),
        ("I50f\\3", "sharp"),
        ("Bl64d", "sharp"),
        ("FC08", "soft"),
        ("FC13-H", "medium"),
        ("FC86", "sharp"),
        ("B", "medium"),
        ("YC", "sharp"),
        ("Lung Enhanced", "sharp"),
        ("B_SHARP_C", "sharp"),
        ("something", None),
        ("", None),
    ],
)
def test_kernels_of_all_makers_have_a_class(kernel: str, expected: str | None) -> None:
    assert kernel_class(kernel) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"ContrastBolusAgent": "IV"}, "yes"),
        ({"ContrastBolusAgent": "ORAL/RECTAL & IV CONTRAST"}, "yes"),
        ({"ContrastBolusAgent": "ORAL"}, "no"),
        ({"ContrastBolusAgent": "NONE"}, "no"),
        ({"ContrastBolusAgent": ""}, "unknown"),
        ({"SeriesDescription": "Thorax w/o contrast"}, "no"),
        ({"SeriesDescription": "CTPA 1.0"}, "yes"),
        ({"StudyDescription": "CT chest unenhanced"}, "no"),
        ({}, "unknown"),
    ],
)
def test_contrast_medium_from_agent_and_words(scan: Any, tags: Any, expected: str) -> None:
    header: InstanceHeader = scan(height_mm=10, **tags).headers[0]
    assert contrast(header) == expected
