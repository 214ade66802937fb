"""Template filters and tags: numbers and dates as the design guide prints them."""

from __future__ import annotations

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

MINUS, NARROW_SPACE, DASH = "\u2212", "\u202f", "\u2014"
Number = int | float | Decimal


@register.filter
def decimals(value: Number, digits: int) -> str:
    """`value` rounded half up to `digits` decimals, true minus, thin space between thousands.

    >>> decimals(3412.5, 0).replace(NARROW_SPACE, "_"), decimals(-0.25, 1)
    ('3_413', '\u22120.3')
    """
    rounded = _rounded(value, digits)
    return ("" if rounded >= 0 else MINUS) + f"{abs(rounded):,}".replace(",", NARROW_SPACE)


@register.filter
def signed(value: Number, digits: int) -> str:
    """A change: like `decimals`, always with a sign; one that rounds to nothing is ±0.

    >>> signed(5.44, 1), signed(-0.8, 1), signed(0.04, 1)
    ('+5.4', '\u22120.8', '±0.0')
    """
    rounded = _rounded(value, digits)
    sign = "±" if not rounded else "+" if rounded > 0 else ""
    return sign + decimals(rounded, digits)


@register.filter
def plain(value: Number) -> str:
    """As many decimals as it has, for nominal lengths.

    >>> plain(1.0), plain(0.625), plain(Decimal("100.000"))
    ('1', '0.625', '100')
    """
    return f"{Decimal(str(value)).normalize():f}"


@register.filter
def dated(value: date, precision: str = "day") -> str:
    """ISO, as exactly as the date is known.

    >>> dated(date(2021, 3, 1), "month"), dated(date(2021, 3, 16))
    ('2021-03', '2021-03-16')
    """
    return value.isoformat()[: {"year": 4, "month": 7}.get(precision, 10)]


@register.filter
def whole_dates(text: str) -> SafeString:
    """Plain text in which no ISO date breaks at a line's end.

    >>> whole_dates("< 2021-03-16")
    '&lt; <span class="nowrap">2021-03-16</span>'
    """
    parts = re.split(r"(\d{4}-\d\d-\d\d)", text)
    return format_html_join("", "{}", ((_whole(part) if at % 2 else part,) for at, part in enumerate(parts)))


@register.simple_tag
def na(why: str) -> SafeString:
    """A missing value: an em dash that opens its reason on focus and on hover."""
    return format_html(
        '<button type="button" class="na" data-why="{}" aria-label="missing: {}">{}</button>', why, why, DASH
    )


@register.simple_tag
def shown(value: Number | None, digits: int, unit: str = "", why: str = "not recorded") -> SafeString:
    """A value with its unit, or why it is missing."""
    if value is None or not Decimal(str(value)).is_finite():
        return na(why)
    if not unit:
        return format_html("{}", decimals(value, digits))
    return format_html('{}<span class="unit">{}</span>', decimals(value, digits), unit)


@register.simple_tag
def cell(text: str, why: str, note: str) -> SafeString:
    """A cell of a chart's data. In one piece: there are hundreds in a page."""
    shown = na(why) if why else text
    behind = format_html(' <span class="muted small">{}</span>', note) if note else ""
    return format_html('<td class="num">{}{}</td>', shown, behind)


def _whole(day: str) -> SafeString:
    return format_html('<span class="nowrap">{}</span>', day)


def _rounded(value: Number, digits: int) -> Decimal:
    # Through str: 0.15 is to print as 0.2 although the nearest float lies below it.
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return rounded if rounded else abs(rounded)


@register.filter("pattern")
def pattern_name(name: str) -> str:
    """ground_glass is GGO, the others are their own words."""
    return "GGO (ground glass)" if name == "ground_glass" else name.capitalize()
