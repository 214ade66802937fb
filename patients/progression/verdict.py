"""What a rule says about a patient, with everything that it rests on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from patients.progression.evidence import Evidence
from patients.progression.logic import Truth
from patients.progression.settings import Settings
from patients.progression.visits import Excluded

# The rules as a whole: a change of any definition, default or choice raises it.
RULE_SET = "1.1.0"


class State(StrEnum):
    MET = "met"
    NOT_MET = "not met"
    INDETERMINATE = "indeterminate"


def state_of(truth: Truth) -> State:
    return State.INDETERMINATE if truth is None else State.MET if truth else State.NOT_MET


@dataclass(frozen=True, slots=True)
class Missing:
    """Something not known that could change the answer; `needs` says what would settle it.

    Between `since` and `until` a visit, an assessment or a CT is needed.
    """

    code: str
    needs: str
    since: dt.date | None
    until: dt.date | None

    def to_dict(self) -> dict[str, Any]:
        return {"code": self.code, "needs": self.needs, "since": _iso(self.since), "until": _iso(self.until)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule over one history.

    state: whether it was ever met; of a rule that has categories, the category that counts.
    latest: the same of the comparisons that end at the latest visit, `latest_on`.
    confirmed: whether a later visit, `confirmed_on`, still showed it.
    first_met: when everything that first met it was on record.
    evidence: of the comparison that decided; `latest_evidence`: of the one at the latest visit.
    missing: what could change an indeterminate answer. Empty when it is definite.
    comparisons: how many pairs of visits were looked at.
    """

    rule: str
    version: str
    title: str
    settings: Settings
    state: str
    latest: str
    confirmed: str
    first_met: dt.date | None
    latest_on: dt.date | None
    confirmed_on: dt.date | None
    sentence: str
    evidence: tuple[Evidence, ...] = ()
    latest_evidence: tuple[Evidence, ...] = ()
    missing: tuple[Missing, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    comparisons: int = 0
    course: str = ""
    caution: str = ""
    source: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON can hold it: dates as ISO text, numbers unrounded."""
        return {
            "rule": self.rule,
            "version": self.version,
            "title": self.title,
            "settings": self.settings.to_dict(),
            "state": str(self.state),
            "latest": str(self.latest),
            "confirmed": str(self.confirmed),
            "first_met": _iso(self.first_met),
            "latest_on": _iso(self.latest_on),
            "confirmed_on": _iso(self.confirmed_on),
            "sentence": self.sentence,
            "evidence": [one.to_dict() for one in self.evidence],
            "latest_evidence": [one.to_dict() for one in self.latest_evidence],
            "missing": [one.to_dict() for one in self.missing],
            "excluded": [
                {"date": _iso(one.date), "measure": one.measure, "code": one.code, "reason": one.reason}
                for one in self.excluded
            ],
            "comparisons": self.comparisons,
            "course": self.course,
            "caution": self.caution,
            "source": self.source,
        }


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
