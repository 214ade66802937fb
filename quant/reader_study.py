"""Readings against what counts in the portal, or one reader against the others: from the request to the report."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from quant.engine.digest import sha256
from quant.evaluation.agreement import document, page
from quant.evaluation.agreement.numbers import number, signed
from quant.evaluation.agreement.pairs import Pairs, pair
from quant.evaluation.agreement.sides import Score, Side, of_readers, of_rows
from quant.goh import readings

PORTAL = "portal"
UNDONE = "nothing was reported"


@dataclass(frozen=True, slots=True)
class Study:
    """What is asked: readings of a CSV or of the portal, of some readers or all, against a source or a reader."""

    readings: str
    source: str = ""
    against: str = ""
    readers: tuple[str, ...] = ()


def compare(asked: Study, today: date) -> tuple[dict[str, Any], Pairs]:
    """The document (schema ildportal.agreement/1) and the pairs that it is of.

    Raises:
        BadRows: rows of the CSV that cannot be used, all of them.
        ValueError: no such readings, readers or pairs.
        OSError: the CSV cannot be read.
        DatabaseError: the portal's database is needed and cannot be reached.
    """
    scores, read_from = _readings(asked.readings)
    first = of_readers(scores, asked.readers or _others(scores, asked.against))
    second = _second(asked, scores, first)
    pairs = pair(first, second)
    if not pairs.places:
        why = "; ".join(f"{reason} ({n})" for reason, n in sorted(pairs.excluded.items()))
        raise ValueError(f"no slice was scored by both sides: {why}")
    return document.document(first, second, pairs, read_from, today), pairs


def html(told: dict[str, Any], pairs: Pairs) -> str:
    """A page that needs nothing but itself."""
    return render_to_string("agreement/report.html", {**page.context(told, pairs), "tokens": _tokens()})


def text(told: dict[str, Any]) -> str:
    """A few lines for a terminal."""
    lines = [f"{told['slices']} slices of {told['scans']} scans; errors: {told['error']}; {told['use']}"]
    lines += [f"left out: {one['slices']} slices, {one['reason']}" for one in told["excluded"]]
    for name, found in told["scores"].items():
        one = found["pooled"]
        lines.append(
            f"{name.upper():3}  n {one['n']}  MAE {number(one['errors']['mae'], 1)}"
            f"  SD {number(one['errors']['sd'], 1)}  bias {signed(one['bland_altman']['bias'], 1)}"
            f"  kappa {number(one['kappa']['value'], 2)}  ICC {number(one['icc']['value'], 2)}"
        )
    return "\n".join(lines)


def _readings(named: str) -> tuple[list[Score], dict[str, Any]]:
    if named == PORTAL:
        from quant import level_scores

        found = level_scores.readings()
        if not found:
            raise ValueError("the portal holds no readings")
        return found, {"name": "the portal", "sha256": None}
    path = Path(named)
    return of_rows(readings.parse(path, UNDONE, by_level=True)), {"name": path.name, "sha256": sha256(path)}


def _others(scores: list[Score], against: str) -> tuple[str, ...]:
    found = tuple(sorted({one.by for one in scores} - {against}))
    if not found:
        raise ValueError(f"there are readings of {against} alone: nobody to compare with")
    return found


def _second(asked: Study, scores: list[Score], first: Side) -> Side:
    if asked.against:
        if asked.against in first.readers:
            raise ValueError(f"{asked.against} is on both sides")
        return of_readers(scores, (asked.against,))
    from quant import level_scores
    from quant.models.measures import ScoreSource

    return level_scores.counting(ScoreSource(asked.source), {uid for uid, _ in first.scores})


def _tokens() -> str:
    """The colours of the design: light, dark and high contrast as the reader's system asks for them."""
    css = (settings.BASE_DIR / "static" / "tokens.css").read_text(encoding="utf-8")
    dark, contrast = (_theme(css, name) for name in ("dark", "contrast"))
    light = css[: css.index('[data-theme="dark"]')].rpartition("/*")[0]
    light = re.sub(r"/\*.*?\*/", "", light, flags=re.DOTALL)
    return (
        f"{light}@media (prefers-color-scheme: dark) {{ :root {{{dark}}} }}\n"
        f"@media (prefers-contrast: more) {{ :root {{{contrast}}} }}\n"
    )


def _theme(css: str, name: str) -> str:
    found = re.search(rf'\[data-theme="{name}"\] \{{(.*?)\}}', css, re.DOTALL)
    if not found:
        raise ValueError(f"tokens.css has no theme {name}")
    return found[1]
