"""Accepting a finding about a lung-function session, on the patient page."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from ildportal import access
from patients import services

CHANGED = "The values have changed meanwhile: look again."


@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """A member of the site stands for a value, with a reason; `seen` is the sentence that stood on the page."""
    finding = access.finding_or_404(request.user, pk)
    pft = finding.pft
    about = f"{pft.patient.code}, lung function of {pft.date}"
    try:
        if request.POST.get("seen", finding.sentence) != finding.sentence:
            raise ValidationError(CHANGED)
        services.accept_finding(finding, by=request.user, reason=request.POST.get("reason", ""))
    except ValidationError as error:
        messages.error(request, f"{about}: {' '.join(error.messages)}")
    else:
        counts = " The value counts from now on." if finding.blocks else ""
        messages.success(request, f"{about}: accepted, with your reason.{counts}")
        if finding.blocks and getattr(request, "htmx", False):
            # Every number of the page may rest on it.
            return HttpResponseClientRefresh()
    return redirect(f"{reverse('patient', args=[pft.patient.code])}#finding-{finding.pk}")
