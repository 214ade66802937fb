"""Pages of readers' words. HTMX puts the section of one into the patient's page; without it they stand alone."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from ildportal import access
from ildportal.models import User
from ildportal.pages.assessments.form import AssessmentForm
from ildportal.pages.assessments.said import said
from patients.models import CTAssessment, CTStudy


@require_safe
def listing(request: HttpRequest, study: int) -> HttpResponse:
    return _page(request, access.study_or_404(request.user, study))


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, study: int) -> HttpResponse:
    return _form(request, access.study_or_404(request.user, study))


@require_http_methods(["GET", "HEAD", "POST"])
def amend(request: HttpRequest, pk: int) -> HttpResponse:
    assessment = access.assessment_or_404(request.user, pk)
    return _form(request, assessment.study, assessment)


def _form(request: HttpRequest, study: CTStudy, assessment: CTAssessment | None = None) -> HttpResponse:
    assert isinstance(request.user, User)  # noqa: S101
    data = request.POST if request.method == "POST" else None
    form = AssessmentForm(data, study=study, user=request.user, assessment=assessment)
    if data is None or not form.keep():
        return _page(request, study, form)
    done = "kept" if form.new else "amended; what stood there before stays in the history"
    about = f"{study.patient.code if study.patient else ''}, CT of {study.date or 'unknown date'}"
    messages.success(request, f"{about}: the reader's assessment is {done}.", extra_tags=str(study.pk))
    if getattr(request, "htmx", False) and study.patient:
        # From the patient's page HTMX takes the section, and the verdicts that follow from it.
        return redirect(reverse("patient", args=[study.patient.code]))
    return redirect("assessments", study=study.pk)


def _page(request: HttpRequest, study: CTStudy, form: AssessmentForm | None = None) -> HttpResponse:
    content = {"study": study, "patient": study.patient, "said": said([study.pk])[study.pk], "form": form}
    return render(request, "assessments.html", content)
