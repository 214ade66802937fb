"""Home: every CT study that the user may see, problems first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from ildportal import access
from ildportal.pages import changes, crew, flags, reasons
from patients.models import CTStudy, Patient
from patients.selectors import age
from quant import repeatability, selectors, services
from quant.models import Quantification
from quant.repeatability import Limits
from quant.selectors import StudyRow, StudyState

PAGE_SIZE = 50
SECONDS_BUSY, SECONDS_IDLE = 5, 30
ARRIVED = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class WorkRow:
    """A line of the worklist: a study's row and what the page says about it."""

    row: StudyRow
    age: int | None
    change: changes.Change | None
    no_change: str
    flags: list[flags.Flag]
    reason: str
    stalled: bool


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "worklist.html", _content(request))


@require_safe
def table(request: HttpRequest) -> HttpResponse:
    """The part of the page that changes, which HTMX fetches again and again."""
    return render(request, "parts/studies.html", _content(request))


@require_POST
def retry(request: HttpRequest, run_id: int) -> HttpResponse:
    """Let a failed measurement wait again."""
    run = access.run_or_404(request.user, run_id)
    study = run.series.study
    name = study.patient.code if study.patient else "The study"
    try:
        if selectors.is_replaced(run):
            raise ValidationError("A newer measurement of this CT has replaced it.")
        services.retry(run.pk, requested_by=request.user)
    except ValidationError as error:
        messages.error(request, f"{name}: {' '.join(error.messages)}")
    else:
        messages.success(request, f"{name}: the measurement waits in the queue again.")
    return redirect(_back(request))


def _content(request: HttpRequest) -> dict[str, Any]:
    studies = access.studies_for(request.user)
    counts = selectors.count_states(studies)
    state = _state(request)
    shown = {state: counts[state]} if state else counts
    numbers = Paginator(range(sum(shown.values())), PAGE_SIZE).get_page(request.GET.get("page"))
    moving = counts[StudyState.RUNNING] + counts[StudyState.WAITING]
    limits = repeatability.limits()
    return {
        "rows": _rows(selectors.page_of_studies(studies, shown, *_span(numbers)), limits),
        "limits_known": bool(limits.known),
        "state": state,
        "tabs": [(None, "All", sum(counts.values())), *((one, one.label, n) for one, n in counts.items())],
        "numbers": numbers,
        "summary": _summary(counts),
        "arrived": studies.filter(received_at__gte=timezone.now() - ARRIVED).count(),
        "crew": crew.crew(request.user, moving),
        "crew_start": crew.START,
        "seconds": SECONDS_BUSY if moving else SECONDS_IDLE,
        "now": timezone.localtime(),
        "back": f"{reverse('worklist')}?{request.GET.urlencode()}",
    }


def _state(request: HttpRequest) -> StudyState | None:
    asked = request.GET.get("state", "")
    return StudyState(asked) if asked in StudyState.values else None


def _span(numbers: Page[int]) -> tuple[int, int]:
    """From which to before which place of the list this page goes."""
    return (numbers.start_index() - 1 if len(numbers) else 0), numbers.end_index()


def _summary(counts: dict[StudyState, int]) -> str:
    words = {
        StudyState.FAILED: "failed",
        StudyState.PERSON: "needs a person" if counts[StudyState.PERSON] == 1 else "need a person",
        StudyState.RUNNING: "running",
        StudyState.WAITING: "waiting",
    }
    named = [f"{counts[state]} {said}" for state, said in words.items() if counts[state]]
    return ", ".join(named) if named else "Nothing waits, nothing failed"


def _rows(keys: list[int], limits: Limits) -> list[WorkRow]:
    found = CTStudy.objects.select_related("patient").in_bulk(keys)
    rows = selectors.rows([found[key] for key in keys if key in found])
    history = selectors.measured({row.study.patient_id for row in rows if row.study.patient_id})
    return [_work_row(row, history.get(row.study.patient_id or 0, []), limits) for row in rows]


def _work_row(row: StudyRow, history: Iterable[Quantification], limits: Limits) -> WorkRow:
    compared = _compared(row, history, limits)
    return WorkRow(
        row=row,
        age=_age(row.study.patient),
        change=compared if isinstance(compared, changes.Change) else None,
        no_change=compared if isinstance(compared, str) else "",
        flags=flags.flags(row.series, row.quantification),
        reason=reasons.reason(row),
        stalled=reasons.stalled(row.run),
    )


def _compared(row: StudyRow, history: Iterable[Quantification], limits: Limits) -> changes.Change | str:
    if row.quantification is None:
        return "Not measured yet"
    if row.study.patient is None:
        return "Not linked to a patient yet"
    if row.study.date is None:
        return "The CT has no date"
    return changes.against_previous(history, row.quantification, row.study.date, limits)


def _age(patient: Patient | None) -> int | None:
    return age(patient, timezone.localdate()) if patient else None


def _back(request: HttpRequest) -> str:
    """The page from which the retry came, if it is one of ours."""
    asked = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(asked, allowed_hosts=None, require_https=request.is_secure()):
        return asked
    return reverse("worklist")
