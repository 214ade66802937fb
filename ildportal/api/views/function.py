"""Lung function."""

from __future__ import annotations

from django.db.models import QuerySet

from ildportal.access import Visitor
from ildportal.api.filters import Dated, choice
from ildportal.api.serializers.function import PFTSerializer
from ildportal.api.views.base import Facts
from patients import services
from patients.models import PulmonaryFunctionTest
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
