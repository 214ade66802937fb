"""Lung function, and what was found about it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters.filters import BooleanFilter, CharFilter, DateFilter, NumberFilter
from django_filters.filterset import FilterSet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ildportal import access
from ildportal.access import Visitor
from ildportal.api.filters import Dated, choice
from ildportal.api.serializers.function import Acceptance, PFTFindingSerializer, PFTSerializer
from ildportal.api.views.base import Facts, Reading
from patients import selectors, services
from patients.models import FindingKind, PFTFinding, PulmonaryFunctionTest
from patients.models.function import Bronchodilator


class PFTFilters(Dated):
    bronchodilator = choice("bronchodilator", Bronchodilator, "Before or after a bronchodilator.")


class PFTs(Facts):
    """Lung-function sessions with their reference values and findings."""

    one, many = "lung-function session", "lung-function sessions"
    queryset = PulmonaryFunctionTest.objects.all()
    serializer_class = PFTSerializer
    filterset_class = PFTFilters

    def visible(self, user: Visitor) -> QuerySet[PulmonaryFunctionTest]:
        return super().visible(user).prefetch_related("derived", "findings")

    def perform_destroy(self, instance: PulmonaryFunctionTest) -> None:
        services.remove_pft(instance)


class FindingFilters(FilterSet):
    patient = CharFilter(field_name="pft__patient__code", help_text="Code of the patient, exactly.")
    site = CharFilter(field_name="pft__patient__site__code", help_text="Code of the patient's site.")
    pft = NumberFilter(field_name="pft_id", help_text="Id of the session.")
    date_from = DateFilter(field_name="pft__date", lookup_expr="gte", help_text="Session on this day or later.")
    date_to = DateFilter(field_name="pft__date", lookup_expr="lte", help_text="Session on this day or earlier.")
    kind = choice("kind", FindingKind, "Implausible, inconsistent, or a note of what was done.")
    code = CharFilter(help_text="Name of the check, exactly.")
    waiting = BooleanFilter(help_text="A person should look at it.")


class PFTFindings(Reading):
    """What was found about lung-function sessions; `waiting` ones ask a person to correct or to accept them.

    What is impossible is never stored, so it cannot be accepted either.
    """

    one, many = "finding", "findings on lung function"
    queryset = PFTFinding.objects.all()
    serializer_class = PFTFindingSerializer
    filterset_class = FindingFilters
    http_method_names = ["get", "head", "options", "post"]
    ordering_fields = ["date", "code"]
    ordering_places = {"date": "pft__date"}
    ordering = ["pft__date"]

    def visible(self, user: Visitor) -> QuerySet[PFTFinding]:
        found = access.findings_for(user).select_related("pft__patient__site", "accepted_by")
        return selectors.findings(found)

    @extend_schema(
        request=Acceptance,
        responses=PFTFindingSerializer,
        examples=[OpenApiExample("Accept", value={"reason": "measured twice, a rower"}, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: Any) -> Response:
        """Stand for the value on record; it counts from now on. Who, when and why are kept.

        The acceptance holds for the values that were compared: when one of them changes, the finding waits again.
        """
        finding = self.get_object()
        body = Acceptance(data=request.data)
        body.is_valid(raise_exception=True)
        services.accept_finding(finding, by=request.user, reason=body.validated_data["reason"])
        return Response(self.get_serializer(self.get_object()).data)
