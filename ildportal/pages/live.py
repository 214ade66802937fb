"""The part of a patient's page that changes while CTs are measured; HTMX fetches it again and again."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ildportal import access
from ildportal.pages import crew, ct
from ildportal.pages.ct import CTView
from patients import selectors
from patients.models import Patient
from quant.selectors import StudyState

SECONDS_BUSY = 5
MOVING = (StudyState.RUNNING, StudyState.WAITING)


@require_safe
def cts(request: HttpRequest, code: str) -> HttpResponse:
    """`known` is the newest result that the page above already shows."""
    patient = access.patient_or_404(request.user, code)
    views = ct.views(selectors.ct_studies(patient))
    known = request.GET.get("known", "")
    return render(request, "parts/cts_live.html", {"patient": patient, **state(request, patient, views, known)})


def state(request: HttpRequest, patient: Patient, views: list[CTView], known: str = "") -> dict[str, Any]:
    """What parts/cts_live.html needs. Without anything that moves it is not fetched again."""
    moving = [view for view in views if view.row.state in MOVING]
    newest = str(max((view.row.quantification.pk for view in views if view.row.quantification), default=0))
    return {
        "cts": views,
        "back": reverse("patient", args=[patient.code]),
        "known": known or newest,
        "outdated": bool(known) and known != newest,
        "seconds": SECONDS_BUSY if moving else 0,
        "spoken": _spoken(views),
        "crew": crew.crew(request.user, len(moving)) if moving else None,
        "crew_start": crew.START,
        "now": timezone.localtime(),
    }


def _spoken(views: list[CTView]) -> str:
    """Changes with the states, not with each percent."""
    told = [f"CT of {view.row.study.date or 'unknown date'}: {view.row.state.label.lower()}" for view in views]
    return "; ".join(told) + "." if told else ""
