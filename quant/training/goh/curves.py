"""The course of a training as a picture (SVG): errors by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 320, 48, 36, 24
COLOURS = {"mae_tot": "#1f4e79", "mae_gg": "#b3541e", "mae_ret": "#3b7d3b", "zero_tot": "#777777"}
NAMES = {"mae_tot": "MAE TOT", "mae_gg": "MAE GG", "mae_ret": "MAE RET", "zero_tot": "TOT without disease"}


def draw(curve: Sequence[dict[str, float]], path: Path, title: str) -> None:
    """Points of error on held-out slices against epochs."""
    most = max((one[name] for one in curve for name in NAMES), default=1.0) or 1.0
    last = max(2, len(curve))

    def place(number: int, value: float) -> str:
        x = LEFT + (WIDTH - LEFT - 12) * number / (last - 1)
        return f"{x:.1f},{HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / most:.1f}"

    lines = [
        f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="'
        + " ".join(place(number, one[name]) for number, one in enumerate(curve))
        + '"/>'
        for name, colour in COLOURS.items()
    ]
    legend = [
        f'<text x="{LEFT + 12 + 140 * number}" y="{HEIGHT - 4}" fill="{COLOURS[name]}">{words}</text>'
        for number, (name, words) in enumerate(NAMES.items())
    ]
    axis = [
        f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - 12}" stroke="#444" fill="none"/>',
        f'<text x="4" y="{TOP + 4}">{most:.1f}</text><text x="4" y="{HEIGHT - BOTTOM}">0 points</text>',
        f'<text x="{WIDTH - 90}" y="{HEIGHT - BOTTOM + 14}">epoch {len(curve)}</text>',
        f'<text x="{LEFT + 12}" y="14">{title}</text>',
    ]
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box}>'
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
    path.write_text("\n".join((head, ground, *axis, *lines, *legend, "</svg>\n")), encoding="utf-8")
