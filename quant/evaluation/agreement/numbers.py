"""Numbers as the design guide prints them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

MINUS = "\u2212"
DASH = "\u2014"


def signed(value: float | None, digits: int) -> str:
    """With its sign, which 0 has not.

    >>> signed(1.24, 1), signed(0.04, 1)
    ('+1.2', '0.0')
    """
    text = number(value, digits)
    return text if value is None or value < 0 or float(text) == 0 else f"+{text}"


def number(value: float | None, digits: int) -> str:
    """Half rounded up, with a true minus, a dash for what is missing.

    >>> number(-1.25, 1).replace(MINUS, "-"), number(-0.001, 1)
    ('-1.3', '0.0')
    """
    if value is None:
        return DASH
    # Through str: 0.15 is to print as 0.2 although the nearest float lies below it.
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{rounded or abs(rounded)}".replace("-", MINUS)


def limits(low: float | None, high: float | None, digits: int) -> str:
    return "" if low is None or high is None else f"{number(low, digits)} to {number(high, digits)}"


def p_value(p: float | None) -> str:
    """As the design guide prints it.

    >>> p_value(0.0004), p_value(0.0321), p_value(0.4)
    ('p < 0.001', 'p 0.032', 'p 0.40')
    """
    if p is None:
        return DASH
    return "p < 0.001" if p < 0.001 else f"p {p:.3f}" if p < 0.1 else f"p {p:.2f}"
