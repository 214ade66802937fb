"""Numbers as the design guide prints them."""

from __future__ import annotations

import doctest
from datetime import date
from decimal import Decimal

import pytest
from django.template import Context, Template

from ildportal.pages import numbers
from ildportal.pages.reasons import ordinal


def test_the_examples_in_the_docstrings_hold() -> None:
    found = doctest.testmod(numbers)
    assert found.attempted >= 4
    assert found.failed == 0


@pytest.mark.parametrize(
    ("value", "digits", "printed"),
    [
        (3411.6, 0, "3\u202f412"),
        (1234567, 0, "1\u202f234\u202f567"),
        (23.25, 1, "23.3"),
        (0.15, 1, "0.2"),
        (-0.04, 1, "0.0"),
        (-911.0, 0, "\u2212911"),
        (Decimal("1.985"), 2, "1.99"),
        (0, 1, "0.0"),
        (12, 0, "12"),
    ],
)
def test_decimals(value: numbers.Number, digits: int, printed: str) -> None:
    assert numbers.decimals(value, digits) == printed


@pytest.mark.parametrize(
    ("value", "printed"),
    [(5.4, "+5.4"), (-3.6, "\u22123.6"), (0.0, "±0.0"), (-0.04, "±0.0"), (0.05, "+0.1"), (1200.0, "+1\u202f200.0")],
)
def test_a_change_always_has_a_sign(value: float, printed: str) -> None:
    assert numbers.signed(value, 1) == printed


@pytest.mark.parametrize(("precision", "printed"), [("day", "2021-03-16"), ("month", "2021-03"), ("year", "2021")])
def test_dates_say_no_more_than_is_known(precision: str, printed: str) -> None:
    assert numbers.dated(date(2021, 3, 16), precision) == printed


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), Decimal("NaN")])
def test_a_missing_value_is_a_dash_with_its_reason(value: numbers.Number | None) -> None:
    shown = str(numbers.shown(value, 1, "%", 'no "lobe" <seen>'))
    assert "—" in shown
    assert "0" not in shown
    assert 'data-why="no &quot;lobe&quot; &lt;seen&gt;"' in shown
    assert 'aria-label="missing: no &quot;lobe&quot; &lt;seen&gt;"' in shown
    assert shown.startswith("<button"), "the reason must be within reach of the keyboard"


def test_zero_is_a_value() -> None:
    assert numbers.shown(0, 1, "%") == '0.0<span class="unit">%</span>'
    assert numbers.shown(0, 0) == "0"


def test_templates_know_the_filters_without_loading_them() -> None:
    page = Template('{{ a|decimals:1 }} {{ b|signed:1 }} {{ c|dated:"month" }} {% shown a 1 "%" %} {{ d|plain }}')
    printed = page.render(Context({"a": 18.94, "b": -0.8, "c": date(2021, 3, 1), "d": Decimal("2.500")}))
    assert printed == '18.9 \u22120.8 2021-03 18.9<span class="unit">%</span> 2.5'


@pytest.mark.parametrize(
    ("number", "printed"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (121, "121st")],
)
def test_ordinals(number: int, printed: str) -> None:
    assert ordinal(number) == printed
