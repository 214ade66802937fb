"""A verdict as one plain sentence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from patients.progression.evidence import Evidence
from patients.progression.logic import Truth, deciding, settling
from patients.progression.rule import Rule


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of a rule that was met; `again` is the later day on which it was met, if that was confirmed."""

    at_latest: Truth
    confirmed_on: dt.date | None
    again: dt.date | None = None

    @property
    def words(self) -> str:
        latest = {True: "still met", False: "no longer met", None: "not decidable"}[self.at_latest]
        again = f"met again on {self.again} and " if self.again and self.confirmed_on else ""
        confirmed = f"confirmed on {self.confirmed_on}" if self.confirmed_on else "not confirmed by a later visit"
        return f"{again}{confirmed}, {latest} at the latest visit"


def sentence(
    rule: Rule, evidence: Sequence[Evidence], truth: Truth, comparisons: int, on: dt.date, ending: Ending
) -> str:
    """Met, not met or undecided, with the reasons that suffice; `on` is the day on which it was first met.

    comparisons: of how many pairs of visits `evidence` is the plainest.
    """
    if truth is None:
        return _open(rule, evidence)
    reasons = _reasons(rule, evidence)
    if truth:
        return f"{rule.name} criterion met on {on}: {_joined([one.words for one in reasons])}; {ending.words}."
    of_pair = {one.code for one in rule.of_pair(None, rule.settings)}
    among = comparisons > 1 and any(one.code in of_pair for one in reasons)
    start = f"not met in any of {comparisons} comparisons; at most" if among else "not met"
    return f"{rule.name} {start}: {_joined([one.words for one in reasons])}."


def _reasons(rule: Rule, evidence: Sequence[Evidence]) -> list[Evidence]:
    names = deciding(rule.formula, {one.code: one.result for one in evidence})
    return [one for one in evidence if one.code in names]


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
