"""The table of verdicts: who is in it, in which order, and how many of them each rule says what of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Case, Count, F, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import NullIf

from ildportal import access
from ildportal.access import Visitor
from ildportal.models import Answer, StoredStanding, StoredVerdict
from ildportal.standings import keep
from ildportal.standings.answers import BY_SLUG
from ildportal.standings.filters import CONFIRMED, EVER, LATEST, Standings

PLACES: Mapping[str, str] = {
    "code": "patient__code",
    "site": "patient__site__name",
    "diagnosis": "diagnosis",
    "pfts": "pfts",
    "cts": "cts",
    "goh": "goh",
    "gap": "gap_points",
}
WORDS = ("diagnosis", "goh")
# The day that stands beside each kind of answer.
DAYS: Mapping[str, str] = {EVER: "first_met", LATEST: "latest_on", CONFIRMED: "confirmed_on"}


@dataclass(slots=True)
class Total:
    """How many patients a rule says what of; `words`: the same in the rule's own words, most frequent first."""

    rule: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Answer.values, 0))
    words: dict[str, int] = field(default_factory=dict)

    @property
    def patients(self) -> int:
        return sum(self.counts.values())


def standings_for(user: Visitor, seconds: float | None) -> tuple[Standings, int]:
    """(whom the visitor may see and whose answers are those of today's facts, how many are still to be worked out)."""
    patients = access.patients_for(user)
    behind = keep.catch_up(patients, seconds)
    found = StoredStanding.objects.filter(patient__in=patients).exclude(patient__in=behind)
    return found.select_related("patient__site"), len(behind)


def ordered(found: Standings, ordering: str, at: str) -> Standings:
    """By a name of PLACES or a rule's short name, a minus before it turns it round; by code where that is equal."""
    name, turned = ordering.removeprefix("-"), ordering.startswith("-")
    if name in BY_SLUG:
        found = _by_rule(found, BY_SLUG[name], at)
        keys: list[F | NullIf] = [F("rank"), F("day")]
    else:
        # What is not known comes last, whichever way.
        keys = [NullIf(F(PLACES[name]), Value("")) if name in WORDS else F(PLACES.get(name, PLACES["code"]))]
    sorting = [key.desc(nulls_last=True) if turned else key.asc(nulls_last=True) for key in keys]
    return found.order_by(*sorting, "patient__code")


def totals(found: Standings, at: str) -> dict[str, Total]:
    """By the name of each rule; one query."""
    counted = {rule: Total(rule) for rule in BY_SLUG.values()}
    said = "said_latest" if at == LATEST else "said_ever"
    rows = StoredVerdict.objects.filter(standing__in=found.order_by().values("pk"))
    for rule, answer, words, count in rows.values_list("rule", at, said).annotate(n=Count("pk")).order_by("-n", said):
        total = counted[rule]
        total.counts[answer] += count
        total.words[words] = total.words.get(words, 0) + count
    return counted


def _by_rule(found: Standings, rule: str, at: str) -> Standings:
    rank = Case(*(When(**{at: one}, then=Value(place)) for place, one in enumerate(Answer.values)))
    verdict = StoredVerdict.objects.filter(standing=OuterRef("pk"), rule=rule)
    return found.annotate(
        rank=Subquery(verdict.annotate(rank=rank).values("rank"), output_field=IntegerField()),
        day=Subquery(verdict.values(DAYS[at])),
    )


def with_verdicts(found: QuerySet[StoredStanding]) -> Standings:
    """With what a line of the table shows, and without the documents, which it does not."""
    return found.defer("document").prefetch_related("verdicts")
