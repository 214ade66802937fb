"""Narrowing the table of verdicts: one home for the page, its download and the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django_filters.filters import CharFilter, ChoiceFilter
from django_filters.filterset import FilterSet

from ildportal.models import Answer, StoredStanding, StoredVerdict
from ildportal.standings.answers import BY_SLUG
from patients.models.people import DiagnosisCode

Standings = QuerySet[StoredStanding]
EVER, LATEST, CONFIRMED = "ever", "latest", "confirmed"
WHEN = ((EVER, "Ever met"), (LATEST, "At the latest visit"), (CONFIRMED, "Confirmed by a later visit"))
RULES = tuple(BY_SLUG.items())


def _together(found: Standings, name: str, value: str) -> Standings:
    """These narrow with one another, when all the others have."""
    return found


class StandingFilters(FilterSet):
    """`rule` and `answer` go together, at the time that `at` says."""

    code_contains = CharFilter(field_name="patient__code", lookup_expr="icontains", help_text="Codes that hold this.")
    patient = CharFilter(field_name="patient__code", help_text="Code of the patient, exactly.")
    site = CharFilter(field_name="patient__site__code", help_text="Code of the patient's site.")
    diagnosis = ChoiceFilter(choices=DiagnosisCode.choices, help_text="The diagnosis that counts now.")
    rule = ChoiceFilter(choices=RULES, method=_together, help_text="A rule; goes with `answer`.")
    answer = ChoiceFilter(
        choices=Answer.choices,
        method=_together,
        help_text="Of `rule`, of any rule without one. A decline is what EUSTAR calls met.",
    )
    at = ChoiceFilter(choices=WHEN, method=_together, help_text="Which answer `answer` is about; default ever.")

    def filter_queryset(self, queryset: Standings) -> Standings:
        found: Standings = super().filter_queryset(queryset)  # type: ignore[no-untyped-call]
        chosen: dict[str, Any] = self.form.cleaned_data
        if not chosen["answer"]:
            return found
        told = StoredVerdict.objects.filter(**{chosen["at"] or EVER: chosen["answer"]})
        if chosen["rule"]:
            told = told.filter(rule=BY_SLUG[chosen["rule"]])
        return found.filter(pk__in=told.values("standing"))


NAMES = ("code_contains", "patient", "site", "diagnosis", "rule", "answer", "at")


@dataclass(frozen=True, slots=True)
class Narrowed:
    """`found` is empty while anything is wrong with what was asked for: a slip must not answer with everybody."""

    found: Standings
    at: str
    asked: dict[str, str]
    problems: list[str]

    @property
    def any(self) -> bool:
        return any(said for name, said in self.asked.items() if name != "at")


def narrow(known: Standings, asked: Mapping[str, str]) -> Narrowed:
    """As a page's address asks; parameters of other names are left to others."""
    chosen: Any = StandingFilters(asked, queryset=known)  # type: ignore[no-untyped-call]
    said = {name: asked.get(name, "").replace("\0", "") for name in NAMES}
    if not chosen.is_valid():
        problems = [f"{name}: {problem}" for name, told in chosen.form.errors.items() for problem in told]
        return Narrowed(known.none(), EVER, said, problems)
    return Narrowed(chosen.qs, chosen.form.cleaned_data["at"] or EVER, said, [])
