"""Verdicts, staging and prognosis of a patient as cards: the answer, then everything that it rests on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ildportal.pages.verdicts.card import Card, Kind
from ildportal.pages.verdicts.rules import rule_card
from ildportal.pages.verdicts.scores import score_cards
from ildportal.verdicts import Standing
from patients.progression.history import CTMeasure

OPENED_AT_FIRST = 2
TELLING = (Kind.MET, Kind.INDETERMINATE)


@dataclass(frozen=True, slots=True)
class Panel:
    """as_of: the last record that a rule read; scored_on: the lung function that the scores are of.

    excluded: what was on record and not used, with the reason. simulated: CTs left out, whose numbers are invented.
    on_ct: by whose word the rules know of more fibrosis on CT.
    """

    rules: tuple[Card, ...]
    scores: tuple[Card, ...]
    as_of: dt.date | None
    scored_on: dt.date | None
    excluded: tuple[str, ...]
    simulated: int
    on_ct: str

    @property
    def strip(self) -> tuple[Card, ...]:
        """The answers in short: every rule, and the Goh stage."""
        return *self.rules, self.scores[0]


def build(standing: Standing) -> Panel:
    """Makes no query."""
    excluded = {one.reason: one for verdict in standing.verdicts for one in verdict.excluded}
    return Panel(
        rules=_opened([rule_card(one) for one in standing.verdicts]),
        scores=score_cards(standing),
        as_of=standing.as_of,
        scored_on=standing.facts.on,
        excluded=tuple(one.reason for one in sorted(excluded.values(), key=lambda one: one.date, reverse=True)),
        simulated=standing.simulated,
        on_ct=_on_ct(standing.measured),
    )


def _opened(cards: Sequence[Card]) -> tuple[Card, ...]:
    """The first few that are met or open for a reader, the others one click away."""
    telling = [card.key for card in cards if card.badge.kind in TELLING][:OPENED_AT_FIRST]
    return tuple(replace(card, opened=card.key in telling) for card in cards)


def _on_ct(latest: CTMeasure | None) -> str:
    if latest is None:
        return "More fibrosis on CT is by a reader's word."
    if latest.limit is None:
        return (
            f"More fibrosis on CT is by a reader's word alone: no repeatability limit of fibrosis % by {latest.engine} "
            "is known."
        )
    return (
        f"More fibrosis on CT is by a reader's word, else by {latest.engine}: a rise of more than its repeatability "
        f"limit, {latest.limit:g} points of the lung volume."
    )
