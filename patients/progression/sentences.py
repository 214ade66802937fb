"""A verdict as one plain sentence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from patients.progression.evidence import Evidence
from patients.progression.logic import Truth, deciding, settling
from patients.progression.rule import Rule


def sentence(
    rule: Rule,
    evidence: Sequence[Evidence],
    truth: Truth,
    on: dt.date,
    confirmed_on: dt.date | None,
    at_latest: Truth,
    comparisons: int,
) -> str:
    """Met, not met or undecided, with the reasons that suffice; `on` is the day on which it was first met.

    comparisons: of how many pairs of visits `evidence` is the plainest.
    """
    if truth is None:
        return _open(rule, evidence)
    reasons = _reasons(rule, evidence)
    if not truth:
        among = f" in any of {comparisons} comparisons; at most" if comparisons > 1 else ""
        return f"{rule.name} not met{among}: {reasons}."
    later = {True: "still met", False: "no longer met", None: "not decidable"}[at_latest]
    confirmed = f"confirmed on {confirmed_on}" if confirmed_on else "not confirmed by a later visit"
    return f"{rule.name} criterion met on {on}: {reasons}; {confirmed}, {later} at the latest visit."


def _reasons(rule: Rule, evidence: Sequence[Evidence]) -> str:
    by_code = {one.code: one for one in evidence}
    names = deciding(rule.formula, {one.code: one.result for one in evidence})
    return _joined([by_code[name].words for name in names]) or "nothing speaks for it"


def _open(rule: Rule, evidence: Sequence[Evidence]) -> str:
    by_code = {one.code: one for one in evidence}
    names = settling(rule.formula, {one.code: one.result for one in evidence})
    needs = list(dict.fromkeys(by_code[name].needs for name in names))
    known = _joined([one.words for one in evidence if one.result])
    so_far = f"{known}; " if known else ""
    return f"{rule.name} cannot be decided: {so_far}it lacks {_joined(needs)}."


def _joined(parts: Sequence[str]) -> str:
    unique = list(dict.fromkeys(part for part in parts if part))
    if len(unique) < 2:
        return "".join(unique)
    return f"{', '.join(unique[:-1])} and {unique[-1]}"
