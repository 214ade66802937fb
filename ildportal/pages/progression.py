"""Who is progressing, by which rule: every patient of the visitor beside every rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ildportal import access
from ildportal.export import cells, verdicts
from ildportal.models import Answer, StoredStanding, StoredVerdict
from ildportal.pages.verdicts.card import Kind
from ildportal.pages.verdicts.rules import settings_in_words
from ildportal.pages.verdicts.words import printed
from ildportal.standings import table
from ildportal.standings.answers import BY_SLUG, slug
from ildportal.standings.filters import CONFIRMED, EVER, LATEST, WHEN, Standings, narrow
from patients.models.people import DiagnosisCode
from patients.progression.rules import DEFAULTS
from patients.progression.verdict import RULE_SET

PAGE_SIZE = 50
# What a visitor waits for copies to be worked out; the page goes on with the rest by itself.
SECONDS = 1.0
Rows = Callable[[Standings, dt.datetime, str], Iterable[Iterable[cells.Cell]]]
KINDS = {Answer.MET: Kind.MET, Answer.NOT_MET: Kind.NOT_MET, Answer.INDETERMINATE: Kind.INDETERMINATE}


@dataclass(frozen=True, slots=True)
class Answered:
    """A cell: a rule's answer in a word, its day, and the whole sentence. `card`: its place on the patient page."""

    card: str
    rule: str
    kind: Kind
    word: str
    note: str
    sentence: str


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The table; HTMX asks for it again while patients are still being worked out."""
    part = request.headers.get("HX-Request") == "true"
    return render(request, "parts/progression.html" if part else "progression.html", _content(request))


@require_safe
def download(request: HttpRequest) -> HttpResponseBase:
    """Exactly whom the page shows, on all its pages: a line a patient."""
    return _file(request, "verdicts", verdicts.WIDE_HEAD, verdicts.wide_rows)


@require_safe
def evidence(request: HttpRequest) -> HttpResponseBase:
    """The same patients, a line a patient and rule, with what each answer rests on."""
    return _file(request, "verdicts-evidence", verdicts.HEAD, verdicts.rows)


def _file(request: HttpRequest, name: str, head: Sequence[str], rows: Rows) -> HttpResponseBase:
    known, behind = table.standings_for(request.user, SECONDS)
    narrowed = narrow(known, request.GET)
    if behind or narrowed.problems:
        return render(request, "progression.html", _content(request), status=503 if behind else 400)
    now = timezone.now()
    found = table.ordered(narrowed.found, request.GET.get("ordering", ""), narrowed.at)
    lines = cells.lines(head, rows(found, now, request.GET.urlencode()))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}-{timezone.localdate()}.csv"'
    return answer


def _content(request: HttpRequest) -> dict[str, Any]:
    known, behind = table.standings_for(request.user, SECONDS)
    narrowed, ordering = narrow(known, request.GET), request.GET.get("ordering", "code")
    rows = table.ordered(table.with_verdicts(narrowed.found), ordering, narrowed.at)
    numbers = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return {
        "numbers": numbers,
        "lines": [(one, _cells(one, narrowed.at)) for one in numbers],
        "totals": [(slug(name), one) for name, one in table.totals(narrowed.found, narrowed.at).items()],
        "behind": behind,
        "narrowed": narrowed,
        "ordering": ordering,
        "choices": _choices(request, known),
        "settings": [(name, "; ".join(settings_in_words(one))) for name, one in DEFAULTS.items()],
        "rule_set": RULE_SET,
        "now": timezone.localtime(),
    }


def _choices(request: HttpRequest, known: Standings) -> dict[str, Any]:
    there = set(known.order_by().values_list("diagnosis", flat=True).distinct())
    return {
        "at": WHEN,
        "site": [(one.code, one.name) for one in access.sites_for(request.user).order_by("name")],
        "diagnosis": [(code, label) for code, label in DiagnosisCode.choices if code in there],
        "rule": list(BY_SLUG.items()),
        "answer": [(one.value, one.label.capitalize()) for one in Answer],
    }


def _cells(one: StoredStanding, at: str) -> list[Answered]:
    by_rule = {verdict.rule: verdict for verdict in one.verdicts.all()}
    # Where nothing is on record the page has one sentence in place of the cards.
    judged = any(verdict.latest_on for verdict in by_rule.values())
    return [_cell(f"verdict-{key}" if judged else "verdicts", by_rule[name], at) for key, name in BY_SLUG.items()]


def _cell(card: str, verdict: StoredVerdict, at: str) -> Answered:
    answer = Answer(getattr(verdict, at))
    kind, said = KINDS[answer], {EVER: verdict.said_ever, LATEST: verdict.said_latest}.get(at, answer.label)
    word = said.capitalize()
    if at == EVER and answer == Answer.MET and verdict.latest == Answer.NOT_MET:
        kind, word = Kind.EARLIER, f"{word} earlier"
    return Answered(card, verdict.rule, kind, word, _note(verdict, answer, at), printed(verdict.sentence))


def _note(verdict: StoredVerdict, answer: Answer, at: str) -> str:
    day = getattr(verdict, table.DAYS[at])
    if at == CONFIRMED and answer != Answer.MET:
        return f"met {verdict.first_met}" if verdict.first_met else ""
    return str(day) if day and (answer == Answer.MET or at == LATEST) else ""
