"""Sites, patients, diagnoses and antibodies."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone
from django_filters.filters import CharFilter, DateFilter
from django_filters.filterset import FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ildportal import access
from ildportal.api.filters import Dated, Filters, choice
from ildportal.api.serializers import people as shown
from ildportal.api.serializers.trajectory import TrajectoryShape, body
from ildportal.api.serializers.verdicts import StandingShape
from ildportal.api.views.base import Facts, Reading, Writing
from ildportal.pages import goh
from ildportal.verdicts import standing_of
from patients.models import Antibody, Diagnosis, Patient, Sex, Site
from patients.models.people import AntibodyCode, AntibodyResult, DiagnosisCode, Subset
from patients.trajectories import trajectory
from quant.selectors import measured


class Sites(Reading):
    """The hospitals and clinics that you are a member of."""

    one, many = "site", "sites"
    queryset = Site.objects.all()
    serializer_class = shown.SiteSerializer
    lookup_field = "code"
    lookup_value_regex = r"[-\w]+"
    ordering_fields = ["code", "name"]
    ordering = ["code"]

    def visible(self, user: access.Visitor) -> QuerySet[Site]:
        return access.sites_for(user)


class PatientFilters(FilterSet):
    code = CharFilter(lookup_expr="iexact", help_text="Exactly this code, capitals or not.")
    code_contains = CharFilter(field_name="code", lookup_expr="icontains", help_text="Codes that hold this.")
    site = CharFilter(field_name="site__code", help_text="Code of the site.")
    sex = choice("sex", Sex, "As the reference equations need it.")
    ssc_subset = choice("ssc_subset", Subset, "Form of systemic sclerosis.")
    seen_from = DateFilter(field_name="last_seen_alive", lookup_expr="gte", help_text="Seen on this day or later.")


class Patients(Writing):
    """People with interstitial lung disease, by pseudonym. They are never deleted here."""

    one, many = "patient", "patients"
    queryset = Patient.objects.all()
    serializer_class = shown.PatientSerializer
    filterset_class = PatientFilters
    lookup_field = "code"
    lookup_value_regex = r"[^\x00]+"
    ordering_fields = ["code", "birth_date", "last_seen_alive", "recorded_at"]
    ordering = ["code"]

    def visible(self, user: access.Visitor) -> QuerySet[Patient]:
        return access.patients_for(user).select_related("site", "recorded_by")

    @extend_schema(responses=StandingShape)
    @action(detail=True)
    def verdicts(self, request: Request, code: str) -> Response:
        """Every progression rule over the whole history, and staging and prognosis at the latest lung function.

        Research use: a verdict says that a published criterion is met, not that a treatment or a trial is right.
        """
        patient = self.get_object()
        numbers = measured([patient.pk])[patient.pk]
        standing = standing_of(patient, numbers, goh.extents(numbers))
        return Response({"patient": patient.code, **standing.to_dict()})

    @extend_schema(responses=TrajectoryShape)
    @action(detail=True)
    def trajectory(self, request: Request, code: str) -> Response:
        """How fast function is lost: own and shrunk slopes, time to a loss of 5 and 10 %, FVC in 12 months.

        Research use: a forecast says what a cohort's courses make likely, it is not clinically validated.
        """
        patient = self.get_object()
        return Response(body(patient.code, trajectory(patient, timezone.localdate())))


class DiagnosisFilters(Dated):
    code = choice("code", DiagnosisCode, "Which disease.")


class Diagnoses(Facts):
    """What patients are thought to have, from a date on. The latest one counts, earlier ones stay."""

    one, many = "diagnosis", "diagnoses"
    queryset = Diagnosis.objects.all()
    serializer_class = shown.DiagnosisSerializer
    filterset_class = DiagnosisFilters


class AntibodyFilters(Filters):
    code = choice("code", AntibodyCode, "Which antibody.")
    result = choice("result", AntibodyResult, "Positive or negative.")


class Antibodies(Facts):
    """Results of autoantibody tests."""

    one, many = "antibody result", "antibody results"
    queryset = Antibody.objects.all()
    serializer_class = shown.AntibodySerializer
    filterset_class = AntibodyFilters
