"""Numbers and sentences of the rules as the design guide prints them."""

from __future__ import annotations

import re

from patients.models.function import EquationSet
from patients.progression.evidence import figure

MINUS, EN_DASH, ARROW, NO_BREAK = "\u2212", "\u2013", "\u2192", "\xa0"
DAY = re.compile(r"(\d{4}-\d\d-\d\d)")
GLOBAL = EquationSet.GLI_GLOBAL_2022
# A change is shown with as many decimals as keep it on its side of every limit that a rule has.
LIMITS = tuple(sign * limit for limit in (5.0, 10.0, 15.0, 20.0) for sign in (1, -1))

# Years, % and points at which scores change, among others.
SCORE_LIMITS = (*range(-100, 101, 5), 66)


def printed(text: str) -> str:
    """True minus, en dashes between figures, no break before %, the default equation set by name; ISO dates stay.

    >>> printed("-5 points, 2-5 %, 2021-03-02, 1-year (GLI-Global-2022)")
    '\u22125 points, 2\u20135\xa0%, 2021-03-02, 1-year (GLI Global 2022)'
    """
    parts = DAY.split(text.replace(GLOBAL.value, str(GLOBAL.label)))
    return "".join(part if at % 2 else _dashed(part) for at, part in enumerate(parts))


def sentence(text: str) -> str:
    """With a capital."""
    return printed(text[:1].upper() + text[1:])


def change(value: float) -> str:
    """With its sign.

    >>> change(-9.96), change(2.04), change(0.0)
    ('\u22129.96', '+2.0', '±0.0')
    """
    shown = figure(abs(value), *LIMITS)
    sign = "±" if not value else "+" if value > 0 else MINUS
    return sign + shown


def clear_of_limits(value: float) -> str:
    """One decimal, or as many as show on which side of a limit of the scores it lies.

    >>> clear_of_limits(67.44), clear_of_limits(60.04), clear_of_limits(60)
    ('67.4', '60.04', '60.0')
    """
    for decimals in range(1, 6):
        shown = round(value, decimals)
        if all((shown > limit, shown < limit) == (value > limit, value < limit) for limit in SCORE_LIMITS):
            return printed(f"{shown:.{decimals}f}")
    return printed(f"{value:g}")


def _dashed(text: str) -> str:
    ranges = re.sub(r"(?<=\d)-(?=\d)", EN_DASH, text)
    return re.sub(r"(?<=\d) (?=%)", NO_BREAK, re.sub(r"(?<![\w.)])-(?=\d)", MINUS, ranges))
