"""Who sees what. Every view that shows or changes a patient's data starts from one of these querysets."""

from __future__ import annotations

from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, Q, QuerySet
from django.http import Http404

from ildportal.models import Membership, User
from patients.models import CTAssessment, CTSeries, CTStudy, Patient, PFTFinding, Site
from quant.models import Quantification, Run, Scoring

Visitor = User | AnonymousUser
Fact = TypeVar("Fact", bound=Model)


def _sites(user: Visitor) -> QuerySet[Membership, int]:
    mine = Membership.objects.filter(user=user) if user.is_authenticated else Membership.objects.none()
    return mine.values_list("site_id", flat=True)


def patients_for(user: Visitor) -> QuerySet[Patient]:
    """All patients for superusers, else those of the sites that the user is a member of."""
    if user.is_superuser:
        return Patient.objects.all()
    return Patient.objects.filter(site__in=_sites(user))


def studies_for(user: Visitor) -> QuerySet[CTStudy]:
    """The CT studies of those patients; a held study has no patient yet, its own site decides."""
    if user.is_superuser:
        return CTStudy.objects.all()
    sites = _sites(user)
    return CTStudy.objects.filter(Q(patient__site__in=sites) | Q(patient__isnull=True, site__in=sites))


def patient_or_404(user: Visitor, code: str) -> Patient:
    """The patient `code`; Http404 alike for one that does not exist and for one of another site."""
    found = None if "\0" in code else patients_for(user).select_related("site").filter(code=code).first()
    if found is None:
        raise Http404("no such patient")
    return found


def run_or_404(user: Visitor, run_id: int) -> Run:
    """The run `run_id` of a study that the user may see, with its series, study and patient."""
    runs = Run.objects.select_related("series__study__patient")
    found = runs.filter(pk=run_id, series__study__in=studies_for(user)).first()
    if found is None:
        raise Http404("no such run")
    return found


def may_write(user: Visitor) -> bool:
    """Whether the user may change anything: members of a site may, of what they see there."""
    return user.is_superuser or _sites(user).exists()


def sites_for(user: Visitor) -> QuerySet[Site]:
    """All sites for superusers, else those that the user is a member of."""
    return Site.objects.all() if user.is_superuser else Site.objects.filter(pk__in=_sites(user))


def facts_for(user: Visitor, model: type[Fact]) -> QuerySet[Fact]:
    """The rows of `model`, whose `patient` is one of the user's."""
    rows: QuerySet[Fact] = model._default_manager.all()
    return rows if user.is_superuser else rows.filter(patient__site__in=_sites(user))


def series_for(user: Visitor) -> QuerySet[CTSeries]:
    return CTSeries.objects.filter(study__in=studies_for(user))


def assessments_for(user: Visitor) -> QuerySet[CTAssessment]:
    return CTAssessment.objects.filter(study__in=studies_for(user))


def runs_for(user: Visitor) -> QuerySet[Run]:
    return Run.objects.filter(series__study__in=studies_for(user))


def quantifications_for(user: Visitor) -> QuerySet[Quantification]:
    return Quantification.objects.filter(series__study__in=studies_for(user))


def scorings_for(user: Visitor) -> QuerySet[Scoring]:
    """Scorings by networks, of those numbers."""
    return Scoring.objects.filter(quantification__in=quantifications_for(user))


def quantification_or_404(user: Visitor, pk: int) -> Quantification:
    """The numbers `pk` of a patient whom the user may see, with series, study and patient."""
    found = quantifications_for(user).filter(pk=pk, series__study__patient__isnull=False)
    one = found.select_related("series__study__patient").first()
    if one is None:
        raise Http404("no such measurement")
    return one


def findings_for(user: Visitor) -> QuerySet[PFTFinding]:
    """What was found about the lung-function sessions of those patients."""
    return PFTFinding.objects.filter(pft__patient__in=patients_for(user))


def finding_or_404(user: Visitor, pk: int) -> PFTFinding:
    """The finding `pk` of a patient whom the user may see, with session and patient."""
    found = findings_for(user).select_related("pft__patient__site").filter(pk=pk).first()
    if found is None:
        raise Http404("no such finding")
    return found


def study_or_404(user: Visitor, pk: int) -> CTStudy:
    """The CT study `pk` of a patient whom the user may see."""
    found = studies_for(user).filter(pk=pk, patient__isnull=False).select_related("patient").first()
    if found is None:
        raise Http404("no such CT study")
    return found


def assessment_or_404(user: Visitor, pk: int) -> CTAssessment:
    """The reader's word `pk` on a CT of a patient whom the user may see, with both scans."""
    found = assessments_for(user).filter(pk=pk, study__patient__isnull=False)
    one = found.select_related("study__patient", "prior_study").first()
    if one is None:
        raise Http404("no such assessment")
    return one
