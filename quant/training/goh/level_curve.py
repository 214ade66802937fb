"""The course of a training as a picture: loss, and error on people that are not learned from."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH, HEIGHT, LEFT, TOP = 640, 320, 60, 30
INKS = {"loss": "#1f6f8b", "error_mm": "#b5482a"}
WORDS = {"loss": "loss", "error_mm": "error of the checks, mm"}


def svg(history: Sequence[dict[str, float]]) -> str:
    """An SVG with both curves, each on its own scale from 0 to its greatest value."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif"'
        ' font-size="13"><rect width="100%" height="100%" fill="white"/>'
    ]
    last = max((row["step"] for row in history), default=1.0)
    for index, (name, ink) in enumerate(INKS.items()):
        most = max((row[name] for row in history if row[name] < float("inf")), default=1.0) or 1.0
        points = " ".join(_point(row["step"] / last, row[name] / most) for row in history)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{ink}" stroke-width="2"/>')
        words = f"{WORDS[name]}: 0 to {most:.2f}, at the end {history[-1][name]:.2f}" if history else WORDS[name]
        parts.append(f'<text x="{LEFT}" y="{TOP - 12 + 16 * index}" fill="{ink}">{words}</text>')
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 8}">steps 0 to {last:.0f}</text></svg>')
    return "\n".join(parts) + "\n"


def _point(along: float, up: float) -> str:
    width, height = WIDTH - LEFT - 20, HEIGHT - 2 * TOP - 20
    return f"{LEFT + along * width:.1f},{TOP + 20 + height * (1 - min(up, 1.0)):.1f}"
