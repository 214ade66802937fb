"""Scoring the levels of a CT again by a network: asking for it on the patient page, and how far it is."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from ildportal import access
from ildportal.pages import patient as patients
from quant.engine.errors import UnusableInput
from quant.goh import shelf
from quant.models import State
from quant.scoring import ask

NOW = "now"


@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the scores of one CT by the network that `model` names as NAME:VERSION."""
    one = access.quantification_or_404(request.user, pk)
    study = one.series.study
    assert study.patient is not None  # noqa: S101
    about = f"{study.patient.code}, CT of {study.date or 'unknown date'}"
    name, _, version = request.POST.get("model", "").partition(":")
    try:
        job, _new = ask.request(one, shelf.find(name, version, settings.SCORE_MODELS), requested_by=request.user)
    except UnusableInput as error:
        messages.error(request, f"{about}: {error.detail}.")
    except ValidationError as error:
        messages.error(request, f"{about}: {' '.join(error.messages)}")
    else:
        done = job.state == State.DONE
        said = "has scored it already, and counts for the networks" if done else "waits for a worker"
        messages.success(request, f"{about}: {job.by} {said}.")
    place = NOW if request.POST.get("place") == NOW else one.pk
    return redirect(f"{reverse('patient', args=[study.patient.code])}#goh-part-{place}")


@require_safe
def strip(request: HttpRequest, pk: int, place: str) -> HttpResponse:
    """The strip of one CT as it is now, for HTMX; `place` is "now" at the top of the page, else its number."""
    one = access.quantification_or_404(request.user, pk)
    assert one.series.study.patient is not None  # noqa: S101
    views = patients.scans(one.series.study.patient)["cts"]
    view = next((view for view in views if view.row.quantification == one and view.levels), None)
    if view is None:
        raise Http404("no such strip")
    content = {"view": view, "numbers": one, "study": view.row.study, "goh_id": NOW if place == NOW else one.pk}
    return render(request, "parts/goh.html", content)
