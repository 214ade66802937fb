"""Asking for Goh scores by a network, and where each such job stands."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters.filters import CharFilter, NumberFilter
from django_filters.filterset import FilterSet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from ildportal import access
from ildportal.api.filters import choice
from ildportal.api.serializers.scorings import ScoringSerializer
from ildportal.api.views.base import Entering
from quant.models import Scoring, State


class ScoringFilters(FilterSet):
    patient = CharFilter(field_name="quantification__series__study__patient__code", help_text="Code of the patient.")
    quantification = NumberFilter(field_name="quantification_id", help_text="Id of the quantification.")
    model = CharFilter(help_text="Name of the network.")
    version = CharFilter(field_name="model_version", help_text="Version of the network.")
    state = choice("state", State, "Where it stands.")


class Scorings(Entering):
    """Goh scores by a network beside the measured ones, which count. Trained on synthetic patterns, research use.

    A version scores a quantification once: asked for again (200 instead of 201) a failed one waits again, and one that
    is done counts again for the networks. Older versions stay, in the quantification's `goh.earlier`.
    """

    one, many = "scoring", "scorings"
    http_method_names = ["get", "head", "options", "post"]
    queryset = Scoring.objects.all()
    serializer_class = ScoringSerializer
    filterset_class = ScoringFilters
    ordering_fields = ["requested_at", "finished_at"]
    ordering = ["-requested_at"]

    def visible(self, user: access.Visitor) -> QuerySet[Scoring]:
        return access.scorings_for(user).select_related("requested_by")

    @extend_schema(
        responses={
            201: OpenApiResponse(ScoringSerializer, description="It waits for a worker."),
            200: OpenApiResponse(ScoringSerializer, description="It was asked for before: where it stands."),
        }
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.entered(request)

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.save(requested_by=self.request.user)
