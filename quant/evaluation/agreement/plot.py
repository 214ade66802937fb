"""A Bland-Altman plot as inline SVG: classes take their colours from the page, so it follows light and dark."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

import numpy as np

from quant.agreement import BlandAltman
from quant.evaluation.agreement.numbers import signed
from quant.evaluation.agreement.pairs import Column

WIDTH, HEIGHT = 400, 270
LEFT, RIGHT, TOP, BOTTOM = 46, 84, 14, 42
TICKS = 6
LETTER = 13
SMALLEST, LARGEST = 2.8, 9.0
# Room for the dots at 0 %, where most healthy slices lie.
INSIDE = 10


class _Frame:
    """From points of the scale to units of the drawing."""

    def __init__(self, column: Column, told: BlandAltman) -> None:
        mean, off = (column.first + column.second) / 2, column.second - column.first
        ends = [value for value in (told.lower_low, told.upper_high) if value is not None]
        self.x_step = _step(float(mean.max()))
        self.x_end = self.x_step * max(1, math.ceil(float(mean.max()) / self.x_step))
        farthest = max(1.0, float(np.abs(off).max()), *(abs(end) for end in ends))
        self.y_step = _step(2 * farthest)
        self.y_end = self.y_step * math.ceil(farthest / self.y_step)

    def x(self, value: float) -> float:
        return LEFT + INSIDE + (WIDTH - LEFT - RIGHT - 2 * INSIDE) * value / self.x_end

    def y(self, value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.y_end - value) / (2 * self.y_end)


def bland_altman(column: Column, told: BlandAltman, label: str) -> str:
    """The difference of each pair above its mean, with bias and limits; equal pairs make one larger dot.

    Args:
        column: at least one pair, in percent.
        told: bias and limits of the same pairs.
        label: id of the words that tell what is drawn.
    """
    frame = _Frame(column, told)
    parts = [*_axes(frame), *_bands(frame, told), *_dots(frame, column), *_lines(frame, told)]
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{label}">{"".join(parts)}</svg>'
    )


def _step(reach: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, 50 ... that needs no more ticks than there is room for."""
    step = next(base * 10**power for power in range(4) for base in (1, 2, 5) if reach / (base * 10**power) <= TICKS)
    return float(step)


def _axes(frame: _Frame) -> Iterator[str]:
    right, floor = WIDTH - RIGHT, HEIGHT - BOTTOM
    for at in range(round(2 * frame.y_end / frame.y_step) + 1):
        value = frame.y_end - at * frame.y_step
        y = frame.y(value)
        yield f'<path class="{"zero" if value == 0 else "grid"}" d="M{LEFT} {y:.1f}H{right}"/>'
        yield f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{signed(value, 0)}</text>'
    for at in range(round(frame.x_end / frame.x_step) + 1):
        value = at * frame.x_step
        yield f'<text class="tick" x="{frame.x(value):.1f}" y="{floor + 16}" text-anchor="middle">{value:.0f}</text>'
    yield f'<text class="tick" x="{(LEFT + right) / 2}" y="{HEIGHT - 6}" text-anchor="middle">mean of both, %</text>'
    middle = (TOP + floor) / 2
    yield f'<text class="tick" text-anchor="middle" transform="translate(11 {middle}) rotate(-90)">points apart</text>'


def _bands(frame: _Frame, told: BlandAltman) -> Iterator[str]:
    """Where bias and limits themselves may lie."""
    ends = (told.bias_low, told.bias_high), (told.lower_low, told.lower_high), (told.upper_low, told.upper_high)
    for low, high in ends:
        if low is not None and high is not None:
            y = frame.y(high)
            size = f'width="{WIDTH - LEFT - RIGHT}" height="{frame.y(low) - y:.1f}"'
            yield f'<rect class="band" x="{LEFT}" y="{y:.1f}" {size}/>'


def _dots(frame: _Frame, column: Column) -> Iterator[str]:
    mean, off = (column.first + column.second) / 2, column.second - column.first
    seen = Counter(zip(mean.round(1).tolist(), off.round(1).tolist(), strict=True))
    for (x, y), count in sorted(seen.items()):
        radius = min(LARGEST, SMALLEST * math.sqrt(count))
        yield f'<circle class="dot" cx="{frame.x(x):.1f}" cy="{frame.y(y):.1f}" r="{radius:.1f}"/>'


def _lines(frame: _Frame, told: BlandAltman) -> Iterator[str]:
    right = WIDTH - RIGHT
    named = [("limit", "upper", told.upper), ("bias", "bias", told.bias), ("limit", "lower", told.lower)]
    known = [(kind, name, value) for kind, name, value in named if value is not None]
    if len({value for _, _, value in known}) == 1:
        known = [line for line in known if line[0] == "bias"]
    above = -math.inf
    for kind, name, value in known:
        y = frame.y(value)
        # Names of lines that nearly meet stand below each other.
        above = max(y + 4, above + LETTER)
        yield f'<path class="{kind}" d="M{LEFT} {y:.1f}H{right}"/>'
        yield f'<text class="name" x="{right + 5}" y="{above:.1f}">{name} {signed(value, 1)}</text>'
