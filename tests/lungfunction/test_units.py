"""Units both ways, and haemoglobin on one side only."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patients.lungfunction.haemoglobin import correct, corrected_dlco, haemoglobin
from patients.lungfunction.units import UNITS, UnitError, convert, dlco_in_si


@pytest.mark.parametrize(
    ("value", "unit", "into", "expected"),
    [
        (20, "mL/min/mmHg", "mmol/min/kPa", 20 / 2.987),
        (6.7, "mmol/min/kPa", "mL/min/mmHg", 20.0129),
        (1.5, "mmol/min/kPa/L", "mL/min/mmHg/L", 4.4805),
        (2410, "mL", "L", 2.41),
        (120, "L/min", "L/s", 2),
        (135, "g/L", "g/dL", 13.5),
        (0.78, "fraction", "%", 78),
        (1, "1/(s kPa)", "1/(s cmH2O)", 0.0980665),
    ],
)
def test_units(value: float, unit: str, into: str, expected: float) -> None:
    assert convert(value, unit, into) == pytest.approx(expected, rel=1e-6)
    assert convert(expected, into, unit) == pytest.approx(value, rel=1e-6)


@settings(deadline=None)
@given(value=st.floats(0.001, 1e4), unit=st.sampled_from(UNITS), into=st.sampled_from(UNITS))
def test_there_and_back_is_where_it_was(value: float, unit: str, into: str) -> None:
    try:
        there = convert(value, unit, into)
    except UnitError:
        with pytest.raises(UnitError, match="measures"):
            convert(value, into, unit)
    else:
        assert convert(there, into, unit) == pytest.approx(value, rel=1e-12)


def test_dlco_comes_in_two_units_and_no_other() -> None:
    assert dlco_in_si(Decimal("17.9"), "mL/min/mmHg") == Decimal("5.9926")
    assert dlco_in_si(Decimal("5.99"), "mmol/min/kPa") == Decimal("5.9900")
    with pytest.raises(UnitError, match="not in L"):
        dlco_in_si(Decimal(5), "L")
    with pytest.raises(UnitError, match="'ml/min' is not a unit of lung function; known are L, mL"):
        dlco_in_si(Decimal(5), "ml/min")


@pytest.mark.parametrize(
    ("dlco", "hb", "sex", "age", "expected"),
    [
        (20, 10, "M", 60, 20 * 20.22 / 17),  # 23.7882; the formula 24.550 is a known error
        (20, 10, "F", 60, 20 * 19.38 / 17),
        (20, 10, "M", 14.99, 20 * 19.38 / 17),
        (20, 10, "M", 15, 20 * 20.22 / 17),
        (20, 14.6, "M", 60, 20),
        (20, 13.4, "F", 60, 20),
    ],
)
def test_haemoglobin_by_cotes(dlco: float, hb: float, sex: str, age: float, expected: float) -> None:
    assert corrected_dlco(dlco, hb, sex=sex, age_years=age) == pytest.approx(expected, rel=1e-4)


def test_the_worked_case_to_four_decimals() -> None:
    assert round(corrected_dlco(20, 10, sex="M", age_years=60), 4) == 23.7882


@settings(deadline=None)
@given(hb=st.floats(4, 25), sex=st.sampled_from("FM"), age=st.floats(5, 85))
def test_percent_predicted_is_the_same_whichever_side_is_corrected(hb: float, sex: str, age: float) -> None:
    measured = correct(5, 8, hb, sex=sex, age_years=age)
    predicted = correct(5, 8, hb, sex=sex, age_years=age, side="predicted")
    assert (measured.predicted, predicted.measured) == (8, 5)
    assert measured.percent_predicted == pytest.approx(predicted.percent_predicted, rel=1e-12)


@pytest.mark.parametrize(
    ("written", "g_dl", "note"),
    [
        (13.5, 13.5, ""),
        (25, 25, ""),
        (135, 13.5, "135 was taken as g/L: 13.5 g/dL"),
        (25.1, 2.51, "25.1 was taken as g/L: 2.51 g/dL"),
    ],
)
def test_haemoglobin_in_g_per_l_is_recognised_and_said(written: float, g_dl: float, note: str) -> None:
    found = haemoglobin(written)
    assert found.g_dl == pytest.approx(g_dl)
    assert found.note == note


@pytest.mark.parametrize("written", [0, -1, 251, float("nan")])
def test_an_impossible_haemoglobin_is_an_error(written: float) -> None:
    with pytest.raises(ValueError, match="haemoglobin_g_dl"):
        haemoglobin(written)


@pytest.mark.parametrize(("hb", "sex", "field"), [(0, "F", "haemoglobin"), (135, "F", "haemoglobin"), (10, "", "sex")])
def test_nothing_is_corrected_by_what_is_not_known(hb: float, sex: str, field: str) -> None:
    with pytest.raises(ValueError, match=field):
        corrected_dlco(5, hb, sex=sex, age_years=50)
